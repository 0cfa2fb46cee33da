//! The issuers whose tokens are taken, our own and foreign ones.

mod config;
mod relaxation;
mod trust;
mod trusted;

pub use config::{IssuerConfig, Mode};
pub use relaxation::{Relaxation, Warning};
pub use trust::IssuerConflict;
pub(crate) use trust::Trust;
pub(crate) use trusted::{TrustedIssuer, Unverified};
