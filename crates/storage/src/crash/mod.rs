//! A disk in memory that loses power and fails on command, for tests of the embedded store and of what stands
//! on it.
//!
//! ```text
//!   store ──write──▶ pending ──sync──▶ durable
//!                       │
//!                       └─ power loss: some of it, in order, the last one torn; or nothing
//! ```

mod disk;

pub use disk::{Disk, Failure};
