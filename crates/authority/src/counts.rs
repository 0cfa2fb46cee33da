//! What happened, in numbers: for metrics and alarms.

use std::sync::atomic::{AtomicU64, Ordering};

/// How often something happened since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Sessions opened.
    pub sessions_opened: u64,
    /// Refresh tokens renewed.
    pub refreshes: u64,
    /// Refreshes answered again with the current generation: lost replies and parallel requests.
    pub refresh_repeats: u64,
    /// Refreshes refused.
    pub refresh_refusals: u64,
    /// Refresh tokens used again long after their successor: theft.
    pub refresh_reuses: u64,
    /// Refresh tokens ahead of their row: the store had lost writes. Any number above zero is an alarm.
    pub refresh_ahead: u64,
    /// Entries appended to the log.
    pub revocations: u64,
    /// Claims at sign-in whose names look like personal data or secrets.
    pub private_claims: u64,
}

/// The same, being counted.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) sessions_opened: Counter,
    pub(crate) refreshes: Counter,
    pub(crate) refresh_repeats: Counter,
    pub(crate) refresh_refusals: Counter,
    pub(crate) refresh_reuses: Counter,
    pub(crate) refresh_ahead: Counter,
    pub(crate) revocations: Counter,
    pub(crate) private_claims: Counter,
}

#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    pub(crate) fn add_one(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    fn read(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Counters {
    pub(crate) fn read(&self) -> Counts {
        Counts {
            sessions_opened: self.sessions_opened.read(),
            refreshes: self.refreshes.read(),
            refresh_repeats: self.refresh_repeats.read(),
            refresh_refusals: self.refresh_refusals.read(),
            refresh_reuses: self.refresh_reuses.read(),
            refresh_ahead: self.refresh_ahead.read(),
            revocations: self.revocations.read(),
            private_claims: self.private_claims.read(),
        }
    }
}
