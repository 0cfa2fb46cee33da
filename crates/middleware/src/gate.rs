//! Whether a request is let in, and as whom.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::HeaderMap;
use quash_core::revocation::freshness::{Freshness, FreshnessSource, StalePolicy, Undecided, Vouched};
use quash_core::revocation::rejection::Remedy;
use quash_core::time::Timestamp;
use quash_verify::{Admission, Moment, RouteRules, Verifier, Watch};

use crate::ask::{Ask, Introspected};
use crate::bearer::Bearer;
use crate::challenge::Challenge;
use crate::denial::Denial;
use crate::metadata::ResourceMetadata;
use crate::verified::Verified;

/// How often a registration is looked for that may be on its way (S12): a quarter of a second in all, some feeds' round
/// trips.
#[cfg(feature = "feed")]
const LOOKS: u32 = 50;
#[cfg(feature = "feed")]
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// A verifier with a clock and the rules of a route. Cheap to clone.
#[derive(Clone)]
pub struct Gate(Arc<Parts>);

#[derive(Clone)]
struct Parts {
    verifier: Arc<Verifier>,
    clock: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    freshness: Arc<dyn FreshnessSource + Send + Sync>,
    rules: RouteRules,
    challenge: Challenge,
    ask: Option<Arc<dyn Ask>>,
}

impl Gate {
    /// Lets in whoever has a token that `verifier` accepts at the time of `clock`:
    /// [`system_clock`](crate::system_clock), or a test's own.
    ///
    /// The verifier's state counts as up to date: it is fed in process. See [`freshness`](Self::freshness).
    pub fn new(verifier: Arc<Verifier>, clock: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        Self(Arc::new(Parts {
            verifier,
            clock: Arc::new(clock),
            freshness: Arc::new(Freshness::Fresh),
            rules: RouteRules::none(),
            challenge: Challenge::default(),
            ask: None,
        }))
    }

    /// Lets in whoever has a token that the verifier of `feed` accepts, at the time of the machine's clock and on
    /// knowledge as fresh as the feed is. Where the policy is to ask, the servers that the feed comes from are asked.
    #[cfg(feature = "feed")]
    pub fn following(feed: &crate::feed::Feed) -> Self {
        Self::new(Arc::clone(feed.verifier()), crate::system_clock)
            .freshness(feed.freshness())
            .ask(Arc::new(feed.introspection().clone()))
    }

    /// Asks `freshness` how well the verifier's state is known to be up to date, before anybody is let in: a
    /// [`GaugeReader`](quash_verify::GaugeReader) of the gauge that a feed keeps.
    #[must_use]
    pub fn freshness(self, freshness: impl FreshnessSource + Send + Sync + 'static) -> Self {
        self.with(|parts| parts.freshness = Arc::new(freshness))
    }

    /// Asks for `scope`, too.
    #[must_use]
    pub fn scope(self, scope: &str) -> Self {
        self.with(|parts| parts.rules = std::mem::take(&mut parts.rules).scope(scope))
    }

    /// Asks for `role`, too.
    #[must_use]
    pub fn role(self, role: &str) -> Self {
        self.with(|parts| parts.rules = std::mem::take(&mut parts.rules).role(role))
    }

    /// Calls knowledge of the age of `max` stale here, where the verifier itself would still build on it.
    #[must_use]
    pub fn max_staleness(self, max: Duration) -> Self {
        self.with(|parts| parts.rules = std::mem::take(&mut parts.rules).max_staleness(max))
    }

    /// Sets what is done here on stale knowledge, as far as the verifier lets its routes go. To ask takes somebody
    /// who can be asked: [`ask`](Self::ask).
    #[must_use]
    pub fn stale_policy(self, policy: StalePolicy) -> Self {
        self.with(|parts| parts.rules = std::mem::take(&mut parts.rules).stale_policy(policy))
    }

    /// Sets the rules of the route in place of those before.
    #[must_use]
    pub fn rules(self, rules: RouteRules) -> Self {
        self.with(|parts| parts.rules = rules)
    }

    /// Asks `authority` about a token where the state is too old and the policy is to ask. Without this call such
    /// requests get 503.
    #[must_use]
    pub fn ask(self, authority: Arc<dyn Ask>) -> Self {
        self.with(|parts| parts.ask = Some(authority))
    }

    /// Sets the realm that challenges name. The default is `api`.
    #[must_use]
    pub fn realm(self, realm: &str) -> Self {
        self.with(|parts| parts.challenge = std::mem::take(&mut parts.challenge).realm(realm))
    }

    /// Lets challenges say where the resource describes itself (RFC 9728 section 5.1). Serving the description is
    /// [`metadata_router`](crate::metadata_router)'s work.
    #[must_use]
    pub fn resource(self, metadata: &ResourceMetadata) -> Self {
        self.with(|parts| parts.challenge = std::mem::take(&mut parts.challenge).resource(metadata))
    }

    fn with(mut self, change: impl FnOnce(&mut Parts)) -> Self {
        change(Arc::make_mut(&mut self.0));
        self
    }

    /// Whether a request with these headers is let in, and as whom. Nobody is asked: see
    /// [`admit_or_ask`](Self::admit_or_ask).
    ///
    /// # Errors
    /// [`Denial`], which is an answer, too: [`Denial::response`].
    pub fn admit(&self, headers: &HeaderMap) -> Result<Verified, Denial> {
        self.admit_bearer(Bearer::of(headers))
    }

    /// The same; where the state is too old and the policy is to ask, the authority is asked about this one token. So it is
    /// where the token is newer than what is known here of registered sessions (S12), after a quarter of a second.
    ///
    /// # Errors
    /// As [`admit`](Self::admit).
    pub async fn admit_or_ask(&self, headers: &HeaderMap) -> Result<Verified, Denial> {
        let bearer = Bearer::of(headers);
        match self.admit_bearer(bearer) {
            Err(denial) => match self.question(bearer, &denial) {
                Some(token) => self.clone().asked(token).await,
                None => Err(denial),
            },
            admitted => admitted,
        }
    }

    /// Watches the session of a token that was let in: for connections that stay. If it was revoked meanwhile, the watch
    /// has ended already.
    pub fn watch(&self, user: &Verified) -> Watch {
        self.0.verifier.watch(user)
    }

    /// What the challenges of this route say.
    pub fn challenge(&self) -> &Challenge {
        &self.0.challenge
    }

    pub(crate) fn admit_bearer(&self, bearer: Bearer<'_>) -> Result<Verified, Denial> {
        match bearer {
            Bearer::Token(token) => self.judge(token, &*self.0.freshness),
            Bearer::Absent => Err(Denial::NoToken),
            Bearer::OtherScheme => Err(Denial::OtherScheme),
            Bearer::Malformed => Err(Denial::Malformed),
        }
    }

    fn judge(&self, token: &str, freshness: &(impl FreshnessSource + ?Sized)) -> Result<Verified, Denial> {
        let at = Moment::new((self.0.clock)(), freshness);
        match self.0.verifier.pin().admit(token, at, &self.0.rules)? {
            Admission::Admitted(token) => Ok(Verified::new(token.to_arc())),
            Admission::Forbidden(_, shortfall) => Err(shortfall.into()),
            Admission::Refused(refusal) => Err(refusal.rejection().into()),
        }
    }

    /// The token to go on about, where `denial` says that the authority is to be asked, or that the session may just have
    /// been registered.
    pub(crate) fn question(&self, bearer: Bearer<'_>, denial: &Denial) -> Option<Box<str>> {
        match (bearer, denial) {
            (Bearer::Token(token), Denial::Undecided(Undecided::Ask { .. })) if self.0.ask.is_some() => {
                Some(token.into())
            }
            (Bearer::Token(token), Denial::Undecided(Undecided::Ahead)) => Some(token.into()),
            _ => None,
        }
    }

    /// What is known of `token` in a moment, or else what the authority's answer about it comes to.
    pub(crate) async fn asked(self, token: Box<str>) -> Result<Verified, Denial> {
        match self.known_soon(&token).await {
            Err(Denial::Undecided(lack @ (Undecided::Ask { .. } | Undecided::Ahead))) => {
                self.introspected(&token, lack).await
            }
            judged => judged,
        }
    }

    /// Judges `token` once more, and again for as long as its session may be on its way here.
    #[cfg(feature = "feed")]
    async fn known_soon(&self, token: &str) -> Result<Verified, Denial> {
        for _look in 0..LOOKS {
            match self.judge(token, &*self.0.freshness) {
                Err(Denial::Undecided(Undecided::Ahead)) => tokio::time::sleep(LOOK_EVERY).await,
                judged => return judged,
            }
        }
        self.judge(token, &*self.0.freshness)
    }

    /// Without a feed over the network there is nothing to wait for, and no clock to wait by.
    #[cfg(not(feature = "feed"))]
    #[expect(clippy::unused_async, reason = "with a feed it waits")]
    async fn known_soon(&self, token: &str) -> Result<Verified, Denial> {
        self.judge(token, &*self.0.freshness)
    }

    async fn introspected(&self, token: &str, lack: Undecided) -> Result<Verified, Denial> {
        let Some(authority) = &self.0.ask else { return Err(lack.into()) };
        match authority.introspect(token).await {
            // The authority's word stands for what is lacking here: what is known here still refuses.
            Ok(Introspected::Active) => self.judge(token, &Vouched),
            // Whoever renews in vain is told to sign in then; the other way round a session would be lost for nothing.
            Ok(Introspected::Inactive) => {
                Err(Denial::Refused { reason: "revoked".into(), remedy: Remedy::RenewSilently })
            }
            Err(unreachable) => Err(unreachable.into()),
        }
    }
}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gate")
            .field("rules", &self.0.rules)
            .field("challenge", &self.0.challenge)
            .finish_non_exhaustive()
    }
}
