//! A check.

use std::sync::Arc;

use papaya::LocalGuard;
use quash_core::defect::Defect;
use quash_core::position::Position;
use quash_core::revocation::decide::Finding;
use quash_core::revocation::freshness::{
    Footing, Freshness, FreshnessSource, Known, StalePolicy, Staleness, Undecided,
};
use quash_core::revocation::rejection::Rejection;
use quash_core::revocation::scope::Listing;
use quash_core::revocation::standing::Standing;
use quash_core::time::Timestamp;

use crate::cache::Judged;
use crate::checked::{Checked, Refusal, TokenRef};
use crate::counters::Way;
use crate::epoch::Epoch;
use crate::issuer::{Mode, Unverified};
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
    #[expect(clippy::needless_pass_by_value, reason = "a moment is that of one check")]
    pub fn check<S: FreshnessSource>(&self, token: &str, at: Moment<S>) -> Result<Checked<'_>, Undecided> {
        self.check_for(token, &at, Staleness::UNSAID)
    }

    /// Judges `token` at `at`, and whether the route with these `rules` is open to it.
    ///
    /// # Errors
    /// As [`Verifier::check`], by the stricter of the route's staleness and the source's.
    #[expect(clippy::needless_pass_by_value, reason = "a moment is that of one check")]
    pub fn admit<S: FreshnessSource>(
        &self,
        token: &str,
        at: Moment<S>,
        rules: &RouteRules,
    ) -> Result<Admission<'_>, Undecided> {
        self.check_for(token, &at, rules.staleness()).map(|checked| rules.admit(checked))
    }

    #[inline]
    fn check_for<S: FreshnessSource>(
        &self,
        token: &str,
        at: &Moment<S>,
        wanted: Staleness,
    ) -> Result<Checked<'_>, Undecided> {
        // INVARIANT: before anything of the state is read.
        let asking = Asking { now: at.now, known: at.freshness.known(), source: &at.freshness, wanted };
        loop {
            // What an accept stood on may have changed by the instant that it is for: then it is judged again.
            if let Some(answer) = self.check_once(token, &asking) {
                return answer;
            }
        }
    }

    /// `None`: an entry, or another key, took effect while an accept was under way.
    #[inline]
    fn check_once<S: FreshnessSource>(
        &self,
        token: &str,
        asking: &Asking<'_, S>,
    ) -> Option<Result<Checked<'_>, Undecided>> {
        let verifier = self.verifier;
        let Some(known) = verifier.cache.find(token, &self.guard).filter(|known| known.is_current()) else {
            return self.check_first(token, asking);
        };
        let (token, standing, epoch) = (TokenRef::Cached(known.token()), known.standing(), known.epoch());
        // INVARIANT: before the marks and the maps are read, so that an entry which comes meanwhile is noticed.
        let watermark = epoch.state.watermark();
        // INVARIANT: asked before the ratchet is: an earlier log that was forgotten meanwhile was so at the ratchet.
        let alone = verifier.shortcut && epoch.is_alone();
        let now = asking.now.max(verifier.ratchet());
        // Nothing needs a look-up: the case that nearly every check is.
        let (way, settled) = if alone && standing.holds(&epoch.state, now) {
            (Way::Shortcut, asking.settle(Finding::Clear { passed_at: None }))
        } else {
            let finding = self.examine(epoch, &token, standing, asking.now);
            (Way::Repeated, asking.settle_in(epoch, finding))
        };
        if is_accept(&settled) {
            if !(known.is_current() && self.stood_still(epoch, standing, watermark, asking.now)) {
                return None;
            }
            known.note_use(asking.now);
        }
        verifier.counters.way(way);
        Some(self.answer(token, settled))
    }

    /// Whether no entry that concerns the token took effect since the state's watermark was `watermark`.
    ///
    /// INVARIANT (I1'): asked after the clock was read. An entry is acknowledged after the watermark was raised to it, so
    /// whoever finds the watermark where it was accepts before that entry is acknowledged by this verifier: a thread that
    /// stood still between the two accepts nothing that everybody was told is refused. The ratchet rises before the
    /// watermark does, and is read behind it: so it is with an entry that was purged where it came from (I10).
    #[inline]
    fn stood_still(&self, epoch: &Epoch, standing: &Standing, watermark: Position, now: Timestamp) -> bool {
        epoch.state.watermark() == watermark || standing.holds(&epoch.state, now.max(self.verifier.ratchet()))
    }

    fn check_first<S: FreshnessSource>(
        &self,
        text: &str,
        asking: &Asking<'_, S>,
    ) -> Option<Result<Checked<'_>, Undecided>> {
        let verifier = self.verifier;
        let (token, epoch) = match self.verify(text) {
            Ok((token, epoch)) => (Arc::new(token), epoch),
            Err(unverified) => {
                verifier.counters.way(Way::Unverified);
                return Some(self.refuse(unverified, asking));
            }
        };
        let issuer = token.trusted_issuer();
        let standing = Standing::new(&token, issuer.rules(), issuer.names_of(&token));
        let watermark = epoch.state.watermark();
        let finding = self.examine(&epoch, &token, &standing, asking.now);
        let settled = asking.settle_in(&epoch, finding);
        let now = asking.now.max(verifier.ratchet());
        if is_accept(&settled)
            && !(issuer.is_current() && self.stood_still(&epoch, &standing, watermark, asking.now))
        {
            return None;
        }
        verifier.counters.way(Way::First);
        // What its life refuses need not be kept.
        if standing.is_alive(now) {
            let seen_at = is_accept(&settled).then_some(asking.now);
            let judged = Judged { token: Arc::clone(&token), standing, epoch, seen_at };
            verifier.cache.insert(text, judged, now);
        }
        Some(self.answer(TokenRef::Held(token), settled))
    }

    /// The token, and the epoch that its issuer's scope is of.
    fn verify(&self, text: &str) -> Result<(VerifiedToken, Arc<Epoch>), Unverified> {
        let trust = self.verifier.trust.load();
        let token = trust.reader.read(text)?;
        let issuer = trust.find(token.issuer()).ok_or(Defect::UnknownIssuer)?;
        let log = trust.epoch.log_key();
        let claims = issuer.verify(token, &self.verifier.user_secrets, log)?;
        Ok((VerifiedToken::new(claims, Arc::clone(issuer)), Arc::clone(&trust.epoch)))
    }

    #[cold]
    fn refuse<S: FreshnessSource>(
        &self,
        unverified: Unverified,
        asking: &Asking<'_, S>,
    ) -> Result<Checked<'static>, Undecided> {
        let counters = &self.verifier.counters;
        let defect = match unverified {
            Unverified::NoKeys => Err(Undecided::Incomplete),
            Unverified::Defect(defect) if defect.is_for_want_of_trust() => {
                asking.up_to_date().map(|()| defect)
            }
            Unverified::Defect(defect) => Ok(defect),
        };
        let defect = defect.inspect_err(|_| counters.undecided())?;
        let rejection = Rejection::Invalid(defect);
        counters.rejected(&rejection);
        Ok(Checked::Rejected(Refusal::unverified(rejection)))
    }

    /// The decision as the answer for `token`, counted.
    #[inline]
    fn answer<'p>(
        &self,
        token: TokenRef<'p>,
        settled: Result<Settled, Undecided>,
    ) -> Result<Checked<'p>, Undecided> {
        match settled {
            Ok(Settled::Accept(Footing::Fresh)) => Ok(Checked::Accepted(token)),
            other => self.answer_rarely(token, other),
        }
    }

    #[cold]
    fn answer_rarely<'p>(
        &self,
        token: TokenRef<'p>,
        settled: Result<Settled, Undecided>,
    ) -> Result<Checked<'p>, Undecided> {
        let counters = &self.verifier.counters;
        let observed = token.trusted_issuer().mode() == Mode::Observe;
        match settled {
            Ok(Settled::Accept(footing)) => {
                counters.accepted(footing);
                Ok(Checked::Accepted(token))
            }
            Ok(Settled::Reject(rejection)) if observed && needs_the_log(&rejection) => {
                counters.observed(&rejection);
                Ok(Checked::Accepted(token))
            }
            Ok(Settled::Reject(rejection)) => {
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

    /// What refuses the token at `now`, or at the latest purge where the clock lags behind it.
    fn examine(&self, epoch: &Epoch, token: &VerifiedToken, standing: &Standing, now: Timestamp) -> Finding {
        let verifier = self.verifier;
        let rules = token.trusted_issuer().rules();
        loop {
            let ratchet = verifier.ratchet();
            // INVARIANT: before the registrations are looked up.
            let watermark = epoch.state.watermark();
            let finding = standing.examine(token, rules, &epoch.state, now.max(ratchet));
            let finding = match finding {
                Finding::Refused(Rejection::NotRegistered)
                    if standing.names().listing != Listing::Stranger
                        && token.trusted_issuer().lists_later_than(watermark) =>
                {
                    Finding::Ahead
                }
                finding => finding,
            };
            let finding = epoch.with_earlier(finding, token, rules);
            // A purge meanwhile may have removed what the look-up should have found.
            if verifier.ratchet() == ratchet {
                return finding;
            }
        }
    }
}

/// Who asks, and what was known before the state was read.
struct Asking<'a, S> {
    now: Timestamp,
    known: Known,
    source: &'a S,
    wanted: Staleness,
}

const fn is_accept(settled: &Result<Settled, Undecided>) -> bool {
    matches!(settled, Ok(Settled::Accept(_)))
}

/// A finding, and for an accept what it stands on.
enum Settled {
    Accept(Footing),
    Reject(Rejection),
}

impl<S: FreshnessSource> Asking<'_, S> {
    /// As [`settle`](Self::settle); without a log, nothing is accepted, whoever says that it is fresh.
    fn settle_in(&self, epoch: &Epoch, finding: Finding) -> Result<Settled, Undecided> {
        match finding {
            Finding::Clear { .. } | Finding::Ahead | Finding::Refused(Rejection::NotRegistered)
                if epoch.is_cold() =>
            {
                Err(Undecided::Incomplete)
            }
            finding => self.settle(finding),
        }
    }

    /// Whether what is trusted here is all that there is to trust: it comes the same way as the state.
    fn up_to_date(&self) -> Result<(), Undecided> {
        match self.source.freshness_after(self.known, self.wanted) {
            Freshness::Fresh => Ok(()),
            // What a policy lets pass without the log does not tell whose key it is.
            Freshness::Stale { age, policy: StalePolicy::Allow } => Err(Undecided::Stale { age }),
            other => other.may_accept().map(drop),
        }
    }

    /// The answer that `finding` comes to. INVARIANT: the state was read before; the source's clock is read here,
    /// which is the instant of acceptance. A refusal asks nobody.
    #[inline]
    fn settle(&self, finding: Finding) -> Result<Settled, Undecided> {
        match finding {
            Finding::Refused(rejection) => Ok(Settled::Reject(rejection)),
            Finding::Clear { .. } => {
                let freshness = self.source.freshness_after(self.known, self.wanted);
                freshness.may_accept().map(Settled::Accept)
            }
            // Where the state is stale as well, that comes first: then the policy may know whom to ask.
            Finding::Ahead => {
                let footing = self.source.freshness_after(self.known, self.wanted).may_accept()?;
                if self.source.vouches() { Ok(Settled::Accept(footing)) } else { Err(Undecided::Ahead) }
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
        Rejection::Revoked(_)
        | Rejection::NotRegistered
        | Rejection::IssuedInFuture
        | Rejection::LifeTooLong => true,
        Rejection::Invalid(_) | Rejection::Expired { .. } | Rejection::NotYetValid { .. } => false,
    }
}
