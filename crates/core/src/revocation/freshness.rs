//! How old the verifier's knowledge is, as a value that the decision is handed.

use std::time::Duration;

/// What an operator wants done when the knowledge is older than `max_staleness`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
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
}

impl Freshness {
    /// Whether an accept may stand on this knowledge.
    ///
    /// # Errors
    /// What to answer instead. Only accepts pass through here: a refusal stands however old the state is.
    pub const fn may_accept(self) -> Result<(), Undecided> {
        match self {
            Self::Fresh | Self::Stale { policy: StalePolicy::Allow, .. } => Ok(()),
            Self::Stale { age, policy: StalePolicy::Ask } => Err(Undecided::Ask { age }),
            Self::Stale { age, policy: StalePolicy::Deny } => Err(Undecided::Stale { age }),
            Self::Incomplete => Err(Undecided::Incomplete),
        }
    }
}
