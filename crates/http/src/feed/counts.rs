//! What became of followers, counted.

use std::sync::atomic::{AtomicU64, Ordering};

/// Counters of one feed, raised by the drivers of its connections. They only go up.
#[derive(Debug, Default)]
pub(crate) struct FeedCounts {
    snapshots: Counter,
    stalled: Counter,
    silent: Counter,
    held: Counter,
}

#[derive(Debug, Default)]
struct Counter(AtomicU64);

impl Counter {
    fn add(&self, count: u64) {
        self.0.fetch_add(count, Ordering::Relaxed);
    }

    fn count(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl FeedCounts {
    /// So many snapshots were begun.
    pub(super) fn add_snapshots(&self, count: u64) {
        self.snapshots.add(count);
    }

    /// A follower was dropped that took nothing for too long.
    pub(super) fn add_stalled(&self) {
        self.stalled.add(1);
    }

    /// A follower was dropped that said nothing for too long.
    pub(super) fn add_silent(&self) {
        self.silent.add(1);
    }

    /// A follower sent records that the log does not know.
    pub(super) fn add_held(&self) {
        self.held.add(1);
    }

    /// Snapshots that were begun.
    pub(crate) fn snapshots(&self) -> u64 {
        self.snapshots.count()
    }

    /// Followers that were dropped, by cause.
    pub(crate) fn dropped(&self) -> [(&'static str, u64); 2] {
        [("stalled", self.stalled.count()), ("silent", self.silent.count())]
    }

    /// Reports of records that the log does not know.
    pub(crate) fn held(&self) -> u64 {
        self.held.count()
    }
}
