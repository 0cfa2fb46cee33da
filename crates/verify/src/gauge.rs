//! How fresh a followed state is: written by whoever follows the feed, read by every accept.

use std::ops::Deref;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use quash_core::planted::{self, Bug};
use quash_core::revocation::freshness::{
    Completeness, Freshness, FreshnessSource, Known, StalePolicy, Staleness,
};
use quash_core::time::Uptime;

/// Tells how old the knowledge of a verifier is, and until when it may be built on. No locks; shared by reference.
///
/// Two instants, each of which only rises: the state is *fresh as of* the first, and whoever answered *granted* its
/// use until the second. A grant that came earlier and reaches further stays good, whatever a later one says: the
/// one who gave it waits for it.
///
/// Built up as its owner wants it, then shared:
///
/// ```
/// # use std::time::Duration;
/// # use quash_core::revocation::freshness::{Freshness, StalePolicy};
/// # use quash_core::time::Uptime;
/// # use quash_verify::Gauge;
/// let gauge = Gauge::new(Duration::from_secs(10));
/// let at = |seconds| Uptime::ZERO.plus(Duration::from_secs(seconds));
/// let freshness = |seconds| gauge.freshness_at(at(seconds), Duration::MAX, StalePolicy::Deny);
/// assert_eq!(freshness(1), Freshness::Incomplete);
/// gauge.complete();
/// gauge.renew(at(1), gauge.max_staleness());
/// assert_eq!(freshness(10), Freshness::Fresh);
/// assert_eq!(freshness(11), Freshness::Stale { age: Duration::from_secs(10), policy: StalePolicy::Deny });
/// ```
#[derive(Debug)]
pub struct Gauge {
    max_staleness: Duration,
    policy: StalePolicy,
    laxest: StalePolicy,
    complete: AtomicBool,
    /// One nanosecond later than the instant itself; zero is "never".
    fresh_as_of: AtomicU64,
    fresh_until: AtomicU64,
}

impl Gauge {
    /// What `max_staleness` is unless the owner says otherwise.
    pub const DEFAULT_MAX_STALENESS: Duration = Duration::from_secs(10);
    /// The longest `max_staleness` there is.
    pub const LONGEST_MAX_STALENESS: Duration = Duration::from_secs(60);

    /// Knowledge that was never complete, and is stale at the age of `max_staleness`, at most
    /// [`LONGEST_MAX_STALENESS`](Self::LONGEST_MAX_STALENESS). Stale knowledge is not answered from.
    pub const fn new(max_staleness: Duration) -> Self {
        let longest = Self::LONGEST_MAX_STALENESS;
        Self {
            max_staleness: if max_staleness.as_nanos() < longest.as_nanos() {
                max_staleness
            } else {
                longest
            },
            policy: StalePolicy::Deny,
            laxest: StalePolicy::Deny,
            complete: AtomicBool::new(false),
            fresh_as_of: AtomicU64::new(0),
            fresh_until: AtomicU64::new(0),
        }
    }

    /// Sets what is done on stale knowledge, on every route that does not say otherwise.
    #[must_use]
    pub fn policy(self, policy: StalePolicy) -> Self {
        Self { policy, laxest: self.laxest.max(policy), ..self }
    }

    /// Lets routes that say so go as far as `laxest`, whatever the policy of the others.
    #[must_use]
    pub fn routes_may(self, laxest: StalePolicy) -> Self {
        Self { laxest: laxest.max(self.policy), ..self }
    }

    /// The age at which the knowledge is stale, as its owner wants it. A lease may be shorter.
    pub fn max_staleness(&self) -> Duration {
        self.max_staleness
    }

    /// Whether some route may accept on stale knowledge: then nobody can wait for this verifier to fence itself, and
    /// it has to say so when it asks for its lease.
    pub fn is_unfenced(&self) -> bool {
        self.laxest == StalePolicy::Allow
    }

    /// The state is complete: it may be old, but everything up to its watermark is in it.
    pub fn complete(&self) {
        self.complete.store(true, Ordering::Release);
    }

    /// Whether the state was ever complete.
    pub fn is_complete(&self) -> bool {
        self.complete.load(Ordering::Acquire)
    }

    /// The state holds all that was durable at `as_of`, and may be built on until it is `lease` old; never beyond
    /// `max_staleness`. Call it after everything that it speaks of was applied. Nothing goes back.
    pub fn renew(&self, as_of: Uptime, lease: Duration) {
        let until = as_of.plus(lease.min(self.max_staleness));
        self.fresh_as_of.fetch_max(as_of.nanoseconds().saturating_add(1), Ordering::AcqRel);
        self.fresh_until.fetch_max(until.nanoseconds(), Ordering::AcqRel);
    }

    /// The instant that the state is fresh as of; `None` before the first [`renew`](Self::renew), such as after a
    /// start from a file.
    pub fn fresh_as_of(&self) -> Option<Uptime> {
        self.fresh_as_of.load(Ordering::Acquire).checked_sub(1).map(Uptime::from_nanoseconds)
    }

    /// The first instant that the state may not be built on any more; [`Uptime::ZERO`] when it never could be.
    pub fn fresh_until(&self) -> Uptime {
        Uptime::from_nanoseconds(self.fresh_until.load(Ordering::Acquire))
    }

    /// How old the knowledge is at `now`; `None` when nobody knows.
    pub fn age_at(&self, now: Uptime) -> Option<Duration> {
        self.known().age_at(now)
    }

    /// All that is known now.
    pub fn known(&self) -> Known {
        let completeness = if self.is_complete() { Completeness::Complete } else { Completeness::Incomplete };
        Known { fresh_as_of: self.fresh_as_of(), fresh_until: self.fresh_until(), completeness }
    }

    /// How fresh the state is at `now` for a route that calls an age of `max` stale and wants `policy` then. A
    /// longer `max` than the verifier's own and a laxer policy than its routes may have count for nothing.
    ///
    /// The boundary is closed on the refusing side: at exactly `max`, and at the very end of the lease, it is stale.
    /// Knowledge of unknown age is stale at the age of [`Duration::MAX`].
    pub fn freshness_at(&self, now: Uptime, max: Duration, policy: StalePolicy) -> Freshness {
        self.known().freshness_at(now, max, policy.min(self.laxest))
    }

    fn freshness_after(&self, known: Known, now: Uptime, wanted: Staleness) -> Freshness {
        let policy = wanted.policy.unwrap_or(self.policy).min(self.laxest);
        known.freshness_at(now, wanted.max.unwrap_or(Duration::MAX), policy)
    }
}

/// A gauge with the clock to read it by: what an accept asks.
#[derive(Clone, Copy)]
pub struct GaugeReader<G, C> {
    gauge: G,
    clock: C,
}

impl<G: Deref<Target = Gauge>, C: Fn() -> Uptime> GaugeReader<G, C> {
    /// Reads `gauge`, a reference or an `Arc`, at the time of `clock`. INVARIANT: the clock is read afresh at every
    /// call and counts the time that the machine was suspended (`CLOCK_BOOTTIME`); a kept reading would let a process
    /// that slept accept on what it knew before.
    pub const fn new(gauge: G, clock: C) -> Self {
        Self { gauge, clock }
    }
}

impl<G: Deref<Target = Gauge>, C: Fn() -> Uptime> FreshnessSource for GaugeReader<G, C> {
    fn freshness(&self) -> Freshness {
        self.freshness_after(self.known(), Staleness::UNSAID)
    }

    fn known(&self) -> Known {
        if planted::is(Bug::CachedTick) {
            planted::keep((self.clock)().nanoseconds());
        }
        self.gauge.known()
    }

    fn freshness_after(&self, known: Known, wanted: Staleness) -> Freshness {
        let now = if planted::is(Bug::CachedTick) {
            Uptime::from_nanoseconds(planted::kept())
        } else {
            (self.clock)()
        };
        self.gauge.freshness_after(known, now, wanted)
    }
}

impl<G, C> std::fmt::Debug for GaugeReader<G, C> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("GaugeReader(..)")
    }
}
