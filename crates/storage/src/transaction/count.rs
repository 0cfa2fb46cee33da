//! Counting what an entry would match.

use std::ops::ControlFlow;

use quash_core::position::Position;
use quash_core::revocation::entry::{Effect, Entry, NewEntry};
use quash_core::revocation::target::Target;
use quash_core::session::grant::Grant;
use quash_core::session::renewal::is_cut_by;
use quash_core::session::session::Session;

use super::Transaction;
use super::cutoffs::for_each_claim;
use crate::ports::StoreError;
use crate::rows;
use crate::tables::{Direction, Read, Table};

impl<T: Read> Transaction<'_, T> {
    /// How many live sessions `entry` would match if it were appended now.
    ///
    /// A session matches when at least one of its live grants does. For `refresh` the window is left aside: it
    /// speaks of when a token was issued, which the store does not know.
    pub(crate) fn count_matching(&self, entry: &NewEntry) -> Result<u64, StoreError> {
        if entry.issuer != self.constants.own_issuer {
            return Ok(0);
        }
        let question = self.question(entry);
        match &entry.target {
            Target::Session(id) => {
                let session = self.session_row(id)?;
                let matches = session.map(|session| self.matches(&question, &session)).transpose()?;
                Ok(u64::from(matches.unwrap_or(false)))
            }
            Target::Subject(subject) | Target::UserKey(subject) | Target::Device { subject, .. } => {
                let mut count = 0;
                for id in self.sessions_of(subject)? {
                    let Some(session) = self.session_row(&id)? else { continue };
                    count += u64::from(self.matches(&question, &session)?);
                }
                Ok(count)
            }
            Target::Client(_) | Target::Claim { .. } | Target::Issuer | Target::UserKeys => {
                self.count_in_all(&question)
            }
            _ => Ok(0),
        }
    }

    /// The entry as it would stand in the log, reduced to the question which sessions it is about.
    fn question(&self, entry: &NewEntry) -> Entry {
        let window = if entry.effect == Effect::End { entry.window } else { None };
        Entry {
            position: self.head.position.next().unwrap_or(Position::LAST),
            fact: NewEntry { effect: Effect::End, window, ..entry.clone() },
        }
    }

    fn count_in_all(&self, question: &Entry) -> Result<u64, StoreError> {
        let mut count = 0;
        self.tables.scan(Table::Sessions, super::sessions::EVERY, Direction::Up, &mut |_, row| {
            let session = rows::session::read(row)?;
            count += u64::from(self.matches(question, &session)?);
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(count)
    }

    fn matches(&self, question: &Entry, session: &Session) -> Result<bool, StoreError> {
        if session.over(question.fact.recorded_at).is_some() {
            return Ok(false);
        }
        for grant in self.grants_of(&session.id)? {
            let signed_in = grant.sign_in_of(session);
            let hit = self.is_named(&question.fact.target, &signed_in, &grant)
                && is_cut_by(&signed_in, &grant, question)
                && self.cut(session, &grant)?.is_none();
            if hit {
                return Ok(true);
            }
        }
        Ok(false)
    }

    pub(super) fn is_named(&self, target: &Target, session: &Session, grant: &Grant) -> bool {
        match target {
            Target::Session(id) => *id == session.id,
            Target::Subject(subject) | Target::UserKey(subject) => *subject == session.subject,
            Target::Device { subject, device } => *subject == session.subject && *device == session.device.id,
            Target::Client(client) => *client == grant.client,
            Target::Claim { name, value } => {
                let mut named = false;
                let own_issuer = self.constants.own_issuer.as_str();
                for_each_claim(own_issuer, session, &grant.client, &grant.scope, &mut |held, text| {
                    named |= held == &**name && text == &**value;
                });
                named
            }
            Target::Issuer | Target::UserKeys => true,
            _ => false,
        }
    }
}
