//! The stores against their contracts.
#![expect(clippy::unwrap_used, reason = "tests may")]

mod embedded_contract;
mod memory_contract;
