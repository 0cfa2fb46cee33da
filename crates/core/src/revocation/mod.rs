//! Revocation: the entry, what it hits, the state that holds all live entries, and the decision.
//!
//! ```text
//!   Entry ──record()──▶ Record ──apply()──▶ RevocationState ◀──decide()── VerifiedClaims
//!  (plain ids, log)   (keyed digests)      (maps + marks)                 (+ time, freshness)
//! ```

pub mod decide;
pub mod entry;
mod fact;
mod fact_table;
pub mod freshness;
mod key_hash;
pub mod marks;
pub mod reason;
mod reasons;
pub mod record;
mod registry;
pub mod rejection;
mod rule;
pub mod scope;
mod search;
pub mod spread;
pub mod standing;
pub mod state;
pub mod target;
pub mod target_key;
pub mod undo;
mod undone;

#[cfg(test)]
mod decide_tests;
#[cfg(test)]
mod model_tests;
#[cfg(test)]
mod race_tests;
