//! What the project needs from a store, written as contracts, and the stores that keep them.
//!
//! - [`ports`] holds the traits, each with its contract.
//! - [`memory`] keeps them in memory: for embedded use and tests.
//! - `embedded` (feature `embedded`, on by default) keeps them in one file.
//! - `contract` (feature `contract`) attacks every line of the contracts, for the tests of any store.
//! - `crash` (feature `crash`) is a disk in memory that can crash and fail.
//!
//! It never reads a clock, makes no randomness, and sees no token, no key and no master secret in the clear.

#[cfg(feature = "contract")]
pub mod contract;
#[cfg(feature = "crash")]
pub mod crash;
#[cfg(feature = "embedded")]
pub mod embedded;
pub mod memory;
#[cfg(feature = "planted")]
pub mod planted;
pub mod ports;

mod rows;
mod tables;
mod transaction;
