//! What a relay has beside its follower: the real source of its feed, and what that is told.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use quash_core::position::Position;
use quash_core::time::{Timestamp, Uptime};
use quash_http::{FeedTrust, RelayFeed, RelayLeases, RelayParts, RelaySource, RelayTerms};
use quash_verify::Gauge;
use quash_verify::feed::RecordLog;
use tokio::sync::watch;

use super::serving::Serving;

/// The clocks of the relay's machine, set by the scheduler.
#[derive(Debug, Default)]
struct Shown {
    uptime: AtomicU64,
    wall: AtomicU64,
}

/// What a relay has beside its follower.
pub(crate) struct Relaying {
    pub(crate) log: Arc<RecordLog>,
    pub(crate) leases: RelayLeases,
    pub(crate) serving: Serving,
    source: RelaySource,
    shown: Arc<Shown>,
    heads: watch::Sender<Position>,
    terms: watch::Sender<Option<RelayTerms>>,
    versions: watch::Sender<u64>,
    trust: Arc<Mutex<Option<FeedTrust>>>,
}

impl Relaying {
    pub(crate) fn new(gauge: Arc<Gauge>) -> Self {
        let log = Arc::new(RecordLog::new());
        let (shown, trust) = (Arc::<Shown>::default(), Arc::<Mutex<Option<FeedTrust>>>::default());
        let (heads, terms, versions) =
            (watch::Sender::default(), watch::Sender::default(), watch::Sender::default());
        let (uptime, wall, told) = (Arc::clone(&shown), Arc::clone(&shown), Arc::clone(&trust));
        let uptime = Arc::new(move || Uptime::from_nanoseconds(uptime.uptime.load(Ordering::Relaxed)));
        let leases = RelayLeases::new(Arc::clone(&log), uptime);
        let parts = RelayParts {
            log: Arc::clone(&log),
            gauge,
            heads: heads.subscribe(),
            terms: terms.subscribe(),
            trust_versions: versions.subscribe(),
            trust: Arc::new(move || told.lock().unwrap_or_else(PoisonError::into_inner).clone()),
            clock: Arc::new(move || Timestamp::from_milliseconds(wall.wall.load(Ordering::Relaxed))),
        };
        let source = RelaySource::new(parts, leases.clone());
        Self { log, leases, serving: Serving::default(), source, shown, heads, terms, versions, trust }
    }

    /// The feed of one follower.
    pub(crate) fn feed(&self) -> RelayFeed {
        self.source.feed(Arc::new(|| true))
    }

    pub(crate) fn set_clocks(&self, uptime: Uptime, wall: Timestamp) {
        self.shown.uptime.store(uptime.nanoseconds(), Ordering::Relaxed);
        self.shown.wall.store(wall.milliseconds(), Ordering::Relaxed);
    }

    pub(crate) fn grant(&self, terms: RelayTerms) {
        self.terms.send_if_modified(|held| held.replace(terms) != Some(terms));
    }

    pub(crate) fn learn(&self, trust: FeedTrust) {
        let version = trust.version;
        *self.trust.lock().unwrap_or_else(PoisonError::into_inner) = Some(trust);
        self.versions.send_if_modified(|held| std::mem::replace(held, version) != version);
    }

    pub(crate) fn follow_head(&self) {
        let head = self.log.relayed().map_or(Position::ZERO, |relayed| relayed.head);
        self.heads.send_if_modified(|held| std::mem::replace(held, head) != head);
    }
}
