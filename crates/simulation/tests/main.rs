//! The tests of the whole, in one binary.
#![expect(clippy::panic, clippy::unwrap_used, reason = "tests may")]

mod planted;
mod seeds;
