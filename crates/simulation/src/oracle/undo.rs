//! What an undo must come to (S29).

use quash_core::position::Position;
use quash_core::revocation::reason::Reason;
use quash_core::revocation::target::Target;
use quash_core::time::Timestamp;

use super::{Known, Oracle, Token};

/// What becomes of an entry that somebody takes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Takeback {
    /// It hits nothing any more.
    Done,
    /// Such an entry is never taken back.
    Never,
    /// It was taken back before.
    Already,
    /// The time for it is over.
    Over,
}

impl Oracle {
    /// The entries that hold: those that nobody took back.
    pub(crate) fn standing(&self) -> impl Iterator<Item = &Known> {
        self.entries.iter().filter(|entry| !entry.is_undone)
    }

    /// What an undo of `entry` at `now` must come to, as long as the entry is not forgotten.
    pub(crate) fn judge_undo(&self, entry: &Known, now: Timestamp) -> Takeback {
        let is_key = matches!(entry.said.target, Target::Key(_));
        if !entry.said.revokes() || is_key || entry.reason.as_str() == Reason::REFRESH_REUSE {
            Takeback::Never
        } else if entry.is_undone {
            Takeback::Already
        } else if now >= entry.recorded_at.plus(self.rules.undo_window) {
            Takeback::Over
        } else {
            Takeback::Done
        }
    }

    /// Takes in that the entry at `position` was taken back: what it alone hit may live again.
    pub(crate) fn take_back(&mut self, position: Position) {
        let entry = self.entries.iter_mut().find(|entry| entry.position == position);
        let Some(entry) = entry.filter(|entry| !entry.is_undone) else { return };
        entry.is_undone = true;
        let said = entry.said.clone();
        let hit = |token: &Token| token.is_hit_by(&said, position) && self.strongest_hit(token).is_none();
        let free: Vec<bool> = self.tokens.iter().map(hit).collect();
        for (token, free) in self.tokens.iter_mut().zip(free) {
            token.seen_revoked &= !free;
        }
    }

    /// Whether an undo that was not answered would take back something that hits `token`.
    pub(crate) fn is_undo_in_doubt(&self, token: &Token) -> bool {
        self.may_be_undone().any(|entry| token.is_hit_by(&entry.said, entry.position))
    }

    /// Whether nothing hits `token` but what an undo that was not answered may have taken back.
    pub(crate) fn may_live_again(&self, token: &Token) -> bool {
        let mut hits = self.standing().filter(|entry| token.is_hit_by(&entry.said, entry.position));
        hits.all(|hit| self.may_be_undone().any(|entry| entry.position == hit.position))
    }

    fn may_be_undone(&self) -> impl Iterator<Item = &Known> {
        self.standing().filter(|entry| self.unsettled.iter().any(|said| said.undoes == Some(entry.position)))
    }
}
