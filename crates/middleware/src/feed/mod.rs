//! Following the feed of an authority, or of a relay, over the network.
//!
//! ```text
//!   authority ◀──WebSocket──▶ task ──▶ Follower ──▶ Verifier, Gauge ──▶ your requests: from memory
//!                              │
//!                              └──▶ local file, on a thread of its own
//! ```
//!
//! ```no_run
//! # async fn api() -> Result<(), Box<dyn std::error::Error>> {
//! use quash_middleware::feed::{Feed, ServiceKey};
//! use quash_middleware::{Gate, system_clock};
//!
//! let key = ServiceKey::new(&std::env::var("QUASH_FEED_KEY")?)?;
//! let feed = Feed::builder("https://auth.example", key)
//!     .name("orders-1")
//!     .state_directory("/var/lib/orders/quash".as_ref())
//!     .start()?;
//! feed.wait_until_ready().await;
//! let gate = Gate::new(feed.verifier().clone(), system_clock).freshness(feed.freshness());
//! # Ok(())
//! # }
//! ```
//!
//! What holds, whatever the network does:
//! - Nothing is answered before the state is complete, and nothing is accepted on a state that is older than
//!   `max_staleness`: see [`Gauge`]. A refusal stands however old the state is.
//! - The connection is opened again at once when it breaks, then in growing, random intervals up to 2 s, to one address
//!   after the other.
//! - What is acknowledged is in the local file, synced. After a restart it is enforced before anything is asked.

mod activity;
mod address;
mod alarm;
mod client;
mod connect;
mod introspection;
mod key;
mod local_file;
mod post;
mod random;
mod running;
mod session;
mod state_directory;
mod status;
mod subtree;
mod tls;

pub use activity::{ActivityCounts, Unreported};
pub use address::{Address, AddressError, PlainHttp};
pub use alarm::FeedAlarm;
pub use client::{FeedBuilder, FeedStartError};
pub use connect::ConnectError;
pub use introspection::Introspection;
pub use key::{NoServiceKey, ServiceKey};
pub use random::NoRandom;
pub use state_directory::StateDirectoryError;
pub use status::{FeedStatus, LearnedTrust};
pub use subtree::Subtree;

use std::sync::Arc;
use std::time::Duration;

use quash_core::revocation::freshness::{Freshness, StalePolicy};
use quash_core::time::Uptime;
use quash_verify::{Gauge, GaugeReader, Verifier};
use tokio::sync::{broadcast, watch};
use tokio::task::JoinSet;
use tokio::time::sleep;

use self::activity::Reporter;
use self::running::Running;
use crate::clock::system_clock;
use crate::uptime::system_uptime;

/// How often what is over is forgotten.
const PURGE_EVERY: Duration = Duration::from_secs(5);

/// How fresh a followed state is: asked at every accept.
pub type FeedFreshness = GaugeReader<Arc<Gauge>, fn() -> Uptime>;

/// A feed that is followed in the background, until this is dropped.
#[derive(Debug)]
pub struct Feed {
    verifier: Arc<Verifier>,
    gauge: Arc<Gauge>,
    status: watch::Sender<FeedStatus>,
    trust: watch::Sender<Option<LearnedTrust>>,
    alarms: broadcast::Sender<FeedAlarm>,
    introspection: Introspection,
    reporter: Arc<Reporter>,
    /// Dropped with this, which ends them.
    _tasks: JoinSet<()>,
}

impl Feed {
    /// Describes a follower of the server at `address`, an `https` URL, with a key of the role verifier.
    pub fn builder(address: &str, key: ServiceKey) -> FeedBuilder {
        FeedBuilder::new(address, key)
    }

    fn running(
        running: Running,
        verifier: Arc<Verifier>,
        introspection: Introspection,
        reporter: Reporter,
        report_every: Option<Duration>,
    ) -> Self {
        let mut tasks = JoinSet::new();
        tasks.spawn(purge(Arc::clone(&verifier)));
        let reporter = Arc::new(reporter);
        if let Some(every) = report_every {
            let reporter = Arc::clone(&reporter);
            tasks.spawn(async move { reporter.run(every).await });
        }
        let (status, trust, alarms) = (running.status.clone(), running.trust.clone(), running.alarms.clone());
        let gauge = Arc::clone(&running.gauge);
        tasks.spawn(running.run());
        Self { verifier, gauge, status, trust, alarms, introspection, reporter, _tasks: tasks }
    }

    /// The verifier that is fed.
    pub fn verifier(&self) -> &Arc<Verifier> {
        &self.verifier
    }

    /// How fresh its state is, with the two policies.
    pub fn gauge(&self) -> &Arc<Gauge> {
        &self.gauge
    }

    /// How fresh its state is now: what every check is handed.
    pub fn freshness(&self) -> FeedFreshness {
        GaugeReader::new(Arc::clone(&self.gauge), system_uptime)
    }

    /// Whether tokens are accepted now: the state is complete and fresh.
    pub fn is_ready(&self) -> bool {
        let freshness = self.gauge.freshness_at(system_uptime(), Duration::MAX, StalePolicy::Deny);
        freshness == Freshness::Fresh
    }

    /// Returns once tokens are accepted.
    pub async fn wait_until_ready(&self) {
        let mut status = self.status.subscribe();
        // The sender is in `self`, so that it does not go away meanwhile.
        while !self.is_ready() && status.changed().await.is_ok() {}
    }

    /// How the follower stands.
    pub fn status(&self) -> FeedStatus {
        self.status.borrow().clone()
    }

    /// The same as a value that follows it.
    pub fn status_changes(&self) -> watch::Receiver<FeedStatus> {
        self.status.subscribe()
    }

    /// How old the state is; `None` when nobody knows.
    pub fn age(&self) -> Option<Duration> {
        self.gauge.age_at(system_uptime())
    }

    /// Whom the authority trusts, as it was learnt last; `None` before that.
    pub fn trust(&self) -> watch::Receiver<Option<LearnedTrust>> {
        self.trust.subscribe()
    }

    /// What an operator must hear of, from now on. The log says the same.
    pub fn alarms(&self) -> broadcast::Receiver<FeedAlarm> {
        self.alarms.subscribe()
    }

    /// Reports now which sessions were used since the last report (S05): for a process that is about to end. Everything
    /// else is reported by itself, see [`FeedBuilder::report_activity`].
    ///
    /// # Errors
    /// [`Unreported`]: no server took it, within 5 s for each. What was left is kept for the next report.
    pub async fn report_activity(&self) -> Result<(), Unreported> {
        self.reporter.report().await
    }

    /// What became of the uses of sessions that were seen here.
    pub fn activity_counts(&self) -> ActivityCounts {
        self.reporter.counts()
    }

    /// The same as a value that follows it.
    pub fn activity(&self) -> impl Fn() -> ActivityCounts + Send + Sync + use<> {
        let reporter = Arc::clone(&self.reporter);
        move || reporter.counts()
    }

    /// Asks the authority about single tokens: for a stale state and the policy to ask then.
    pub fn introspection(&self) -> &Introspection {
        &self.introspection
    }
}

async fn purge(verifier: Arc<Verifier>) {
    loop {
        sleep(PURGE_EVERY).await;
        let verifier = Arc::clone(&verifier);
        // A large state takes a while: not on a thread that connections wait for.
        let _ = tokio::task::spawn_blocking(move || verifier.purge(system_clock())).await;
    }
}
