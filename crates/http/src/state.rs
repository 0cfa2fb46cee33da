//! What every handler can reach.

use std::sync::Arc;

use quash_authority::Authority;
use quash_core::revocation::freshness::Freshness;
use quash_verify::{Checked, Moment, VerifiedToken, Verifier};

use crate::error::Failure;
use crate::metrics::Metrics;
use crate::request::authorization::Authorization;
use crate::request_id::{RequestId, RequestIds};
use crate::settings::HttpSettings;
use crate::token_refusal::TokenRefusal;

/// Tells how well the verifier's state is known to be up to date. Asked at every check, before the clock is read.
pub type FreshnessSource = dyn Fn() -> Freshness + Send + Sync;

/// What every handler can reach. Cheap to clone.
#[derive(Clone)]
pub struct AppState(Arc<Shared>);

struct Shared {
    authority: Arc<Authority>,
    verifier: Arc<Verifier>,
    settings: HttpSettings,
    metrics: Metrics,
    request_ids: RequestIds,
    freshness: Box<FreshnessSource>,
}

impl AppState {
    /// An authority, and the verifier that it enforces its revocations in.
    ///
    /// In one process the verifier has applied every entry before its revocation is acknowledged, so its state is
    /// fresh: [`AppState::with_freshness`] says otherwise.
    pub fn new(authority: Arc<Authority>, verifier: Arc<Verifier>, settings: HttpSettings) -> Self {
        Self::with_freshness(authority, verifier, settings, || Freshness::Fresh)
    }

    /// The same, with somebody to ask how fresh the verifier's state is.
    pub fn with_freshness(
        authority: Arc<Authority>,
        verifier: Arc<Verifier>,
        settings: HttpSettings,
        freshness: impl Fn() -> Freshness + Send + Sync + 'static,
    ) -> Self {
        let metrics = Metrics::new(Arc::clone(&authority), Arc::clone(&verifier));
        let request_ids = RequestIds::new(settings.instance);
        let freshness = Box::new(freshness);
        Self(Arc::new(Shared { authority, verifier, settings, metrics, request_ids, freshness }))
    }

    pub(crate) fn authority(&self) -> &Authority {
        &self.0.authority
    }

    pub(crate) fn verifier(&self) -> &Verifier {
        &self.0.verifier
    }

    pub(crate) fn settings(&self) -> &HttpSettings {
        &self.0.settings
    }

    pub(crate) fn metrics(&self) -> &Metrics {
        &self.0.metrics
    }

    pub(crate) fn next_request_id(&self) -> RequestId {
        self.0.request_ids.next()
    }

    /// The instant of acceptance: how fresh the state is first, the clock after (design §3).
    pub(crate) fn moment(&self) -> Moment {
        let freshness = (self.0.freshness)();
        Moment { now: self.authority().now(), freshness }
    }

    /// Judges a token now.
    ///
    /// # Errors
    /// [`Failure::Undecided`].
    pub(crate) fn check(&self, token: &str) -> Result<Checked<'static>, Failure> {
        Ok(self.verifier().check(token, self.moment())?)
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
                self.metrics().count_store_error();
            }
            error.into()
        })
    }
}

impl std::fmt::Debug for AppState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AppState").field("settings", self.settings()).finish_non_exhaustive()
    }
}
