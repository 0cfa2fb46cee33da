//! What the allowlist must come to (S12).

use quash_core::position::Position;
use quash_core::revocation::entry::Effect;
use quash_core::revocation::target::Target;
use quash_core::time::Timestamp;

use super::{Grant, Known, Oracle, Session, Token};

impl Oracle {
    /// Where a session stands that is signed in now, as of `as_of`. With an allowlist that is where it is registered,
    /// unless something since makes its first token stale, or ends it at once.
    pub(crate) fn stands_at(
        &self,
        session: &Session,
        first: &Grant,
        as_of: Option<Position>,
    ) -> Option<Position> {
        let signed_in_at = as_of.unwrap_or(self.head);
        let mut since = self.entries.iter().filter(|entry| entry.position > signed_in_at);
        let is_stale =
            since.any(|entry| entry.said.revokes() && first.is_named_by(session, &entry.said.target));
        if !self.rules.allowlist || self.ends_at_once(session, first) || is_stale {
            return Some(signed_in_at);
        }
        self.head.next()
    }

    /// Takes in that a server with an allowlist, or without one, was started at `now`.
    pub(crate) fn switch_allowlist(&mut self, on: bool, now: Timestamp) {
        self.rules.allowlist = on;
        self.leave_out(now);
    }

    /// Takes in that all that lives was registered at `now`: what its limits had ended by then was not.
    pub(crate) fn leave_out(&mut self, now: Timestamp) {
        let is_kept = self.rules.allowlist;
        for session in self.sessions.iter_mut().filter(|_| is_kept) {
            session.is_left_out |= now >= session.idle_end() || now >= session.absolute_end;
        }
    }

    /// Whether `token` is of a session that is not on the list, where one is kept: then nobody lets it pass.
    pub(crate) fn is_left_out(&self, token: &Token) -> bool {
        let mut left_out = self.sessions.iter().filter(|session| session.is_left_out);
        let of = left_out.find(|session| session.id.as_str() == token.says.sid);
        self.rules.allowlist && of.is_some_and(|session| self.registered_at(session).is_none())
    }

    fn ends_at_once(&self, session: &Session, first: &Grant) -> bool {
        self.standing().any(|entry| first.is_ended_by(session, &entry.said, entry.position))
    }

    /// Where `session` was registered first.
    pub(crate) fn registered_at(&self, session: &Session) -> Option<Position> {
        self.registrations_of(session).map(|entry| entry.position).min()
    }

    fn registrations_of(&self, session: &Session) -> impl Iterator<Item = &Known> {
        let of = |entry: &&Known| match &entry.said.target {
            Target::Registration { session: id, subject } => {
                *id == session.id && subject.as_str() == session.subject
            }
            _ => false,
        };
        self.entries.iter().filter(of)
    }

    /// Whether `session` was registered and is over for everybody who claims to be of it, whatever position a token
    /// says: something ended it, its subject or everything, and nothing narrowed that.
    pub(crate) fn is_over_at_any_position(&self, session: &Session) -> bool {
        let Some(registered_at) = self.registered_at(session) else { return false };
        let ends = |entry: &&Known| {
            let named = match &entry.said.target {
                Target::Session(id) => *id == session.id,
                Target::Subject(id) => id.as_str() == session.subject,
                Target::Issuer => true,
                _ => false,
            };
            let said = &entry.said;
            let plain = said.window.is_none() && said.exception.is_none() && said.revokes();
            named && plain && said.effect == Effect::End && entry.position > registered_at
        };
        self.standing().any(|entry| ends(&entry))
    }
}
