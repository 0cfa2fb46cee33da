//! What must become of a refresh token.

use quash_core::revocation::target::Target;
use quash_core::time::Timestamp;

use super::{Grant, Oracle, Said, Session, Use};

/// One use of a refresh token.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Renewal {
    /// The grant, by its place in the oracle.
    pub(crate) grant: usize,
    pub(crate) generation: usize,
    pub(crate) now: Timestamp,
}

/// What a use must come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The session lives: this becomes of the use.
    Lives(Use),
    /// The session is over: the use is refused, whatever its generation.
    Over(Vec<&'static str>),
}

impl Oracle {
    /// What a use must come to, by what is known for certain.
    pub(crate) fn judge_renewal(&self, renewal: Renewal) -> Option<Outcome> {
        let grant = self.grants.get(renewal.grant)?;
        let session = self.session_of(grant)?;
        let over = self.why_over(grant, session, renewal.now);
        Some(if over.is_empty() {
            Outcome::Lives(grant.judge(renewal.generation, renewal.now, self.rules.grace))
        } else {
            Outcome::Over(over)
        })
    }

    /// Every reason for which `grant` can not be renewed at `now`.
    pub(crate) fn why_over(&self, grant: &Grant, session: &Session, now: Timestamp) -> Vec<&'static str> {
        let mut reasons = Vec::new();
        if self.is_ended(grant) {
            reasons.push("ended");
        }
        // A token of no whole second is not made: within its last second a session is over.
        if now.seconds() >= session.absolute_end.seconds() {
            reasons.push("absolute_limit");
        }
        if now >= session.idle_end() {
            reasons.push("idle");
        }
        reasons
    }

    /// Whether an entry ended `grant`.
    pub(crate) fn is_ended(&self, grant: &Grant) -> bool {
        let Some(session) = self.session_of(grant) else { return false };
        self.standing().any(|entry| grant.is_ended_by(session, &entry.said, entry.position))
    }

    /// Whether `session` is over by its own row: by its limits, or by an entry that names it.
    pub(crate) fn is_row_over(&self, session: &Session, now: Timestamp) -> bool {
        let end = Target::Session(session.id.clone());
        let ended = self.standing().any(|entry| entry.said == Said::end(end.clone()));
        ended || now >= session.absolute_end || now >= session.idle_end()
    }

    /// Whether a purge may have removed `session` with its grants.
    pub(crate) fn may_be_purged(&self, session: &Session) -> bool {
        // An ended session may go earlier than one that ran out; nobody sees the difference but in the word.
        let over = self.sessions.iter().position(|held| held.id == session.id);
        let ended = over.is_some_and(|place| {
            self.grants.iter().filter(|grant| grant.session == place).any(|grant| self.is_ended(grant))
        });
        let ran_out = session.idle_end().min(session.absolute_end).plus(self.rules.keep_ended);
        ended || ran_out <= self.purged_at
    }
}
