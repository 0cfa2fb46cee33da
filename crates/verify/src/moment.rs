//! The instant of acceptance.

use quash_core::revocation::freshness::Freshness;
use quash_core::time::Timestamp;

/// When a token is judged, and how well the revocation state is known to be up to date then.
///
/// Read the freshness first and the clock after: the clock's reading is the instant of acceptance.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// The clock's reading.
    pub now: Timestamp,
    /// How fresh the state is.
    pub freshness: Freshness,
}

impl Moment {
    /// `now`, with a state that is known to be up to date.
    pub const fn fresh(now: Timestamp) -> Self {
        Self { now, freshness: Freshness::Fresh }
    }
}
