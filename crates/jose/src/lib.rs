//! Keys, signatures and the parsing of tokens: strict JOSE, and nothing more than access tokens need.

mod alg;
mod base64url;
pub mod derive;
pub mod digest;
mod json;
mod jwk;
pub mod jwks;
mod key;
pub mod mac;
pub mod random;
mod sign;
mod thumbprint;
mod token;
pub mod wrap;

pub use alg::Algorithm;
pub use key::{DuplicateKeyId, FindKey, KeyError, KeySet, Secret, ShortSecret, SigningKey, VerificationKey};
pub use sign::MintError;
pub use token::{
    AudienceRule, Header, IssuerRule, Limits, Required, TokenProfile, TokenReader, TooManyBytes, TypeRule,
    UnverifiedToken,
};
