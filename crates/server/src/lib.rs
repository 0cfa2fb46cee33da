//! The parts of the binary `quash`: configuration, listeners, background tasks, telemetry, command line.
//!
//! ```text
//! commands ──▶ config ──▶ node or edge ──▶ serving ──▶ listen
//!     └──────▶ client (HTTP, for commands that ask a running server)
//! ```
//!
//! What a token, a session or a revocation is, is decided below; here it is put together and run.

pub mod client;
pub mod commands;
pub mod config;
pub mod dev;
pub mod edge;
pub mod exit;
pub mod fetch;
pub mod listen;
pub mod node;
pub mod outgoing_tls;
pub mod output;
pub mod paths;
pub mod secret;
pub mod serving;
pub mod tasks;
pub mod telemetry;
