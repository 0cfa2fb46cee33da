//! What was said to the log, in plain words.

use quash_core::ids::Issuer;
use quash_core::position::Position;
use quash_core::revocation::entry::{Effect, Entry, Exception};
use quash_core::revocation::reason::Reason;
use quash_core::revocation::target::Target;
use quash_core::time::Timestamp;

/// What a revocation says. Compared as it was asked for, whatever the log made of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) target: Target,
    pub(crate) effect: Effect,
    /// First and last second.
    pub(crate) window: Option<(u64, u64)>,
    pub(crate) exception: Option<Exception>,
    /// The entry that it takes back; then it hits nothing.
    pub(crate) undoes: Option<Position>,
}

impl Said {
    /// It ends `target`, and nothing narrows it.
    pub(crate) const fn end(target: Target) -> Self {
        Self { target, effect: Effect::End, window: None, exception: None, undoes: None }
    }

    /// It takes back what `entry` says.
    pub(crate) fn undo_of(entry: &Known) -> Self {
        let said = Self { effect: entry.said.effect, ..Self::end(entry.said.target.clone()) };
        Self { undoes: Some(entry.position), ..said }
    }

    /// Whether it takes something away from somebody: an undo does not, and a registration does not.
    pub(crate) const fn revokes(&self) -> bool {
        self.undoes.is_none() && !self.registers()
    }

    /// Whether it registers a session for the allowlist.
    pub(crate) const fn registers(&self) -> bool {
        matches!(self.target, Target::Registration { .. })
    }

    pub(crate) fn of(entry: &Entry) -> Self {
        let fact = &entry.fact;
        Self {
            target: fact.target.clone(),
            effect: fact.effect,
            window: fact.window.map(|window| (window.from(), window.to())),
            exception: fact.exception.clone(),
            undoes: fact.undoes,
        }
    }

    pub(crate) fn is_identity(&self) -> bool {
        matches!(self.target, Target::Token(_) | Target::TokenDigest(_) | Target::Session(_) | Target::Key(_))
    }
}

/// An entry that was acknowledged, or that was found in the log after its acknowledgement was lost.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    pub(crate) position: Position,
    pub(crate) issuer: Issuer,
    pub(crate) said: Said,
    /// Until when the log says that verifiers hold it.
    pub(crate) retain_until: Timestamp,
    /// Until when the log says that the store enforces it.
    pub(crate) enforce_until: Timestamp,
    pub(crate) recorded_at: Timestamp,
    pub(crate) reason: Reason,
    /// Whether it was taken back: then it hits nothing.
    pub(crate) is_undone: bool,
}

impl Known {
    pub(crate) fn of(entry: &Entry) -> Self {
        Self {
            position: entry.position,
            issuer: entry.fact.issuer.clone(),
            said: Said::of(entry),
            retain_until: entry.fact.retain_until,
            enforce_until: entry.fact.enforce_until,
            recorded_at: entry.fact.recorded_at,
            reason: entry.fact.reason.clone(),
            is_undone: false,
        }
    }

    /// Whether the store may have forgotten it after a purge at `purged_at`.
    pub(crate) fn may_be_gone(&self, purged_at: Timestamp) -> bool {
        self.retain_until.max(self.enforce_until) <= purged_at
    }
}
