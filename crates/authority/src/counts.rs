//! What happened, in numbers: for metrics and alarms.

use std::sync::atomic::{AtomicU64, Ordering};

/// How often something happened since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Sessions opened.
    pub sessions_opened: u64,
    /// Sessions whose place another sign-in took.
    pub sessions_replaced: u64,
    /// Sign-ins that a limit on sessions left no room for.
    pub sign_ins_over_limit: u64,
    /// Access tokens that were about to end and were answered with a new one.
    pub tokens_slid: u64,
    /// Sign-ins that a ban refused.
    pub sign_ins_banned: u64,
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
    /// Leases granted to verifiers, each connection counted.
    pub leases_opened: u64,
    /// Verifiers that went and whose lease ran out.
    pub leases_over: u64,
    /// Waits for a revocation to be in force everywhere that ended with it in force everywhere.
    pub everywhere_complete: u64,
    /// Such waits that ended with a verifier named that may still accept.
    pub everywhere_incomplete: u64,
    /// One-time tokens made.
    pub one_time_issued: u64,
    /// One-time tokens used.
    pub one_time_spent: u64,
    /// One-time tokens that were not honoured.
    pub one_time_refused: u64,
    /// Uses of sessions that verifiers reported, of sessions that lived.
    pub uses_noted: u64,
    /// Such uses of sessions that were unknown or over.
    pub uses_ignored: u64,
}

/// The same, being counted.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) sessions_opened: Counter,
    pub(crate) sessions_replaced: Counter,
    pub(crate) sign_ins_over_limit: Counter,
    pub(crate) tokens_slid: Counter,
    pub(crate) sign_ins_banned: Counter,
    pub(crate) refreshes: Counter,
    pub(crate) refresh_repeats: Counter,
    pub(crate) refresh_refusals: Counter,
    pub(crate) refresh_reuses: Counter,
    pub(crate) refresh_ahead: Counter,
    pub(crate) revocations: Counter,
    pub(crate) private_claims: Counter,
    pub(crate) leases_opened: Counter,
    pub(crate) leases_over: Counter,
    pub(crate) everywhere_complete: Counter,
    pub(crate) everywhere_incomplete: Counter,
    pub(crate) one_time_issued: Counter,
    pub(crate) one_time_spent: Counter,
    pub(crate) one_time_refused: Counter,
    pub(crate) uses_noted: Counter,
    pub(crate) uses_ignored: Counter,
}

#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    pub(crate) fn add_one(&self) {
        self.add(1);
    }

    pub(crate) fn add(&self, count: u64) {
        self.0.fetch_add(count, Ordering::Relaxed);
    }

    fn read(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Counters {
    pub(crate) fn read(&self) -> Counts {
        Counts {
            sessions_opened: self.sessions_opened.read(),
            sessions_replaced: self.sessions_replaced.read(),
            sign_ins_over_limit: self.sign_ins_over_limit.read(),
            tokens_slid: self.tokens_slid.read(),
            sign_ins_banned: self.sign_ins_banned.read(),
            refreshes: self.refreshes.read(),
            refresh_repeats: self.refresh_repeats.read(),
            refresh_refusals: self.refresh_refusals.read(),
            refresh_reuses: self.refresh_reuses.read(),
            refresh_ahead: self.refresh_ahead.read(),
            revocations: self.revocations.read(),
            private_claims: self.private_claims.read(),
            leases_opened: self.leases_opened.read(),
            leases_over: self.leases_over.read(),
            everywhere_complete: self.everywhere_complete.read(),
            everywhere_incomplete: self.everywhere_incomplete.read(),
            one_time_issued: self.one_time_issued.read(),
            one_time_spent: self.one_time_spent.read(),
            one_time_refused: self.one_time_refused.read(),
            uses_noted: self.uses_noted.read(),
            uses_ignored: self.uses_ignored.read(),
        }
    }
}
