//! The feed onward: what was followed here is served from here.

use std::sync::Arc;
use std::time::Duration;

use quash_core::position::Position;
use quash_http::{FeedTrust, RelayLeases, RelayParts, RelaySource, RelayTerms};
use quash_middleware::feed::{Feed, FeedStatus, LearnedTrust, Subtree};
use quash_middleware::{system_clock, system_uptime};
use quash_verify::feed::RecordLog;
use tokio::sync::watch;

/// How often records that are over are forgotten.
const PURGE_EVERY: Duration = Duration::from_secs(5);

/// What there is before the feed is followed: the follower fills it.
pub(super) struct RelayBeginnings {
    pub(super) log: Arc<RecordLog>,
    leases: RelayLeases,
}

impl RelayBeginnings {
    /// Tells the follower of the lowest that was acknowledged from here.
    pub(super) fn subtree(&self) -> Subtree {
        let leases = self.leases.clone();
        Subtree::new(move || leases.lowest(), self.leases.changed())
    }
}

/// The feed onward.
pub(super) struct Relay {
    beginnings: RelayBeginnings,
    heads: watch::Sender<Position>,
    terms: watch::Sender<Option<RelayTerms>>,
    trust_versions: watch::Sender<u64>,
    source: RelaySource,
}

impl Relay {
    /// What the follower needs.
    pub(super) fn parts() -> RelayBeginnings {
        let log = Arc::new(RecordLog::new());
        RelayBeginnings { leases: RelayLeases::new(Arc::clone(&log), Arc::new(system_uptime)), log }
    }

    /// The feed onward of what `feed` follows.
    pub(super) fn new(beginnings: RelayBeginnings, feed: &Feed) -> Self {
        let heads = watch::Sender::new(Position::ZERO);
        let terms = watch::Sender::new(None);
        let trust_versions = watch::Sender::new(0);
        let learned = feed.trust();
        let parts = RelayParts {
            log: Arc::clone(&beginnings.log),
            gauge: Arc::clone(feed.gauge()),
            heads: heads.subscribe(),
            terms: terms.subscribe(),
            trust_versions: trust_versions.subscribe(),
            trust: Arc::new(move || learned.borrow().as_ref().and_then(travelling)),
            clock: Arc::new(system_clock),
        };
        let source = RelaySource::new(parts, beginnings.leases.clone());
        Self { beginnings, heads, terms, trust_versions, source }
    }

    pub(super) fn source(&self) -> RelaySource {
        self.source.clone()
    }

    /// Passes on what `feed` brings, and forgets what is over.
    pub(super) async fn run(&self, feed: &Feed) {
        tokio::join!(self.follow_status(feed), self.follow_trust(feed), self.purge());
    }

    async fn follow_status(&self, feed: &Feed) {
        let mut status = feed.status_changes();
        loop {
            self.tell(&status.borrow_and_update());
            if status.changed().await.is_err() {
                return;
            }
        }
    }

    fn tell(&self, status: &FeedStatus) {
        if let Some(position) = status.position {
            self.heads.send_if_modified(|head| std::mem::replace(head, position) != position);
        }
        let granted = status.lease.zip(status.horizon);
        let granted = granted.map(|(lease, horizon)| RelayTerms { lease, horizon });
        self.terms.send_if_modified(|terms| std::mem::replace(terms, granted) != granted);
    }

    async fn follow_trust(&self, feed: &Feed) {
        let mut trust = feed.trust();
        loop {
            let version = trust.borrow_and_update().as_ref().map_or(0, |trust| trust.version);
            self.trust_versions.send_if_modified(|told| std::mem::replace(told, version) != version);
            if trust.changed().await.is_err() {
                return;
            }
        }
    }

    async fn purge(&self) {
        loop {
            tokio::time::sleep(PURGE_EVERY).await;
            let log = Arc::clone(&self.beginnings.log);
            // A large log takes a while: not on a thread that connections wait for.
            let _ = tokio::task::spawn_blocking(move || log.purge(system_clock())).await;
        }
    }
}

/// What was learnt, as it travels on.
fn travelling(learned: &LearnedTrust) -> Option<FeedTrust> {
    let document = learned.document.encode().ok()?;
    Some(FeedTrust { version: learned.version, document: document.into() })
}
