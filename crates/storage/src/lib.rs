//! What the project needs from a store, written as contracts, and the stores that keep them.
//!
//! [`ports`] holds the traits.

pub mod ports;
