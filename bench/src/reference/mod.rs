//! What we are compared with.

pub mod denylist;
pub mod express;
pub mod jsonwebtoken;
pub mod postgres;
pub mod process;
pub mod redis;
