//! The adapters, asked as a server would ask them.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests may")]

mod actix_api;
mod anonymous;
mod asking;
mod claims;
mod denials;
mod examples;
mod flooded;
mod grpc;
mod house;
mod metadata;
mod passing;
mod staleness;
mod streams;
mod websocket;
