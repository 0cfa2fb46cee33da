//! The feed of a relay: served from what it holds of the log that it follows.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use quash_core::lease::{Instance, LeaseTable, Terms};
use quash_core::planted::{self, Bug};
use quash_core::position::Position;
use quash_core::revocation::freshness::{Freshness, StalePolicy};
use quash_core::revocation::record::Record;
use quash_core::time::{Timestamp, Uptime};
use quash_verify::Gauge;
use quash_verify::feed::frame::Hello;
use quash_verify::feed::{Mismatch, Opening, Read, RecordLog, Relayed};
use tokio::sync::{Notify, watch};

use super::source::{FeedSource, FeedTrust, FollowerLease, NotServed, PageAnswer, PingAnswer};

/// The clock that leases run by.
pub type UptimeSource = Arc<dyn Fn() -> Uptime + Send + Sync>;

/// The leases of a relay's own followers.
///
/// INVARIANT: a follower's row is extended, and the head in its answer read, under one lock; the lowest watermark is
/// taken under the same lock. So whoever is not counted in it gets a head that is at least what was acknowledged
/// upstream.
#[derive(Clone)]
pub struct RelayLeases {
    granted: Arc<Mutex<Granted>>,
    log: Arc<RecordLog>,
    changed: Arc<Notify>,
    uptime: UptimeSource,
}

/// The leases, and the log that was acknowledged under them.
#[derive(Default)]
struct Granted {
    table: LeaseTable,
    generation: u64,
}

impl RelayLeases {
    /// No follower of `log` yet. `uptime` counts the time that the machine was suspended, and is read afresh at every
    /// call.
    pub fn new(log: Arc<RecordLog>, uptime: UptimeSource) -> Self {
        Self { granted: Arc::default(), log, changed: Arc::default(), uptime }
    }

    /// The lowest position and the lowest version of the trust that any follower with a running lease acknowledged:
    /// the relay acknowledges no more. `None` while there is no such follower.
    pub fn lowest(&self) -> Option<(Position, u64)> {
        let now = (self.uptime)();
        let mut granted = self.lock();
        let table = &mut granted.table;
        table.expire(now);
        if planted::is(Bug::RelayAcknowledgesAlone) {
            return None;
        }
        Some((table.lowest(now)?, table.lowest_trust(now)?))
    }

    /// Is notified when [`lowest`](Self::lowest) may have changed.
    pub fn changed(&self) -> Arc<Notify> {
        Arc::clone(&self.changed)
    }

    fn lock(&self) -> MutexGuard<'_, Granted> {
        // Every change is whole before anything in it can panic.
        let mut granted = self.granted.lock().unwrap_or_else(PoisonError::into_inner);
        let generation = generation_of(&self.log);
        // INVARIANT: what was acknowledged of a log that became another one says nothing of this one.
        if std::mem::replace(&mut granted.generation, generation) != generation {
            granted.table.forget_acknowledgements();
        }
        granted
    }
}

impl std::fmt::Debug for RelayLeases {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RelayLeases").field("rows", &self.lock().table.len()).finish_non_exhaustive()
    }
}

/// What a relay's feed is made of. All of it belongs to the follower beside it.
#[derive(Clone)]
pub struct RelayParts {
    /// The records.
    pub log: Arc<RecordLog>,
    /// How fresh they are.
    pub gauge: Arc<Gauge>,
    /// Follows the position up to which the log is held.
    pub heads: watch::Receiver<Position>,
    /// What was granted last.
    pub terms: watch::Receiver<Option<RelayTerms>>,
    /// Follows the version of the trust that came in last.
    pub trust_versions: watch::Receiver<u64>,
    /// Whom to trust, as it came in.
    pub trust: Arc<dyn Fn() -> Option<FeedTrust> + Send + Sync>,
    /// The wall clock.
    pub clock: Arc<dyn Fn() -> Timestamp + Send + Sync>,
}

/// What a relay was granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RelayTerms {
    /// Its lease: nobody below gets a longer one.
    pub lease: Duration,
    /// How long after its recording an entry can still hit a living token.
    pub horizon: Duration,
}

/// What the feeds of all followers of a relay share. Cheap to clone.
#[derive(Clone)]
pub struct RelaySource {
    parts: RelayParts,
    leases: RelayLeases,
}

impl RelaySource {
    /// Serves what `parts` hold, and grants `leases`.
    pub fn new(parts: RelayParts, leases: RelayLeases) -> Self {
        Self { parts, leases }
    }

    /// The feed of one follower, as long as `allowed` says so.
    pub fn feed(&self, allowed: StillAllowed) -> RelayFeed {
        let mut feed =
            RelayFeed { parts: self.parts.clone(), leases: self.leases.clone(), allowed, opened_in: 0 };
        feed.opened_in = feed.generation();
        feed
    }
}

impl std::fmt::Debug for RelaySource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RelaySource").field("leases", &self.leases).finish_non_exhaustive()
    }
}

/// Whether a follower would still be let in.
pub type StillAllowed = Arc<dyn Fn() -> bool + Send + Sync>;

/// The feed of a relay, for one follower. Cheap to clone.
#[derive(Clone)]
pub struct RelayFeed {
    parts: RelayParts,
    leases: RelayLeases,
    allowed: StillAllowed,
    /// The generation that it is of.
    opened_in: u64,
}

impl RelayFeed {
    /// Whether the log is the one that it was opened for.
    fn is_current(&self) -> bool {
        self.generation() == self.opened_in
    }

    fn terms(&self) -> Option<RelayTerms> {
        *self.parts.terms.borrow()
    }

    fn relayed(&self) -> Result<Relayed, NotServed> {
        self.parts.log.relayed().ok_or(NotServed)
    }
}

/// The lease of one follower of a relay.
struct RelayLease {
    feed: RelayFeed,
    instance: Instance,
    length: Duration,
}

impl RelayLease {
    /// How old the knowledge here counts as for a ping that came in at `received_at`; `None` when it is stale.
    ///
    /// INVARIANT: a follower that adds its lease to it comes to no instant beyond the one until which this relay itself
    /// may build on what it knows. Whoever waits for this relay waits no longer.
    fn age_at(&self, received_at: Uptime) -> Option<Duration> {
        let known = self.feed.parts.gauge.known();
        let now = (self.feed.leases.uptime)();
        let is_fresh = known.freshness_at(now, Duration::MAX, StalePolicy::Deny) == Freshness::Fresh;
        let age = received_at.since(known.fresh_as_of?);
        let beyond = received_at.plus(self.length).since(known.fresh_until);
        is_fresh.then_some(age.max(beyond))
    }
}

impl FollowerLease for RelayLease {
    fn answer_ping(&self, received_at: Uptime) -> Option<PingAnswer> {
        let RelayFeed { parts, leases, .. } = &self.feed;
        let mut granted = leases.lock();
        if !self.feed.is_current() {
            return None;
        }
        // INVARIANT: the instant that the state is fresh as of is read before its head, and both under the lock that
        // the lowest watermark is taken under.
        let age = self.age_at(received_at)?;
        let age = if planted::is(Bug::RelayGrantsLonger) { Duration::ZERO } else { age };
        granted.table.extend(&self.instance, received_at, age)?;
        let head = parts.log.relayed()?.head;
        drop(granted);
        leases.changed.notify_one();
        Some(PingAnswer { head, age, trust: *parts.trust_versions.borrow() })
    }

    fn acknowledge(&self, watermark: Position, trust: u64) {
        let RelayFeed { parts, leases, .. } = &self.feed;
        let mut granted = leases.lock();
        // Of another log it says nothing.
        if self.feed.is_current() {
            granted.table.acknowledge(&self.instance, watermark, trust, (parts.clock)());
            drop(granted);
            leases.changed.notify_one();
        }
    }
}

impl Drop for RelayLease {
    fn drop(&mut self) {
        let leases = &self.feed.leases;
        let now = (leases.uptime)();
        leases.lock().table.disconnected(&self.instance, now);
    }
}

#[async_trait]
impl FeedSource for RelayFeed {
    fn is_allowed(&self) -> bool {
        (self.allowed)()
    }

    fn uptime(&self) -> Uptime {
        (self.leases.uptime)()
    }

    fn heads(&self) -> watch::Receiver<Position> {
        self.parts.heads.clone()
    }

    fn age(&self) -> Duration {
        self.parts.gauge.age_at(self.uptime()).unwrap_or(Duration::MAX)
    }

    /// A lease that became another one counts, too: those who were granted more than it have to come back.
    fn generation(&self) -> u64 {
        let generation = generation_of(&self.parts.log);
        let lease = self.terms().map_or(0, |terms| terms.lease.as_millis());
        generation.wrapping_add(u64::try_from(lease).unwrap_or(u64::MAX) << 32)
    }

    /// Upstream this relay stands for all that follow it: an unfenced one among them is known there only where the
    /// relay is called unfenced itself.
    fn takes_unfenced(&self) -> bool {
        self.parts.gauge.is_unfenced()
    }

    fn trust_changes(&self) -> watch::Receiver<u64> {
        self.parts.trust_versions.clone()
    }

    fn trust(&self) -> Option<FeedTrust> {
        (self.parts.trust)()
    }

    async fn open(&self, hello: &Hello) -> Result<(Opening, Box<dyn FollowerLease>), NotServed> {
        let (relayed, terms) = (self.relayed()?, self.terms().ok_or(NotServed)?);
        if !self.parts.gauge.is_complete() || !self.is_current() {
            return Err(NotServed);
        }
        let lease = hello.max_staleness.min(terms.lease);
        let Hello { name, unfenced, relay, .. } = hello.clone();
        let row = Terms { name, lease, unfenced, relay };
        self.leases.lock().table.admit(hello.instance, row, self.uptime());
        let Relayed { log, key, origin, head, checksum, .. } = relayed;
        let resume = hello.resume.filter(|resume| resume.log == log);
        let checksum_at_resume = resume.and_then(|resume| self.parts.log.checksum_at(resume.position));
        let horizon = terms.horizon;
        let opening = Opening { log, key, origin, head, checksum, lease, checksum_at_resume, horizon };
        let instance = hello.instance;
        Ok((opening, Box::new(RelayLease { feed: self.clone(), instance, length: lease })))
    }

    fn mismatch(&self, name: &str, mismatch: Mismatch) {
        tracing::warn!(follower = name, %mismatch, "a follower and this relay hold different entries");
    }

    fn held(&self, name: &str, records: &[Record]) {
        // They are enforced where they are; whoever follows the authority itself tells it.
        tracing::error!(
            follower = name,
            records = records.len(),
            "a follower holds records that are not held here"
        );
    }

    async fn read(&self, read: Read) -> Result<PageAnswer, NotServed> {
        let log = &self.parts.log;
        let page = match read {
            Read::Tail { after, limit } => log.feed_after(after, limit),
            Read::Snapshot { after, limit } => {
                return log.snapshot_after(after, limit).map(PageAnswer::Page).ok_or(NotServed);
            }
            Read::Head => None,
        };
        let Relayed { head, checksum, .. } = self.relayed()?;
        Ok(page.map_or(PageAnswer::Behind { head, checksum }, PageAnswer::Page))
    }
}

/// Counts the snapshots that took the place of what was there.
fn generation_of(log: &RecordLog) -> u64 {
    log.relayed().map_or(0, |relayed| relayed.generation)
}

impl std::fmt::Debug for RelayFeed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RelayFeed").field("leases", &self.leases).finish_non_exhaustive()
    }
}
