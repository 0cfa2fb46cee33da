//! The logs that a verifier enforces: the one it follows, and those that were followed before it.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use arc_swap::ArcSwap;
use quash_core::position::Position;
use quash_core::revocation::decide::{Finding, TimeRules};
use quash_core::revocation::entry::Effect;
use quash_core::revocation::rejection::{Hit, Rejection};
use quash_core::revocation::state::RevocationState;
use quash_core::revocation::target_key::LogKey;
use quash_core::time::Timestamp;
use quash_core::verified::VerifiedClaims;

/// The state of one log while it is the one that is followed, and the states of earlier logs.
///
/// A log is known by its key. A token is refused when an entry of any of these logs hits it: an entry never becomes
/// void because another log took its place.
pub(crate) struct Epoch {
    /// Whether the state alone tells everything. Stands first: every repeated check reads it.
    alone: AtomicBool,
    warmth: Warmth,
    pub(crate) state: RevocationState,
    /// Earlier epochs that still hold entries, the latest first.
    previous: ArcSwap<Vec<Arc<Self>>>,
}

/// Whether there is a log yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Warmth {
    /// There is none: nothing can be accepted.
    Cold,
    Warm,
}

/// The verifier holds entries of as many earlier logs as it can, and goes on with the log that it has.
///
/// It happens when the log's key changes more often than [`Verifier::LARGEST_NUMBER_OF_EARLIER_LOGS`] times within
/// the life of a token. What to do: wait until entries of an earlier log are over, purge, and install again.
///
/// [`Verifier::LARGEST_NUMBER_OF_EARLIER_LOGS`]: crate::Verifier::LARGEST_NUMBER_OF_EARLIER_LOGS
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("entries of too many earlier logs are still in force")]
pub struct TooManyLogs;

impl Epoch {
    /// How many earlier epochs there may be.
    pub(crate) const MOST_PREVIOUS: usize = 4;

    /// Before the first log.
    pub(crate) fn cold() -> Self {
        // Nothing is looked up in this state: it stands here so that the issuers of a cold verifier are like others.
        let state = RevocationState::new(LogKey::from_random([0; 16]), Position::ZERO);
        Self { warmth: Warmth::Cold, alone: AtomicBool::new(false), ..Self::of(state, Vec::new()) }
    }

    /// The first epoch of a verifier.
    pub(crate) fn first(state: RevocationState) -> Self {
        Self::of(state, Vec::new())
    }

    fn of(state: RevocationState, previous: Vec<Arc<Self>>) -> Self {
        Self {
            alone: AtomicBool::new(previous.is_empty()),
            warmth: Warmth::Warm,
            state,
            previous: ArcSwap::from_pointee(previous),
        }
    }

    /// The epoch of `state`, which follows this one.
    pub(crate) fn followed_by(self: &Arc<Self>, state: RevocationState) -> Result<Self, TooManyLogs> {
        let before = self.previous.load();
        let all = std::iter::once(self).chain(before.iter());
        let held: Vec<_> = all.filter(|epoch| epoch.state.live_entries() > 0).cloned().collect();
        if held.len() > Self::MOST_PREVIOUS { Err(TooManyLogs) } else { Ok(Self::of(state, held)) }
    }

    /// Whether there is no log yet.
    pub(crate) fn is_cold(&self) -> bool {
        self.warmth == Warmth::Cold
    }

    /// The key of the log; none before the first one.
    pub(crate) fn log_key(&self) -> Option<&LogKey> {
        (!self.is_cold()).then(|| self.state.log_key())
    }

    /// Whether a token that stands well with the state needs no further question.
    #[inline]
    pub(crate) fn is_alone(&self) -> bool {
        self.alone.load(Ordering::Acquire)
    }

    /// All entries held, those of earlier logs included.
    pub(crate) fn live_entries(&self) -> usize {
        let earlier: usize = self.previous.load().iter().map(|epoch| epoch.state.live_entries()).sum();
        self.state.live_entries() + earlier
    }

    /// Forgets the entries that are over at `now`, and the logs that none are left of. Returns how many went.
    ///
    /// INVARIANT: the verifier's ratchet stands at `now` already, so whoever finds this epoch alone judges by it.
    pub(crate) fn purge(&self, now: Timestamp) -> usize {
        let gone = self.state.purge(now);
        let previous = self.previous.load();
        if previous.is_empty() {
            return gone;
        }
        let earlier: usize = previous.iter().map(|epoch| epoch.purge(now)).sum();
        let held: Vec<_> = previous.iter().filter(|epoch| epoch.state.live_entries() > 0).cloned().collect();
        let alone = held.is_empty() && !self.is_cold();
        self.previous.store(Arc::new(held));
        self.alone.store(alone, Ordering::Release);
        gone + earlier
    }

    /// `finding` of this epoch's state, overruled where an earlier log has something stronger against `token`: an
    /// `end` wins over a `refresh`. Every log is looked up in full.
    pub(crate) fn with_earlier(
        &self,
        finding: Finding,
        token: &VerifiedClaims,
        rules: &TimeRules,
    ) -> Finding {
        if self.is_alone() {
            return finding;
        }
        let previous = self.previous.load();
        previous.iter().fold(finding, |finding, epoch| match (&finding, epoch.hit(token, rules)) {
            (Finding::Clear { .. } | Finding::Ahead, Some(hit)) => Finding::Refused(Rejection::Revoked(hit)),
            (Finding::Refused(Rejection::Revoked(held)), Some(hit)) if hit.effect > held.effect => {
                Finding::Refused(Rejection::Revoked(hit))
            }
            _ => finding,
        })
    }

    fn hit(&self, token: &VerifiedClaims, rules: &TimeRules) -> Option<Hit> {
        self.state.hit(token, &self.state.names_of(token), rules)
    }

    /// The entry of this log or an earlier one that ends `token`, whatever its life.
    pub(crate) fn end_of(&self, token: &VerifiedClaims, rules: &TimeRules) -> Option<Hit> {
        let ends = |hit: Option<Hit>| hit.filter(|hit| hit.effect == Effect::End);
        let names = self.state.names_of(token).signed_with(token.generation());
        ends(self.state.hit(token, &names, rules))
            .or_else(|| self.previous.load().iter().find_map(|epoch| ends(epoch.hit(token, rules))))
    }
}

impl fmt::Debug for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Epoch")
            .field("warmth", &self.warmth)
            .field("state", &self.state)
            .field("previous", &self.previous.load().len())
            .finish_non_exhaustive()
    }
}

/// The state of the log that a verifier follows, as it was found. A verifier that another log is installed in goes
/// on with another state.
#[derive(Clone, Debug)]
pub struct CurrentState(pub(crate) Arc<Epoch>);

impl Deref for CurrentState {
    type Target = RevocationState;

    fn deref(&self) -> &RevocationState {
        &self.0.state
    }
}
