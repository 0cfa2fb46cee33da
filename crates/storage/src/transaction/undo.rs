//! Taking back one entry.

use std::ops::{Bound, ControlFlow};

use quash_core::position::Position;
use quash_core::revocation::entry::Entry;
use quash_core::revocation::target::Target;
use quash_core::session::session::{Session, SessionState};

use super::Transaction;
use super::append::{ending_of, name_subject};
use crate::ports::{Details, StoreError, Undo, Undone};
use crate::rows::request::Outcome;
use crate::tables::{Direction, Read, Table, Write, keys};

impl<T: Read> Transaction<'_, T> {
    /// Which entries of a stretch were undone, and by which.
    pub(crate) fn undone(
        &self,
        first: Position,
        last: Position,
    ) -> Result<Vec<(Position, Position)>, StoreError> {
        let (first, last) = (keys::position(first), keys::position(last));
        let range = (Bound::Included(&first[..]), Bound::Included(&last[..]));
        let mut undone = Vec::new();
        self.tables.scan(Table::Undone, range, Direction::Up, &mut |key, by| {
            undone.push((keys::position_at_end(key)?, keys::position_at_end(by)?));
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(undone)
    }

    /// The entry to undo, or why it is not undone.
    fn judge_undo(&self, undo: &Undo) -> Result<Result<Entry, Undone>, StoreError> {
        let Some(entry) = self.entry(undo.position)? else { return Ok(Err(Undone::Unknown)) };
        if let Err(never) = entry.fact.check_undoable() {
            return Ok(Err(Undone::Never(never)));
        }
        if let Some(by) = self.tables.get(Table::Undone, &keys::position(undo.position))? {
            return Ok(Err(Undone::Already(keys::position_at_end(&by)?)));
        }
        // A clock that went back opens no window again.
        let now = undo.undoer.at.max(self.ratchet()?);
        if entry.fact.is_past_undo(now, undo.window) {
            return Ok(Err(Undone::Over(entry.fact.recorded_at.plus(undo.window))));
        }
        Ok(Ok(entry))
    }

    /// The session that `entry` ended, if its row says that it was this entry.
    ///
    /// Where another entry was recorded about the same session in the same millisecond, for the same reason and by the
    /// same actor, the index tells them apart: the one that the row names is not in it.
    fn ended_by(&self, entry: &Entry) -> Result<Option<Session>, StoreError> {
        let Target::Session(id) = &entry.fact.target else { return Ok(None) };
        if entry.fact.issuer != self.constants.own_issuer {
            return Ok(None);
        }
        let session = self.session_row(id)?;
        let this = SessionState::Ended(ending_of(&entry.fact));
        Ok(session.filter(|session| session.state == this))
    }
}

impl<T: Write> Transaction<'_, T> {
    /// Takes back one entry, or says why not.
    pub(crate) fn undo(&mut self, undo: Undo) -> Result<Undone, StoreError> {
        let now = undo.undoer.at;
        if let Some(done) = self.done_before(undo.idempotency.as_ref(), now)? {
            return Ok(match (done.matches, done.outcome) {
                (true, Outcome::Appended { position, .. }) => Undone::Before(position),
                _ => Undone::KeyUsedOtherwise,
            });
        }
        let entry = match self.judge_undo(&undo)? {
            Ok(entry) => entry,
            Err(refused) => return Ok(refused),
        };
        let position = self.head.position.next().ok_or(StoreError::LogFull)?;
        let ended = self.ended_by(&entry)?;
        let mut known = Details::new();
        if let Some(session) = &ended {
            name_subject(&mut known, session);
        }
        let undo_entry = Entry { position, fact: entry.undone_by(undo.undoer) };
        let audit = self.audit_of(&undo_entry, known);

        // Everything below writes.
        let was_indexed = self.forget_target(&entry)?;
        if let Some(session) = ended.filter(|_| !was_indexed) {
            self.reopen(&session)?;
        }
        self.tables.put(Table::Undone, &keys::position(entry.position), &keys::position(position))?;
        self.put_entry(undo_entry, Some(&audit))?;
        if let Some(idempotency) = undo.idempotency {
            self.remember(idempotency, now, Outcome::Appended { position, matched: None })?;
        }
        Ok(Undone::At(position))
    }

    /// Makes a session active again, or has it ended by what else ends it. Its limits are what they were.
    fn reopen(&mut self, session: &Session) -> Result<(), StoreError> {
        let other = self.indexed_end(&session.id)?;
        if let Some(other) = &other {
            self.forget_target(other)?;
        }
        let state = other.map_or(SessionState::Active, |other| SessionState::Ended(ending_of(&other.fact)));
        let reopened = Session { state, ..session.clone() };
        self.move_end(session, &reopened)
    }

    /// Forgets what an undo undid, once nobody holds the undo any more. It outlives what it undoes.
    pub(super) fn forget_undo(&mut self, undo: &Entry) -> Result<(), StoreError> {
        if let Some(undone) = undo.fact.undoes {
            self.tables.remove(Table::Undone, &keys::position(undone))?;
        }
        Ok(())
    }
}
