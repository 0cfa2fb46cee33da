//! Keys: checked once when they are loaded, bound to one algorithm for life.

mod edwards;
mod elliptic;
mod error;
mod find;
mod material;
mod pem;
mod roca;
mod rsa;
mod secret;
mod set;
mod signing;
mod user;
mod verification;

pub(crate) use elliptic::Curve;
pub use error::KeyError;
pub use find::FindKey;
pub(crate) use material::PublicMaterial;
pub use secret::{Secret, ShortSecret};
pub use set::{DuplicateKeyId, KeySet};
pub use signing::SigningKey;
pub use user::{KeyOwner, UserKeyName, UserSecrets};
pub use verification::VerificationKey;
