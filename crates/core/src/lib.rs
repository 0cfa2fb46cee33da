//! What a session, a revocation entry and a decision *are*.

pub mod claims;
pub mod defect;
pub mod ids;
pub mod position;
pub mod revocation;
pub mod session;
pub mod time;
pub mod verified;
