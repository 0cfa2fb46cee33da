//! Inputs that nobody would send, and what must hold whatever comes: nothing panics, nothing is taken for more than
//! it is, and what is taken has one spelling.
//!
//! Each target is a function over bytes. `make fuzz` drives it with an engine that looks for new paths; the test
//! `corpus` runs it over its seeds and over every input that once was trouble (`corpus/TARGET`).

pub mod feed_frame;
pub mod forwarded_headers;
pub mod jwk;
pub mod signed_claims;
pub mod snapshot;
pub mod token;
mod vectors;

/// One target.
pub struct Target {
    /// The name of its binary and of its folder in the corpus.
    pub name: &'static str,
    /// What is done with one input. Panics where something does not hold.
    pub run: fn(&[u8]),
    /// What to start from.
    pub seeds: fn() -> Vec<Vec<u8>>,
}

/// All of them.
pub const TARGETS: &[Target] = &[
    Target { name: "token", run: token::run, seeds: token::seeds },
    Target { name: "signed_claims", run: signed_claims::run, seeds: signed_claims::seeds },
    Target { name: "jwk", run: jwk::run, seeds: jwk::seeds },
    Target { name: "feed_frame", run: feed_frame::run, seeds: feed_frame::seeds },
    Target { name: "snapshot", run: snapshot::run, seeds: snapshot::seeds },
    Target { name: "forwarded_headers", run: forwarded_headers::run, seeds: forwarded_headers::seeds },
];
