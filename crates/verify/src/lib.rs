//! The embeddable verifier: may this token be used now? Answered from memory.
//!
//! This crate opens no socket and no file, reads no clock and knows no async runtime: time is an argument,
//! entries are handed in. Denied is an answer, not an error; an error says that nothing could be decided.
//!
//! ```text
//!            token ──▶ cache ──seen before──▶ standing ──nothing changed──▶ accepted      (tens of ns)
//!                        │ new                   │ something changed
//!                        ▼                       ▼
//!         issuer ──▶ signature, form ──▶ life, every live entry ──▶ accepted or rejected  (one signature)
//!                                                ▲
//!                          entries ──apply()──▶ state
//! ```

mod builder;
mod cache;
mod checked;
mod counters;
mod feed;
mod issuer;
mod moment;
mod pinned;
mod route;
mod token;
mod verifier;

pub use builder::Builder;
pub use checked::{Checked, Refusal, TokenRef};
pub use counters::Counts;
pub use issuer::{IssuerConfig, IssuerConflict, Mode, Relaxation, Warning};
pub use moment::Moment;
pub use pinned::Pinned;
pub use route::{Admission, RouteRules, Shortfall};
pub use token::VerifiedToken;
pub use verifier::{KeysRefused, Purged, Verifier};
