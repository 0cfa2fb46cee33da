//! What we are compared with.

pub mod jsonwebtoken;
pub mod postgres;
pub mod process;
pub mod redis;
