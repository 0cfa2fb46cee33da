//! The tests of the whole, in one binary.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "tests may"
)]

mod architecture;
mod cluster;
mod cluster_planted;
mod elsewhere;
mod interleaved;
mod journey;
mod planted;
mod races;
mod revocation_travels;
mod seeds;
mod soak;
