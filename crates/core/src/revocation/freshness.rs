//! How old the verifier's knowledge is, and what may be decided on it.

use std::time::Duration;

use crate::time::Uptime;

/// What an operator wants done when the knowledge is older than `max_staleness`; the stricter are the smaller.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum StalePolicy {
    /// Do not answer: the caller says 503.
    #[default]
    Deny,
    /// Ask the authority about this one token; unreachable means do not answer.
    Ask,
    /// Accept all the same, and count it.
    Allow,
}

/// How well the state at hand is known to be up to date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Freshness {
    /// Within `max_staleness`.
    Fresh,
    /// Older than `max_staleness`: the operator's policy rules.
    Stale {
        /// How old.
        age: Duration,
        /// What the operator wants.
        policy: StalePolicy,
    },
    /// The state was never complete: nothing can be said.
    Incomplete,
}

/// Why a token could not be judged. Not a denial: the caller asks elsewhere or says 503.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Undecided {
    /// The state is too old and the operator wants no answer from it.
    #[error("the revocation state is {age:?} old")]
    Stale {
        /// How old.
        age: Duration,
    },
    /// The state is too old and the operator wants the authority asked.
    #[error("the revocation state is {age:?} old; the authority must be asked")]
    Ask {
        /// How old.
        age: Duration,
    },
    /// The state is not complete yet.
    #[error("the revocation state is not complete yet")]
    Incomplete,
    /// The token was issued after everything that is known here, and its issuer lets only registered sessions pass
    /// (S12), or signed it with a key that is newer than that (S20): what is missing may be under way.
    #[error("the token is newer than what is known here of the sessions and keys that may pass")]
    Ahead,
}

/// What an accept stands on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Footing {
    /// Knowledge within `max_staleness`.
    Fresh,
    /// Knowledge that is too old, as the operator allows explicitly. It is to be counted.
    AllowedStale,
}

impl Freshness {
    /// Whether an accept may stand on this knowledge, and how well it stands then.
    ///
    /// # Errors
    /// What to answer instead. Only accepts pass through here: a refusal stands however old the state is.
    pub const fn may_accept(self) -> Result<Footing, Undecided> {
        match self {
            Self::Fresh => Ok(Footing::Fresh),
            Self::Stale { policy: StalePolicy::Allow, .. } => Ok(Footing::AllowedStale),
            Self::Stale { age, policy: StalePolicy::Ask } => Err(Undecided::Ask { age }),
            Self::Stale { age, policy: StalePolicy::Deny } => Err(Undecided::Stale { age }),
            Self::Incomplete => Err(Undecided::Incomplete),
        }
    }
}

/// What one route asks of the knowledge that an accept stands on, beyond what its verifier asks. It can only be
/// stricter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Staleness {
    /// The age that is too old; `None` leaves it to the verifier.
    pub max: Option<Duration>,
    /// What to do then; `None` leaves it to the verifier.
    pub policy: Option<StalePolicy>,
}

impl Staleness {
    /// Leaves everything to the verifier.
    pub const UNSAID: Self = Self { max: None, policy: None };
}

/// Whoever knows how well the state at hand is known to be up to date.
///
/// A decision asks twice. INVARIANT: [`known`](Self::known) before it reads the state, so that it never takes what a
/// follower learnt meanwhile for the age of what it read itself; and [`freshness_after`](Self::freshness_after) after
/// it read the state, only when nothing refuses the token. The clock's reading in the second answer is the instant of
/// acceptance, so a source reads its clock then and uses no reading that was kept.
pub trait FreshnessSource {
    /// How fresh the state is now.
    fn freshness(&self) -> Freshness;

    /// What is known now, before the state is read. Nothing, for a source that needs no such care: one whose answers
    /// never get better.
    fn known(&self) -> Known {
        Known::NOTHING
    }

    /// How fresh a state is now that was read after `known`, in the eyes of somebody who wants `wanted`. A source
    /// that knows no ages, but only whether the state is up to date, has nothing to compare `wanted.max` with.
    fn freshness_after(&self, known: Known, wanted: Staleness) -> Freshness {
        let _ = known;
        match (self.freshness(), wanted.policy) {
            (Freshness::Stale { age, policy }, Some(wanted)) => {
                Freshness::Stale { age, policy: policy.min(wanted) }
            }
            (freshness, _) => freshness,
        }
    }

    /// Whether whoever holds the whole log has just found this very token active: then it need not be known here that its
    /// session is registered (S12). What is known here still refuses it.
    fn vouches(&self) -> bool {
        false
    }
}

/// The word of whoever holds the whole log, about one token: it is active.
#[derive(Clone, Copy, Debug)]
pub struct Vouched;

impl FreshnessSource for Vouched {
    fn freshness(&self) -> Freshness {
        Freshness::Fresh
    }

    fn vouches(&self) -> bool {
        true
    }
}

/// How well a followed state is known to be up to date at one instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known {
    /// The state holds everything that was durable at this instant; `None` when nobody knows.
    pub fresh_as_of: Option<Uptime>,
    /// The first instant that it may not be built on any more.
    pub fresh_until: Uptime,
    /// Whether it was ever complete.
    pub completeness: Completeness,
}

/// Whether a state was ever complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Completeness {
    /// It holds everything up to its watermark.
    Complete,
    /// It never did.
    Incomplete,
}

impl Known {
    /// Nothing.
    pub const NOTHING: Self =
        Self { fresh_as_of: None, fresh_until: Uptime::ZERO, completeness: Completeness::Incomplete };

    /// How old the knowledge is at `now`; `None` when nobody knows.
    pub fn age_at(&self, now: Uptime) -> Option<Duration> {
        self.fresh_as_of.map(|as_of| now.since(as_of))
    }

    /// How fresh the state is at `now` for somebody who calls an age of `max` stale and wants `policy` then.
    ///
    /// The boundary is closed on the refusing side: at exactly `max`, and at the very instant `fresh_until`, it is
    /// stale. Knowledge of unknown age is stale at the age of [`Duration::MAX`].
    pub fn freshness_at(&self, now: Uptime, max: Duration, policy: StalePolicy) -> Freshness {
        let age = self.age_at(now).unwrap_or(Duration::MAX);
        match self.completeness {
            Completeness::Incomplete => Freshness::Incomplete,
            Completeness::Complete if now < self.fresh_until && age < max => Freshness::Fresh,
            Completeness::Complete => Freshness::Stale { age, policy },
        }
    }
}

impl FreshnessSource for Freshness {
    fn freshness(&self) -> Freshness {
        *self
    }
}

impl<S: FreshnessSource + ?Sized> FreshnessSource for &S {
    fn freshness(&self) -> Freshness {
        (**self).freshness()
    }

    fn known(&self) -> Known {
        (**self).known()
    }

    fn freshness_after(&self, known: Known, wanted: Staleness) -> Freshness {
        (**self).freshness_after(known, wanted)
    }

    fn vouches(&self) -> bool {
        (**self).vouches()
    }
}

/// A source that calls `ask`.
pub const fn from_fn<F: Fn() -> Freshness>(ask: F) -> FromFn<F> {
    FromFn(ask)
}

/// A function as a source: see [`from_fn`].
#[derive(Clone, Copy)]
pub struct FromFn<F>(F);

impl<F: Fn() -> Freshness> FreshnessSource for FromFn<F> {
    fn freshness(&self) -> Freshness {
        (self.0)()
    }
}

impl<F> std::fmt::Debug for FromFn<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("FromFn(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_route_is_never_laxer_than_its_verifier() {
        // design section 3
        let age = Duration::from_secs(11);
        let stale = |policy| Freshness::Stale { age, policy };
        let policies = [StalePolicy::Deny, StalePolicy::Ask, StalePolicy::Allow];
        for (own, wanted) in policies.iter().flat_map(|own| policies.map(|wanted| (*own, wanted))) {
            let asked =
                stale(own).freshness_after(Known::NOTHING, Staleness { max: None, policy: Some(wanted) });
            assert_eq!(asked, stale(if own < wanted { own } else { wanted }));
        }
        let unsaid = stale(StalePolicy::Ask).freshness_after(Known::NOTHING, Staleness::UNSAID);
        assert_eq!(unsaid, stale(StalePolicy::Ask));
    }
}
