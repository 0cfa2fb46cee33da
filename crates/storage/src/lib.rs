//! What the project needs from a store, written as contracts, and the stores that keep them.
//!
//! [`ports`] holds the traits; [`memory`] keeps them in memory.

#![expect(dead_code, reason = "the embedded store will use the rest")]

pub mod memory;
pub mod ports;

mod rows;
mod tables;
mod transaction;
