//! Whether a request is let in, and as whom.

use std::fmt;
use std::sync::Arc;

use http::HeaderMap;
use quash_core::revocation::freshness::{Freshness, FreshnessSource};
use quash_core::time::Timestamp;
use quash_verify::{Admission, Moment, RouteRules, Verifier};

use crate::bearer::Bearer;
use crate::challenge::Denial;
use crate::verified::Verified;

/// A verifier with a clock and the rules of a route. Cheap to clone.
#[derive(Clone)]
pub struct Gate {
    verifier: Arc<Verifier>,
    clock: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    freshness: Arc<dyn FreshnessSource + Send + Sync>,
    rules: RouteRules,
    realm: Arc<str>,
}

impl Gate {
    /// Lets in whoever has a token that `verifier` accepts at the time of `clock`:
    /// [`system_clock`](crate::system_clock), or a test's own.
    ///
    /// The verifier's state counts as up to date: it is fed in process. See [`freshness`](Self::freshness).
    pub fn new(verifier: Arc<Verifier>, clock: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        Self {
            verifier,
            clock: Arc::new(clock),
            freshness: Arc::new(Freshness::Fresh),
            rules: RouteRules::none(),
            realm: "api".into(),
        }
    }

    /// Asks `freshness` how well the verifier's state is known to be up to date, before anybody is let in: a
    /// [`GaugeReader`](quash_verify::GaugeReader) of the gauge that a feed keeps.
    #[must_use]
    pub fn freshness(self, freshness: impl FreshnessSource + Send + Sync + 'static) -> Self {
        Self { freshness: Arc::new(freshness), ..self }
    }

    /// Asks for `scope`, too.
    #[must_use]
    pub fn scope(self, scope: &str) -> Self {
        Self { rules: self.rules.scope(scope), ..self }
    }

    /// Sets the rules of the route in place of those before.
    #[must_use]
    pub fn rules(self, rules: RouteRules) -> Self {
        Self { rules, ..self }
    }

    /// Sets the realm that challenges name. The default is `api`.
    #[must_use]
    pub fn realm(self, realm: &str) -> Self {
        Self { realm: realm.into(), ..self }
    }

    /// Whether a request with these headers is let in, and as whom.
    ///
    /// # Errors
    /// [`Denial`], which is an answer, too: [`Denial::response`].
    pub fn admit(&self, headers: &HeaderMap) -> Result<Verified, Denial> {
        let token = match Bearer::of(headers) {
            Bearer::Token(token) => token,
            Bearer::Absent => return Err(Denial::NoToken),
            Bearer::Malformed => return Err(Denial::Malformed),
        };
        let at = Moment::new((self.clock)(), &*self.freshness);
        match self.verifier.pin().admit(token, at, &self.rules)? {
            Admission::Admitted(token) => Ok(Verified::new(token.to_arc())),
            Admission::Forbidden(_, shortfall) => Err(shortfall.into()),
            Admission::Refused(refusal) => Err(refusal.rejection().into()),
        }
    }

    pub(crate) fn realm_text(&self) -> &str {
        &self.realm
    }
}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gate").field("rules", &self.rules).field("realm", &self.realm).finish_non_exhaustive()
    }
}
