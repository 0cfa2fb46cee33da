//! What a verifier did, counted without readers fighting for a cache line.

mod reasons;

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use quash_core::defect::Defect;
use quash_core::revocation::freshness::Footing;
use quash_core::revocation::rejection::Rejection;

use self::reasons::Reasons;

/// How many stripes there are. Threads take them in turn.
const STRIPES: usize = 16;

/// The counters of one verifier. Relaxed: each is exact, two read together may be a moment apart.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    stripes: [Stripe; STRIPES],
    pub(crate) rejected: Reasons,
    pub(crate) observed: Reasons,
    unknown_keys: AtomicU64,
}

/// The counters that every check touches, on cache lines of their own.
#[derive(Debug, Default)]
#[repr(align(128))]
struct Stripe {
    shortcuts: AtomicU64,
    repeated: AtomicU64,
    first: AtomicU64,
    unverified: AtomicU64,
    undecided: AtomicU64,
    allowed_stale: AtomicU64,
}

thread_local! {
    static STRIPE: usize = next_stripe();
}

fn next_stripe() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed) % STRIPES
}

/// Which way a check went. Every check goes exactly one.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Way {
    /// Seen before, and nothing that it names changed since it last passed: no look-up.
    Shortcut,
    /// Seen before, looked up in full.
    Repeated,
    /// A signature was checked, and was good.
    First,
    /// Not a token that anybody here trusts.
    Unverified,
}

impl Counters {
    pub(crate) fn way(&self, way: Way) {
        let stripe = self.stripe();
        let counter = match way {
            Way::Shortcut => &stripe.shortcuts,
            Way::Repeated => &stripe.repeated,
            Way::First => &stripe.first,
            Way::Unverified => &stripe.unverified,
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn undecided(&self) {
        self.stripe().undecided.fetch_add(1, Ordering::Relaxed);
    }

    /// An accept, by what it stands on.
    pub(crate) fn accepted(&self, footing: Footing) {
        if footing == Footing::AllowedStale {
            self.stripe().allowed_stale.fetch_add(1, Ordering::Relaxed);
        }
    }

    pub(crate) fn rejected(&self, rejection: &Rejection) {
        if matches!(rejection, Rejection::Invalid(Defect::UnknownKey)) {
            self.unknown_keys.fetch_add(1, Ordering::Relaxed);
        }
        self.rejected.count(metric_name(rejection));
    }

    pub(crate) fn observed(&self, rejection: &Rejection) {
        self.observed.count(metric_name(rejection));
    }

    fn stripe(&self) -> &Stripe {
        let own = STRIPE.try_with(|stripe| *stripe).unwrap_or_default();
        let [first, ..] = &self.stripes;
        self.stripes.get(own).unwrap_or(first)
    }

    fn sum(&self, counter: impl Fn(&Stripe) -> &AtomicU64) -> u64 {
        self.stripes.iter().map(|stripe| counter(stripe).load(Ordering::Relaxed)).sum()
    }

    /// The counts now.
    pub(crate) fn read(&self) -> Counts {
        Counts {
            shortcuts: self.sum(|stripe| &stripe.shortcuts),
            repeated: self.sum(|stripe| &stripe.repeated),
            first: self.sum(|stripe| &stripe.first),
            unverified: self.sum(|stripe| &stripe.unverified),
            undecided: self.sum(|stripe| &stripe.undecided),
            allowed_stale: self.sum(|stripe| &stripe.allowed_stale),
            rejected: self.rejected.read(),
            would_refuse: self.observed.read(),
            uses_dropped: 0,
        }
    }

    /// Tokens that named a key that nobody knows, counted apart: among the reasons they may be one too many.
    pub(crate) fn unknown_keys(&self) -> u64 {
        self.unknown_keys.load(Ordering::Relaxed)
    }
}

/// The word that a rejection is counted under: exact, unlike the one that its holder is told.
fn metric_name(rejection: &Rejection) -> &str {
    match rejection {
        Rejection::Invalid(defect) => Defect::name(*defect),
        other => other.reason(),
    }
}

/// What a verifier did since it was made, for metrics.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counts {
    /// Checks of tokens from the cache that needed no look-up because nothing had changed.
    pub shortcuts: u64,
    /// Checks of tokens from the cache that were looked up in full.
    pub repeated: u64,
    /// Checks that verified a signature and found it good.
    pub first: u64,
    /// Checks of what is no token that anybody here trusts.
    pub unverified: u64,
    /// Checks that were not answered, the state being stale or incomplete.
    pub undecided: u64,
    /// Accepts on knowledge that was too old, as [`StalePolicy::Allow`] wants.
    ///
    /// [`StalePolicy::Allow`]: quash_core::revocation::freshness::StalePolicy::Allow
    pub allowed_stale: u64,
    /// Refused tokens by reason; what did not verify by defect. At most 256 names, then `other`.
    pub rejected: Vec<(String, u64)>,
    /// Accepted tokens of observed issuers that revocation would have refused, by reason.
    pub would_refuse: Vec<(String, u64)>,
    /// Uses of sessions that were not kept until somebody [took](crate::Verifier::take_activity) them.
    pub uses_dropped: u64,
}

impl Counts {
    /// All checks.
    pub fn checks(&self) -> u64 {
        self.cache_hits() + self.first + self.unverified
    }

    /// Checks of tokens whose signature was known to be good.
    pub fn cache_hits(&self) -> u64 {
        self.shortcuts + self.repeated
    }

    /// The share of checks that needed no look-up, 0 to 1. Scheme S17 promises more than 0.99 in a usual mix.
    pub fn shortcut_share(&self) -> f64 {
        self.shortcuts as f64 / self.checks().max(1) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_keys_are_counted_however_many_reasons_were_before() {
        // attack row 29: keys are fetched anew by this count, and any word can be a reason.
        let counters = Counters::default();
        (0..1000).for_each(|number| counters.rejected.count(&format!("reason_{number}")));
        counters.rejected(&Rejection::Invalid(Defect::UnknownIssuer));
        assert_eq!(counters.unknown_keys(), 0);
        counters.rejected(&Rejection::Invalid(Defect::UnknownKey));
        assert_eq!(counters.unknown_keys(), 1);
    }
}
