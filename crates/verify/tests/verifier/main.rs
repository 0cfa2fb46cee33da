//! The verifier from outside: issuers, tokens, entries and what becomes of them.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests may"
)]

mod activity;
mod allowlist;
mod cache_mixing;
mod concurrency;
mod counting;
mod decisions;
mod epochs;
mod feed;
mod freshness;
mod gauge;
mod issuers;
mod keys;
mod model;
mod observe;
mod purging;
mod revocation;
mod routes;
mod spelling;
mod support;
mod tutorial;
mod user_keys;
mod watching;
