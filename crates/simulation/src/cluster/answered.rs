//! One answer of one verifier, with all that the rules need to know of it.

use std::time::Duration;

use quash_core::position::Position;
use quash_core::revocation::freshness::{StalePolicy, Undecided};
use quash_core::revocation::rejection::Rejection;
use quash_core::time::Timestamp;

use super::clocks::Clocks;
use super::node::NodeId;
use super::tick::Tick;

/// What was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Accepted,
    Rejected(Rejection),
    Undecided(Undecided),
}

/// A check and its answer.
#[derive(Clone, Debug)]
pub(crate) struct Answered {
    pub(crate) node: NodeId,
    /// Its token, by its place in the oracle.
    pub(crate) token: usize,
    pub(crate) answer: Answer,
    /// The verifier's watermark before the check began.
    pub(crate) watermark: Position,
    /// When the check began.
    pub(crate) began_at: Tick,
    /// The instant of acceptance: when the clock was read, or when the check ended without that.
    pub(crate) at: Tick,
    /// What the wall clock said, or the latest purge.
    pub(crate) now: Timestamp,
    pub(crate) clocks: Clocks,
    pub(crate) policy: StalePolicy,
    pub(crate) max_staleness: Duration,
    /// The shortest bound on staleness between it and the authority.
    pub(crate) shortest_bound: Duration,
    /// How many relays stand between it and the authority.
    pub(crate) relays: u32,
    /// Whether the state was fresh when the check began and at that instant, by the verifier's own word.
    pub(crate) fresh: bool,
    /// Whether the verifier knows the key that signed the token.
    pub(crate) knows_key: bool,
    /// Whether the verifier's state was one, when the check began, that it had called complete.
    pub(crate) complete: bool,
    /// For how long something had been in its way, at that instant.
    pub(crate) outage: Option<Duration>,
}

impl Answered {
    /// Whether the token was accepted.
    pub(crate) fn is_accepted(&self) -> bool {
        self.answer == Answer::Accepted
    }

    /// Whether it answers for its freshness: on no route does it accept on stale knowledge.
    pub(crate) fn is_fenced(&self) -> bool {
        self.policy != StalePolicy::Allow
    }
}
