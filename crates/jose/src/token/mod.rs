//! Tokens as they arrive: split, decoded and parsed once, then verified.

mod claims;
mod header;
mod known_headers;
mod limits;
mod members;
mod packed;
mod profile;
mod reader;
mod signature;
mod unverified;

pub use header::Header;
pub use limits::{Limits, TooManyBytes};
pub use profile::{AudienceRule, IssuerRule, Required, TokenProfile, TypeRule};
pub use reader::TokenReader;
pub use unverified::UnverifiedToken;
