//! What the server's parts do, tried from outside.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests may"
)]

mod command_line;
mod config;
mod config_schema;
mod edge;
mod edge_config;
mod embedding;
mod fetch;
mod gateways;
mod jwks;
mod listen;
mod process;
#[path = "../races/mod.rs"]
mod races;
#[path = "../schemes/mod.rs"]
mod schemes;
