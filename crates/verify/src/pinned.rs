//! A check.

use std::sync::Arc;

use papaya::LocalGuard;
use quash_core::defect::Defect;
use quash_core::revocation::decide::Decision;
use quash_core::revocation::freshness::Undecided;
use quash_core::revocation::rejection::Rejection;
use quash_core::revocation::scope::TokenNames;
use quash_core::revocation::standing::Standing;

use crate::checked::{Checked, Refusal, TokenRef};
use crate::counters::Way;
use crate::issuer::Mode;
use crate::moment::Moment;
use crate::route::{Admission, RouteRules};
use crate::token::VerifiedToken;
use crate::verifier::Verifier;

/// A verifier whose token cache is held still, so that answers can borrow from it.
pub struct Pinned<'v> {
    verifier: &'v Verifier,
    guard: LocalGuard<'v>,
}

impl<'v> Pinned<'v> {
    pub(crate) fn new(verifier: &'v Verifier) -> Self {
        Self { verifier, guard: verifier.cache.guard() }
    }

    /// Judges `token` at `at`.
    ///
    /// A token seen before costs a look-up, a comparison of its bytes and a few loads; one that is new here
    /// costs its parsing and one signature verification more. The decision is made afresh every time.
    ///
    /// # Errors
    /// As [`Verifier::check`].
    pub fn check(&self, token: &str, at: Moment) -> Result<Checked<'_>, Undecided> {
        let verifier = self.verifier;
        let Some(known) = verifier.cache.find(token, &self.guard).filter(|known| known.is_current()) else {
            return self.check_first(token, at);
        };
        let (token, standing) = (TokenRef::Cached(known.token()), known.standing());
        let now = at.now.max(verifier.ratchet());
        // Nothing needs a look-up, and the state may be built on: the case that nearly every check is.
        if verifier.shortcut && standing.holds(&verifier.state, now) && at.freshness.may_accept().is_ok() {
            verifier.counters.way(Way::Shortcut);
            return Ok(Checked::Accepted(token));
        }
        verifier.counters.way(Way::Repeated);
        let decision = self.decide(&token, standing, at);
        self.answer(token, decision)
    }

    /// Judges `token` at `at`, and whether the route with these `rules` is open to it.
    ///
    /// # Errors
    /// As [`Verifier::check`].
    pub fn admit(&self, token: &str, at: Moment, rules: &RouteRules) -> Result<Admission<'_>, Undecided> {
        self.check(token, at).map(|checked| rules.admit(checked))
    }

    fn check_first(&self, text: &str, at: Moment) -> Result<Checked<'_>, Undecided> {
        let verifier = self.verifier;
        let token = match self.verify(text) {
            Ok(token) => Arc::new(token),
            Err(unverified) => {
                verifier.counters.way(Way::Unverified);
                return self.refuse(unverified);
            }
        };
        verifier.counters.way(Way::First);
        let issuer = token.trusted_issuer();
        let names = TokenNames::new(Arc::clone(issuer.scope()), &token);
        let standing = Standing::new(&token, issuer.rules(), names);
        let decision = self.decide(&token, &standing, at);
        // What its life refuses need not be kept.
        let now = at.now.max(verifier.ratchet());
        if standing.is_alive(now) {
            verifier.cache.insert(text, Arc::clone(&token), standing, now);
        }
        self.answer(TokenRef::Held(token), decision)
    }

    fn verify(&self, text: &str) -> Result<VerifiedToken, Unverified> {
        let trust = self.verifier.trust.load();
        let token = trust.reader.read(text)?;
        let issuer = trust.find(token.issuer()).ok_or(Defect::UnknownIssuer)?;
        if issuer.keys().is_empty() {
            return Err(Unverified::NoKeys);
        }
        let claims = issuer.verify(token)?;
        Ok(VerifiedToken::new(claims, Arc::clone(issuer)))
    }

    #[cold]
    fn refuse(&self, unverified: Unverified) -> Result<Checked<'static>, Undecided> {
        match unverified {
            Unverified::NoKeys => {
                self.verifier.counters.undecided();
                Err(Undecided::Incomplete)
            }
            Unverified::Defect(defect) => {
                let rejection = Rejection::Invalid(defect);
                self.verifier.counters.rejected(&rejection);
                Ok(Checked::Rejected(Refusal::unverified(rejection)))
            }
        }
    }

    /// The decision as the answer for `token`, counted.
    fn answer<'p>(
        &self,
        token: TokenRef<'p>,
        decision: Result<Decision, Undecided>,
    ) -> Result<Checked<'p>, Undecided> {
        let counters = &self.verifier.counters;
        let observed = token.trusted_issuer().mode() == Mode::Observe;
        match decision {
            Ok(Decision::Accept) => Ok(Checked::Accepted(token)),
            Ok(Decision::Reject(rejection)) if observed && needs_the_log(&rejection) => {
                counters.observed(&rejection);
                Ok(Checked::Accepted(token))
            }
            Ok(Decision::Reject(rejection)) => {
                counters.rejected(&rejection);
                Ok(Checked::Rejected(Refusal::of(rejection, token)))
            }
            Err(_) if observed => Ok(Checked::Accepted(token)),
            Err(undecided) => {
                counters.undecided();
                Err(undecided)
            }
        }
    }

    /// The decision at `at`, or at the latest purge where the clock lags behind it.
    fn decide(&self, token: &VerifiedToken, standing: &Standing, at: Moment) -> Result<Decision, Undecided> {
        let verifier = self.verifier;
        let rules = token.trusted_issuer().rules();
        loop {
            let ratchet = verifier.ratchet();
            let now = at.now.max(ratchet);
            let decision = standing.judge(token, rules, &verifier.state, now, at.freshness);
            // A purge meanwhile may have removed what the look-up should have found.
            if verifier.ratchet() == ratchet {
                return decision;
            }
        }
    }
}

impl std::fmt::Debug for Pinned<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pinned").finish_non_exhaustive()
    }
}

/// Whether a rejection exists for the sake of the revocation log: see [`Mode::Observe`].
fn needs_the_log(rejection: &Rejection) -> bool {
    match rejection {
        Rejection::Revoked(_) | Rejection::IssuedInFuture | Rejection::LifeTooLong => true,
        Rejection::Invalid(_) | Rejection::Expired { .. } | Rejection::NotYetValid { .. } => false,
    }
}

/// Why there is no verified token.
#[derive(Clone, Copy)]
enum Unverified {
    Defect(Defect),
    /// The issuer is trusted, but its keys were never loaded.
    NoKeys,
}

impl From<Defect> for Unverified {
    fn from(defect: Defect) -> Self {
        Self::Defect(defect)
    }
}
