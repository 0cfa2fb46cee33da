//! What must become of an access token.

use quash_core::position::Position;
use quash_core::revocation::entry::Effect;
use quash_core::time::Timestamp;

use super::{Known, Oracle, Token};

/// What a check must come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It may be used.
    Accepted,
    /// Its life is over.
    Expired,
    /// It comes from a future that the clock has not reached (yet, or again).
    FromTheFuture,
    /// This entry is the strongest that hits it: `end` before `refresh`, then the latest.
    Revoked(Position, Effect),
    /// Nothing hits it, and its session was over when an allowlist began to be kept.
    NotRegistered,
}

impl Oracle {
    /// What a check of `token` at `now` must come to, by what is known for certain.
    pub(crate) fn judge_access(&self, token: &Token, now: Timestamp) -> Verdict {
        if now >= Timestamp::from_seconds(token.says.exp) {
            return Verdict::Expired;
        }
        if Timestamp::from_seconds(token.says.iat) > now.plus(self.rules.future_skew) {
            return Verdict::FromTheFuture;
        }
        match self.strongest_hit(token) {
            Some(hit) => Verdict::Revoked(hit.position, hit.said.effect),
            None if self.is_left_out(token) => Verdict::NotRegistered,
            None => Verdict::Accepted,
        }
    }

    /// The entry that a refusal is put down to.
    pub(crate) fn strongest_hit(&self, token: &Token) -> Option<&Known> {
        let hits = self.standing().filter(|entry| token.is_hit_by(&entry.said, entry.position));
        hits.max_by_key(|entry| (entry.said.effect, entry.position))
    }

    /// Whether something that was asked and is not settled would hit `token`.
    pub(crate) fn is_access_in_doubt(&self, token: &Token) -> bool {
        self.unsettled.iter().any(|said| token.is_hit_by(said, Position::LAST))
    }
}
