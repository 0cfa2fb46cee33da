//! What every handler of a server can reach.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::Request;
use axum::http::{Extensions, HeaderMap};
use prometheus_client::metrics::counter::Counter;
use quash_authority::settings::ClientKind;
use quash_authority::{Authority, Caller, Noted, PlainToken, RefreshState, Verb, authorize};
use quash_core::ids::ClientId;
use quash_core::revocation::freshness::{Freshness, FreshnessSource};
use quash_core::session::last_use::LastUse;
use quash_core::time::Timestamp;
use quash_verify::{Checked, VerifiedToken, Verifier};

use crate::access::{Access, service_caller};
use crate::checks::Checks;
use crate::error::{Failure, OAuthFailure};
use crate::feed::{AuthorityFeed, AuthorityFeeds, FeedDoor};
use crate::metrics::Metrics;
use crate::node::{Answer, Node, ServesFeed, TakesActivity};
use crate::oauth::client;
use crate::request::authorization::Authorization;
use crate::request::params::Params;
use crate::settings::HttpSettings;
use crate::token_refusal::TokenRefusal;

/// What every handler of a server can reach. Cheap to clone.
#[derive(Clone)]
pub struct AppState(Arc<Shared>);

struct Shared {
    authority: Arc<Authority>,
    checks: Checks,
    store_errors: Counter,
    feeds: AuthorityFeeds,
    door: FeedDoor,
}

impl AppState {
    /// An authority, and the verifier that it enforces its revocations in.
    ///
    /// In one process the verifier has applied every entry before its revocation is acknowledged, so its state is
    /// fresh: [`AppState::with_freshness`] says otherwise.
    pub fn new(authority: Arc<Authority>, verifier: Arc<Verifier>, settings: HttpSettings) -> Self {
        Self::with_freshness(authority, verifier, settings, Freshness::Fresh)
    }

    /// The same, with somebody to ask how fresh the verifier's state is.
    pub fn with_freshness(
        authority: Arc<Authority>,
        verifier: Arc<Verifier>,
        settings: HttpSettings,
        freshness: impl FreshnessSource + Send + Sync + 'static,
    ) -> Self {
        let store_errors = Counter::default();
        let door = FeedDoor::new(settings.feed);
        let metrics = Metrics::new(Arc::clone(&verifier))
            .of_an_authority(Arc::clone(&authority), &store_errors)
            .of_a_feed(door.clone());
        let feeds = AuthorityFeeds::new(Arc::clone(&verifier));
        let checks = Checks::new(verifier, Box::new(freshness), settings, metrics);
        Self(Arc::new(Shared { authority, checks, store_errors, feeds, door }))
    }

    /// Where followers of the feed come in: to be closed when the server stops.
    pub fn feed(&self) -> &FeedDoor {
        &self.0.door
    }

    /// Notes which sessions were used here since this was called last (S05): to be called every half minute or so, where
    /// the verifier was built to [report it](quash_verify::Builder::reports_activity). What can not be noted is kept for
    /// the next call.
    ///
    /// # Errors
    /// As [`Authority::note_activity`].
    pub async fn note_activity(&self) -> Result<Noted, quash_authority::Error> {
        let verifier = Arc::clone(self.0.checks.shared_verifier());
        // A large cache takes a while: not on a thread that connections wait for.
        let taken = tokio::task::spawn_blocking(move || verifier.take_activity()).await;
        let uses = taken.unwrap_or_default();
        let noted = self.authority().note_activity(uses.clone()).await;
        if noted.is_err() {
            self.0.checks.verifier().keep_activity(uses);
        }
        noted
    }

    pub(crate) fn authority(&self) -> &Authority {
        &self.0.authority
    }

    pub(crate) fn settings(&self) -> &HttpSettings {
        self.0.checks.settings()
    }

    /// The user's own token that came with a request: one of ours, of a session.
    ///
    /// # Errors
    /// The token is missing or refused, or could not be judged.
    pub(crate) fn check_user(
        &self,
        authorization: &Authorization<'_>,
    ) -> Result<Arc<VerifiedToken>, Failure> {
        let Authorization::Bearer(token) = authorization else {
            let absent = matches!(authorization, Authorization::Absent);
            return Err(if absent { TokenRefusal::Missing } else { TokenRefusal::Malformed }.into());
        };
        match self.check(token)? {
            Checked::Rejected(refusal) => Err(TokenRefusal::from(refusal.rejection()).into()),
            Checked::Accepted(token) if token.is_own() && token.session().is_some() => Ok(token.to_arc()),
            // A client's own token, or a foreign one, is nobody's sign-in here.
            Checked::Accepted(_) => Err(Failure::Forbidden { phrase: "act for a user" }),
        }
    }

    /// What a use case came to, failures counted.
    ///
    /// # Errors
    /// The use case's own.
    pub(crate) fn done<T>(&self, outcome: Result<T, quash_authority::Error>) -> Result<T, Failure> {
        outcome.map_err(|error| {
            if matches!(error, quash_authority::Error::Store(_)) {
                self.0.store_errors.inc();
            }
            error.into()
        })
    }
}

impl Node for AppState {
    fn checks(&self) -> &Checks {
        &self.0.checks
    }

    fn now(&self) -> Timestamp {
        self.authority().now()
    }

    fn slides(&self) -> bool {
        self.authority().slides()
    }

    async fn slide(&self, token: &str) -> Option<PlainToken> {
        let ending = match self.check(token) {
            Ok(Checked::Accepted(token)) => self.authority().ending(token.claims())?,
            _ => return None,
        };
        // A failure is counted, and takes nothing from the token that was shown.
        self.done(self.authority().slide(ending).await).ok()?
    }

    fn admit(&self, access: Access, request: &mut Request<Body>) -> Result<(), Failure> {
        match access {
            Access::Service(verb) => {
                let caller = service_caller(self, &Authorization::of(request.headers()))?;
                authorize(&caller, verb)?;
                request.extensions_mut().insert(caller);
            }
            Access::User => {
                let user = self.check_user(&Authorization::of(request.headers()))?;
                request.extensions_mut().insert(user);
            }
            Access::Open | Access::Client | Access::ClientOrService(_) | Access::Bearer => {}
        }
        Ok(())
    }

    fn introspector(&self, headers: &HeaderMap, params: &Params) -> Result<Option<ClientId>, OAuthFailure> {
        let authorization = Authorization::of(headers);
        if let Authorization::Bearer(_) = authorization {
            let caller = service_caller(self, &authorization)?;
            authorize(&caller, Verb::Introspect).map_err(Failure::from)?;
            return Ok(caller.client().cloned());
        }
        let client = client::authenticate(self, &authorization, params)?;
        if client.profile().kind == ClientKind::Public {
            return Err(OAuthFailure::InvalidClient { basic: false });
        }
        Ok(None)
    }

    async fn introspect_refresh(&self, token: &str) -> Result<Option<RefreshState>, OAuthFailure> {
        Ok(self.done(self.authority().introspect_refresh(token).await)?)
    }

    fn published_keys(&self) -> Result<String, Failure> {
        Ok(self.authority().published_keys().to_string())
    }

    /// There is nobody else to ask.
    async fn ask(&self, token: &str) -> Result<Answer<'static>, Failure> {
        self.check(token).map(Answer::from)
    }
}

impl ServesFeed for AppState {
    type Source = AuthorityFeed;

    fn door(&self) -> &FeedDoor {
        self.feed()
    }

    fn source_for(&self, extensions: &Extensions) -> Result<AuthorityFeed, Failure> {
        let caller = extensions.get::<Caller>().ok_or(Failure::Unauthenticated)?;
        Ok(self.0.feeds.of(self.0.authority.open_feed(caller)?))
    }
}

impl TakesActivity for AppState {
    async fn take_report(&self, extensions: &Extensions, uses: Vec<LastUse>) -> Result<Noted, Failure> {
        let caller = extensions.get::<Caller>().ok_or(Failure::Unauthenticated)?;
        self.done(self.authority().report_activity(caller, uses).await)
    }
}

impl std::fmt::Debug for AppState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AppState").field("settings", self.settings()).finish_non_exhaustive()
    }
}
