//! What goes on beside the requests.

pub mod activity;
pub mod foreign_keys;
pub mod jwks;
pub mod schedules;
pub mod unknown_keys;
