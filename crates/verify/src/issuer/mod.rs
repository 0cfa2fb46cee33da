//! The issuers whose tokens are taken, our own and foreign ones.

mod config;
mod directory;
mod relaxation;
mod trusted;

pub use config::{IssuerConfig, Mode};
pub(crate) use directory::Directory;
pub use directory::IssuerConflict;
pub use relaxation::{Relaxation, Warning};
pub(crate) use trusted::TrustedIssuer;
