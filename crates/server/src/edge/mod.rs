//! An edge: a node without an authority. It follows the feed of one, judges tokens from memory, and serves the feed
//! onward.
//!
//! ```text
//!   authority ──feed──▶ Feed ──▶ verifier, gauge ──▶ endpoints
//!                        │  └──▶ Learned: who may ask
//!                        └──▶ RecordLog ──▶ RelayFeed ──feed──▶ further edges
//! ```

mod follow;
mod relay;

use std::sync::Arc;

use quash_authority::{Entropy, SystemClock, SystemEntropy};
use quash_http::{
    Ask, EdgeParts, EdgeState, FeedProgress, HttpSettings, Learned, NoAnswer, Surface, edge_router,
    edge_router_for,
};
use quash_middleware::feed::{ActivityCounts, Feed, FeedStatus, Introspection};
use quash_middleware::{Ask as _, Introspected, system_uptime};
use quash_verify::feed::IntrospectionCredential;
use tokio::sync::Semaphore;

use self::relay::Relay;
use crate::config::edge_node::EdgeConfig;
use crate::exit::Failure;
use crate::listen::stop::Stop;
use crate::node::GOODBYE;
use crate::node::surfaces::identity_headers;
use crate::paths::DataDirectory;
use crate::serving::Surfaces;

/// How many tokens the authority is asked about at one time; what comes beyond is undecided.
const MOST_ASKED: usize = 64;

/// Everything that serves one edge.
pub struct Edge {
    feed: Feed,
    learned: Learned,
    relay: Option<Relay>,
    state: EdgeState,
}

impl Edge {
    /// Takes in what an earlier run left in `data`, and starts to follow. An authority that can not be reached is no
    /// failure: the edge answers nothing then, or what it may on what it knew.
    ///
    /// # Errors
    /// What keeps the edge from serving, in one line.
    pub fn open(config: &EdgeConfig, data: &DataDirectory) -> Result<Self, Failure> {
        let relay = config.follow.relay.then(Relay::parts);
        let feed = follow::start(config, data, relay.as_ref())?;
        let learned = Learned::new();
        let relay = relay.map(|parts| Relay::new(parts, &feed));
        let key = config.follow.key.as_key().unwrap_or_default();
        let state = EdgeState::new(EdgeParts {
            verifier: Arc::clone(feed.verifier()),
            gauge: Arc::clone(feed.gauge()),
            uptime: Arc::new(system_uptime),
            clock: Arc::new(SystemClock),
            progress: Box::new(progress(&feed)),
            learned: learned.clone(),
            operator: IntrospectionCredential::of_key(key),
            ask: ask(feed.introspection().clone()),
            relay: relay.as_ref().map(Relay::source),
            settings: http_settings(config)?,
        });
        Ok(Self { feed, learned, relay, state })
    }

    /// The routers for the listeners of `config`.
    pub fn surfaces(&self, config: &EdgeConfig) -> Surfaces {
        let on = |surface| edge_router_for(self.state.clone(), &[surface]);
        match config.server.metrics_listen {
            None => Surfaces { public: edge_router(self.state.clone()), admin: None, metrics: None },
            Some(_) => {
                Surfaces { public: on(Surface::Public), admin: None, metrics: Some(on(Surface::Metrics)) }
            }
        }
    }

    /// Passes on what the feed brings, until `stop` is spoken; then sends the followers away.
    pub async fn run(&self, mut stop: Stop) {
        tokio::select! {
            () = stop.wait() => {}
            () = self.learn() => {}
            () = self.pass_on() => {}
        }
        tokio::join!(self.report_activity(), self.state.feed().close(GOODBYE));
    }

    /// What the last interval saw. An authority that can not be reached is not waited for.
    async fn report_activity(&self) {
        if !matches!(tokio::time::timeout(GOODBYE, self.feed.report_activity()).await, Ok(Ok(()))) {
            tracing::warn!("the last uses of sessions could not be reported");
        }
    }

    /// Keeps what is known of callers up to date.
    async fn learn(&self) {
        let mut trust = self.feed.trust();
        loop {
            if let Some(trust) = trust.borrow_and_update().clone() {
                self.learned.learn(trust.document);
            }
            // The sender is in the feed, which is here.
            if trust.changed().await.is_err() {
                return;
            }
        }
    }

    async fn pass_on(&self) {
        match &self.relay {
            Some(relay) => relay.run(&self.feed).await,
            None => std::future::pending().await,
        }
    }
}

/// Asks, not too much at one time: a stale state means that the authority may be in trouble.
fn ask(introspection: Introspection) -> Box<Ask> {
    let asking = Arc::new(Semaphore::new(MOST_ASKED));
    Box::new(move |token| {
        let (introspection, asking) = (introspection.clone(), Arc::clone(&asking));
        Box::pin(async move {
            let _place = asking.try_acquire().map_err(|_| NoAnswer)?;
            let said = introspection.introspect(&token).await;
            said.map(|said| said == Introspected::Active).map_err(|_| NoAnswer)
        })
    })
}

/// How far the feed was followed, told whenever somebody asks.
fn progress(feed: &Feed) -> impl Fn() -> FeedProgress + use<> {
    let (status, activity) = (feed.status_changes(), feed.activity());
    move || {
        let FeedStatus { position, head, connections, .. } = *status.borrow();
        let ActivityCounts { reported, failures, .. } = activity();
        FeedProgress { position, head, connections, uses_reported: reported, report_failures: failures }
    }
}

fn http_settings(config: &EdgeConfig) -> Result<HttpSettings, Failure> {
    let mut instance = [0; 8];
    SystemEntropy.fill(&mut instance).map_err(|error| Failure::because("the request ids", error))?;
    Ok(HttpSettings {
        identity_headers: identity_headers(&config.forward_auth),
        instance: u64::from_be_bytes(instance),
        ..HttpSettings::default()
    })
}
