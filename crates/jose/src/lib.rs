//! Keys, signatures and the parsing of tokens: strict JOSE, and no more of it than access tokens need.
//!
//! This crate is the only maker of [`VerifiedClaims`](quash_core::verified::VerifiedClaims). It never looks at a
//! clock, a file or a socket, and never judges whether a token has expired or was revoked: that is
//! `quash_core`'s decision, which takes nothing but verified claims.
//!
//! ```text
//!              TokenReader::read                       UnverifiedToken::verify
//!  "a.b.c" ──► size ► split ► base64url ► JSON ──┬──► key ► typ ► claims ► iss, aud ► signature ──► VerifiedClaims
//!                                                │                 ▲
//!                          issuer(), header()  ◄─┘        KeySet + TokenProfile
//!                  (whose keys and which profile?)
//! ```
//!
//! A token is parsed once. Whatever is malformed is refused with a
//! [`Defect`](quash_core::defect::Defect) before any cryptography, in time linear in its length; the input is
//! bounded before it is decoded. The algorithm is the key's, never the token's: a [`VerificationKey`] is bound to
//! one when it is loaded, and weak or contradictory keys do not load. There is no unsigned mode, no encrypted
//! tokens, and nothing that a header could make this crate fetch.
//!
//! # Example
//!
//! ```
//! use quash_core::ids::{Issuer, KeyId};
//! use quash_jose::{Algorithm, KeySet, SigningKey, TokenProfile, TokenReader};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let signing = SigningKey::generate(Algorithm::Es256, Some(KeyId::new("key_1")?))?;
//! let token = signing.mint(
//!     "at+jwt",
//!     &serde_json::json!({
//!         "iss": "https://login.example", "aud": "https://api.example", "sub": "alice", "client_id": "web",
//!         "iat": 1_700_000_000, "exp": 1_700_000_600, "jti": "tok_1", "sid": "ses_1", "pos": 7,
//!     }),
//! )?;
//!
//! let keys = KeySet::new([signing.verification_key()?])?;
//! let profile = TokenProfile::own(Issuer::new("https://login.example")?, vec!["https://api.example".to_owned()]);
//! let reader = TokenReader::default();
//! let verified = reader.read(&token)?.verify(&keys, &profile)?;
//! assert_eq!(verified.subject(), Some("alice"));
//! # Ok(())
//! # }
//! ```
//!
//! # Cost
//!
//! Reading and verifying an HS256 token of 675 bytes takes about 2.2 times as long as its bare HMAC; with RS256,
//! ES256 and EdDSA what is not the signature vanishes beside it. A token costs one allocation that stays (its
//! payload) and two or three that do not.

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
pub use key::{
    DuplicateKeyId, FindKey, KeyError, KeyOwner, KeySet, Secret, ShortSecret, SigningKey, UserKeyName,
    UserSecrets, VerificationKey,
};
pub use sign::MintError;
pub use token::{
    AudienceRule, Header, IssuerRule, Limits, Required, TokenProfile, TokenReader, TooManyBytes, TypeRule,
    UnverifiedToken,
};
