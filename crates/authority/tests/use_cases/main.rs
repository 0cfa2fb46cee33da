//! The use cases over the store in memory: one module a verb.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "tests may"
)]

mod allowlist;
mod announced_keys;
mod audit;
mod bans;
mod client_credentials;
mod credentials;
mod devices;
mod events;
mod faults;
mod introspect;
mod join;
mod keys;
mod leases;
mod list_revocations;
mod list_sessions;
mod log_out;
mod maintain;
mod note_activity;
mod one_time_tokens;
mod permissions;
mod refresh;
mod refresh_races;
mod retention;
mod revoke;
mod revoke_targets;
mod revoke_token;
mod scene;
mod schedule;
mod secrets;
mod session_limits;
mod settings;
mod sign_in;
mod sign_in_requests;
mod slide;
mod start;
mod undo;
mod user_keys;
