//! Sessions: one sign-in of one subject on one device, and what keeps it alive.

pub mod address;
pub mod ban;
pub mod device;
pub mod grant;
pub mod last_use;
pub mod policy;
pub mod renewal;
#[expect(clippy::module_inception, reason = "the file is named for the one type it holds")]
pub mod session;
