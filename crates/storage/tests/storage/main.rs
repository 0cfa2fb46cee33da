//! The stores against their contracts, the embedded one also against power losses and failing disks.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests may")]

mod crash;
mod embedded;
mod embedded_contract;
mod memory_contract;
