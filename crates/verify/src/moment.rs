//! The instant of a check.

use quash_core::revocation::freshness::{Freshness, FreshnessSource};
use quash_core::time::Timestamp;

/// When a token is judged, and whom to ask how fresh the revocation state is then.
///
/// The source is asked during the check, after the state was read: see [`FreshnessSource`]. A [`Freshness`] is a
/// source that always says the same.
#[derive(Clone, Copy, Debug)]
pub struct Moment<S = Freshness> {
    /// The time of day.
    pub now: Timestamp,
    /// Who knows how fresh the state is.
    pub freshness: S,
}

impl Moment {
    /// `now`, with a state that is known to be up to date.
    pub const fn fresh(now: Timestamp) -> Self {
        Self { now, freshness: Freshness::Fresh }
    }
}

impl<S: FreshnessSource> Moment<S> {
    /// `now`, by a source.
    pub const fn new(now: Timestamp, freshness: S) -> Self {
        Self { now, freshness }
    }
}
