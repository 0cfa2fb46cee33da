//! The parts of the binary `quash`: configuration, listeners, background tasks, telemetry, command line.

pub mod config;
pub mod listen;
pub mod secret;
