//! The rows of sessions and grants.

use std::ops::{Bound, ControlFlow};

use quash_core::ids::{ClientId, GrantId, SessionId, Subject};
use quash_core::session::grant::Grant;
use quash_core::session::session::{Ending, Session, SessionState};
use quash_core::time::Timestamp;

use super::Transaction;
use crate::ports::StoreError;
use crate::rows;
use crate::tables::{Direction, Range, Read, Table, Write, keys};

/// Every key of a table.
pub(super) const EVERY: Range<'static> = (Bound::Unbounded, Bound::Unbounded);

/// The instant a session is over by its own row: what comes first of its ending and its two limits.
pub(super) fn over_at(session: &Session) -> Timestamp {
    let limits = session.absolute_end.min(session.idle_end());
    match &session.state {
        SessionState::Ended(ending) => limits.min(ending.at),
        _ => limits,
    }
}

impl<T: Read> Transaction<'_, T> {
    /// A session's row.
    pub(super) fn session_row(&self, id: &SessionId) -> Result<Option<Session>, StoreError> {
        let row = self.tables.get(Table::Sessions, id.as_str().as_bytes())?;
        row.map(|row| rows::session::read(&row)).transpose()
    }

    /// A grant's row.
    pub(super) fn grant_row(&self, id: &GrantId) -> Result<Option<Grant>, StoreError> {
        let row = self.tables.get(Table::Grants, id.as_str().as_bytes())?;
        row.map(|row| rows::grant::read(&row)).transpose()
    }

    /// The session that a grant's row names.
    pub(super) fn session_of(&self, grant: &Grant) -> Result<Session, StoreError> {
        self.session_row(&grant.session)?
            .ok_or_else(|| StoreError::Corrupt("a grant names a session that is not there".into()))
    }

    /// The clients of a session, by the ids of their grants.
    pub(super) fn clients_of(&self, id: &SessionId) -> Result<Vec<(GrantId, ClientId)>, StoreError> {
        const WHAT: &str = "session_grants";
        let (from, to) = keys::all_of(id.as_str());
        let mut clients = Vec::new();
        self.tables.scan(
            Table::SessionGrants,
            keys::between(&from, &to),
            Direction::Up,
            &mut |key, row| {
                let grant = GrantId::new(keys::inner(key)?).map_err(|_| rows::corrupt(WHAT))?;
                let client = std::str::from_utf8(row).ok().and_then(|client| ClientId::new(client).ok());
                clients.push((grant, client.ok_or_else(|| rows::corrupt(WHAT))?));
                Ok(ControlFlow::Continue(()))
            },
        )?;
        Ok(clients)
    }

    /// The grants of a session.
    pub(super) fn grants_of(&self, id: &SessionId) -> Result<Vec<Grant>, StoreError> {
        let mut grants = Vec::new();
        for (grant, _) in self.clients_of(id)? {
            grants.extend(self.grant_row(&grant)?);
        }
        Ok(grants)
    }

    /// The sessions of a subject, oldest first.
    pub(super) fn sessions_of(&self, subject: &Subject) -> Result<Vec<SessionId>, StoreError> {
        let (from, to) = keys::all_of(subject.as_str());
        let mut sessions = Vec::new();
        let range = keys::between(&from, &to);
        self.tables.scan(Table::SubjectSessions, range, Direction::Up, &mut |key, _| {
            sessions.push(session_in(key)?);
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(sessions)
    }
}

/// The session in a key of the index by subject.
pub(super) fn session_in(key: &[u8]) -> Result<SessionId, StoreError> {
    SessionId::new(keys::inner(key)?).map_err(|_| rows::corrupt("subject_sessions"))
}

impl<T: Write> Transaction<'_, T> {
    /// Writes a session's row, and its keys in the index where they changed.
    pub(super) fn put_session(&mut self, session: &Session) -> Result<(), StoreError> {
        self.index_session(session)?;
        self.tables.put(Table::Sessions, session.id.as_str().as_bytes(), &rows::session::write(session))
    }

    /// Writes a grant's row.
    pub(super) fn put_grant(&mut self, grant: &Grant) -> Result<(), StoreError> {
        self.tables.put(Table::Grants, grant.id.as_str().as_bytes(), &rows::grant::write(grant))
    }

    /// Writes a grant's row, its place in the session and its keys in the index.
    pub(super) fn add_grant(&mut self, grant: &Grant) -> Result<(), StoreError> {
        self.put_grant(grant)?;
        self.index_grant(grant)?;
        let key = keys::pair(grant.session.as_str(), grant.id.as_str());
        self.tables.put(Table::SessionGrants, &key, grant.client.as_str().as_bytes())
    }

    /// Removes a grant of a session that keeps others.
    pub(super) fn remove_grant(&mut self, session: &Session, grant: &Grant) -> Result<(), StoreError> {
        let before = self.index_keys(session)?;
        self.tables.remove(Table::Grants, grant.id.as_str().as_bytes())?;
        let key = keys::pair(session.id.as_str(), grant.id.as_str());
        self.tables.remove(Table::SessionGrants, &key)?;
        for gone in before.difference(&self.index_keys(session)?) {
            self.tables.remove(Table::SessionIndex, gone)?;
        }
        Ok(())
    }

    /// Says when a purge is to look at a session. Rows that came too early are put off by the purge, so that a
    /// renewal need not touch this index.
    pub(super) fn watch_session(&mut self, at: Timestamp, id: &SessionId) -> Result<(), StoreError> {
        self.tables.put(Table::SessionEnds, &keys::due(at, id.as_str().as_bytes()), &[])
    }

    /// Writes the row of a session whose end is another one than `before` says, and when a purge is to look at it.
    pub(super) fn move_end(&mut self, before: &Session, session: &Session) -> Result<(), StoreError> {
        self.put_session(session)?;
        let id = &session.id;
        self.tables.remove(Table::SessionEnds, &keys::due(over_at(before), id.as_str().as_bytes()))?;
        self.watch_session(over_at(session), id)
    }

    /// Ends a session.
    pub(super) fn end_session(&mut self, session: Session, ending: Ending) -> Result<(), StoreError> {
        let session = session.end(ending);
        self.put_session(&session)?;
        self.watch_session(over_at(&session), &session.id)
    }
}
