//! What every handler of an edge can reach.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::Request;
use axum::http::{Extensions, HeaderMap};
use futures_util::future::BoxFuture;
use quash_authority::{Clock, Noted, RefreshState};
use quash_core::ids::ClientId;
use quash_core::revocation::freshness::{Undecided, Vouched};
use quash_core::revocation::rejection::Rejection;
use quash_core::session::last_use::LastUse;
use quash_core::time::Timestamp;
use quash_verify::feed::IntrospectionCredential;
use quash_verify::{Gauge, GaugeReader, Moment, Verifier};

use super::callers::{Admitted, Callers, Learned};
use crate::access::Access;
use crate::checks::Checks;
use crate::error::{Failure, OAuthFailure};
use crate::feed::{FeedDoor, RelayFeed, RelaySource, UptimeSource};
use crate::metrics::{Asks, EdgeFigures, FeedProgress, Metrics};
use crate::node::{Answer, Node, ServesFeed, TakesActivity};
use crate::request::params::Params;
use crate::settings::HttpSettings;
use crate::token_refusal::TokenRefusal;

/// Asks an authority whether a token is active, which answers by introspection (RFC 7662).
pub type Ask = dyn Fn(String) -> BoxFuture<'static, Result<bool, NoAnswer>> + Send + Sync;

/// No authority answered in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoAnswer;

/// What an edge is made of.
pub struct EdgeParts {
    /// Judges tokens; whoever follows the feed keeps it up to date.
    pub verifier: Arc<Verifier>,
    /// How old its state is, and what is done about it.
    pub gauge: Arc<Gauge>,
    /// The clock that the age is told by: a fresh reading each time, of one that counts the time that the machine
    /// was suspended.
    pub uptime: UptimeSource,
    /// The time of day.
    pub clock: Arc<dyn Clock>,
    /// How far the feed was followed.
    pub progress: Box<dyn Fn() -> FeedProgress + Send + Sync>,
    /// What the authority told of callers.
    pub learned: Learned,
    /// The credential that the edge itself has: its holder runs the edge and may read its metrics.
    pub operator: IntrospectionCredential,
    /// For tokens that are to be asked about.
    pub ask: Box<Ask>,
    /// What is served to further followers; none: nobody is let in.
    pub relay: Option<RelaySource>,
    /// What the operator decided about the surface.
    pub settings: HttpSettings,
}

/// What every handler of an edge can reach. Cheap to clone.
#[derive(Clone)]
pub struct EdgeState(Arc<Shared>);

struct Shared {
    checks: Checks,
    gauge: Arc<Gauge>,
    clock: Arc<dyn Clock>,
    callers: Callers,
    ask: Box<Ask>,
    asks: Asks,
    relay: Option<RelaySource>,
    door: FeedDoor,
}

impl EdgeState {
    /// An edge of these parts.
    pub fn new(parts: EdgeParts) -> Self {
        let EdgeParts { verifier, gauge, uptime, clock, progress, learned, operator, ask, relay, settings } =
            parts;
        let door = FeedDoor::new(settings.feed);
        let asks = Asks::default();
        let figures = EdgeFigures { progress, gauge: Arc::clone(&gauge), uptime: Arc::clone(&uptime) };
        let metrics = Metrics::new(Arc::clone(&verifier)).of_an_edge(figures, &asks);
        let metrics = if relay.is_some() { metrics.of_a_feed(door.clone()) } else { metrics };
        let freshness = GaugeReader::new(Arc::clone(&gauge), move || uptime());
        let checks = Checks::new(verifier, Box::new(freshness), settings, metrics);
        let callers = Callers::new(learned, operator);
        Self(Arc::new(Shared { checks, gauge, clock, callers, ask, asks, relay, door }))
    }

    /// Where followers of the feed come in: to be closed when the edge stops.
    pub fn feed(&self) -> &FeedDoor {
        &self.0.door
    }

    /// `token`, which an authority finds active, as this edge knows it. What this edge itself would refuse, it
    /// refuses still.
    fn accept(&self, token: &str) -> Result<Answer<'static>, Failure> {
        let checked = self.checks().verifier().check(token, Moment::new(self.now(), Vouched))?;
        match checked.rejection() {
            // The authority knows its key, and this edge does not: there is nothing that it could say of the token.
            Some(Rejection::Invalid(defect)) if defect.is_for_want_of_trust() => self.undecided(token),
            _ => Ok(checked.into()),
        }
    }

    /// Nobody was of help: undecided, unless the state is fresh again meanwhile.
    fn undecided(&self, token: &str) -> Result<Answer<'static>, Failure> {
        match self.check(token) {
            Err(Failure::Undecided(Undecided::Ask { age })) => Err(Undecided::Stale { age }.into()),
            checked => checked.map(Answer::from),
        }
    }
}

impl Node for EdgeState {
    fn checks(&self) -> &Checks {
        &self.0.checks
    }

    fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    fn is_complete(&self) -> Result<(), Undecided> {
        if self.0.gauge.is_complete() { Ok(()) } else { Err(Undecided::Incomplete) }
    }

    fn admit(&self, access: Access, request: &mut Request<Body>) -> Result<(), Failure> {
        match access {
            Access::Service(verb) => {
                let admitted = self.0.callers.admit(request.headers(), verb)?;
                request.extensions_mut().insert(admitted);
                Ok(())
            }
            // An edge has no endpoint for users.
            Access::User => Err(Failure::Unauthenticated),
            Access::Open | Access::Client | Access::ClientOrService(_) | Access::Bearer => Ok(()),
        }
    }

    fn introspector(&self, headers: &HeaderMap, params: &Params) -> Result<Option<ClientId>, OAuthFailure> {
        self.0.callers.introspector(headers, params)
    }

    /// Refresh tokens are in the store, and there is none here.
    async fn introspect_refresh(&self, _token: &str) -> Result<Option<RefreshState>, OAuthFailure> {
        Err(OAuthFailure::UnsupportedTokenType)
    }

    fn published_keys(&self) -> Result<String, Failure> {
        let document = self.0.callers.document()?;
        document.own_keys().map(str::to_owned).ok_or(Failure::Undecided(Undecided::Incomplete))
    }

    async fn ask(&self, token: &str) -> Result<Answer<'static>, Failure> {
        let asked = (self.0.ask)(token.to_owned()).await;
        self.0.asks.count(asked);
        match asked {
            Ok(true) => self.accept(token),
            Ok(false) => Ok(Answer::Refused(TokenRefusal::inactive())),
            Err(NoAnswer) => self.undecided(token),
        }
    }
}

impl ServesFeed for EdgeState {
    type Source = RelayFeed;

    fn door(&self) -> &FeedDoor {
        self.feed()
    }

    fn source_for(&self, extensions: &Extensions) -> Result<RelayFeed, Failure> {
        let admitted = extensions.get::<Admitted>().ok_or(Failure::Unauthenticated)?.clone();
        let relay = self.0.relay.as_ref().ok_or(Failure::NotFound)?;
        let learned = self.0.callers.learned().clone();
        Ok(relay.feed(Arc::new(move || admitted.is_known(&learned))))
    }
}

impl TakesActivity for EdgeState {
    /// Passes it on with the edge's own report. Where there is no room for it, whoever reports keeps it.
    async fn take_report(&self, _extensions: &Extensions, uses: Vec<LastUse>) -> Result<Noted, Failure> {
        let verifier = self.checks().verifier();
        if self.0.relay.is_none() || !verifier.reports_activity() {
            return Err(Failure::NotFound);
        }
        if !verifier.has_room_for_activity(uses.len()) {
            return Err(Failure::Unavailable { retryable: true });
        }
        let (now, noted) = (self.now(), uses.len() as u64);
        verifier.keep_activity(uses.into_iter().map(|seen| LastUse { at: seen.at.min(now), ..seen }));
        Ok(Noted { noted, ignored: 0 })
    }
}

impl std::fmt::Debug for EdgeState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EdgeState").field("settings", self.checks().settings()).finish_non_exhaustive()
    }
}
