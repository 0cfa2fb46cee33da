//! Forgetting.

use std::ops::Bound;
use std::time::Duration;

use quash_core::ids::SessionId;
use quash_core::session::session::Session;
use quash_core::time::Timestamp;

use super::Transaction;
use super::sessions::over_at;
use crate::ports::{Horizons, Purged, StoreError};
use crate::rows;
use crate::tables::keys::meta;
use crate::tables::{Read, Table, Write, keys, keys_in};

/// How many rows of each kind one call removes at most: some milliseconds of work.
const REMOVED_AT_ONCE: u64 = 256;
/// How many rows of each kind one call looks at.
const LOOKED_AT: usize = 1024;

/// What a purge did about one thing that was due.
enum Fate {
    Removed,
    /// It has to stay, and is due again later.
    Stays,
    WasGone,
}

impl<T: Read> Transaction<'_, T> {
    /// The latest instant that a purge was run at.
    pub(crate) fn ratchet(&self) -> Result<Timestamp, StoreError> {
        let row = self.tables.get(Table::Meta, meta::RATCHET)?;
        row.map_or(Ok(Timestamp::EPOCH), |row| rows::meta::read_ratchet(&row))
    }

    /// The longest lives that were ever configured.
    pub(crate) fn horizons(&self) -> Result<Horizons, StoreError> {
        let row = self.tables.get(Table::Meta, meta::HORIZONS)?;
        row.map_or(Ok(Horizons::default()), |row| rows::meta::read_horizons(&row))
    }

    /// What is due at `now` in a time index, the longest due first.
    pub(super) fn due(&self, index: Table, now: Timestamp) -> Result<Vec<Vec<u8>>, StoreError> {
        let end = keys::not_due(now);
        keys_in(&self.tables, index, (Bound::Unbounded, Bound::Excluded(&end)), LOOKED_AT)
    }
}

impl<T: Write> Transaction<'_, T> {
    /// Raises the horizons.
    pub(crate) fn raise_horizons(&mut self, configured: Horizons) -> Result<Horizons, StoreError> {
        let stored = self.horizons()?;
        let raised = Horizons {
            access_token: stored.access_token.max(configured.access_token),
            session: stored.session.max(configured.session),
        };
        if raised != stored {
            self.tables.put(Table::Meta, meta::HORIZONS, &rows::meta::write_horizons(raised))?;
        }
        Ok(raised)
    }

    /// Removes what can not matter at `now`, or at the ratchet if that is later.
    pub(crate) fn purge(&mut self, now: Timestamp, keep_ended: Duration) -> Result<Purged, StoreError> {
        let ratchet = self.ratchet()?;
        let now = now.max(ratchet);
        let (entries, set_aside) = self.purge_entries(now)?;
        let (sessions, put_off) = self.purge_sessions(now, keep_ended)?;
        let idempotency_keys = self.purge_requests(now)?;
        let one_time_tokens = self.purge_spent(now)?;
        let bans = self.purge_bans(now)?;
        let purged =
            Purged { entries, set_aside, sessions, put_off, idempotency_keys, one_time_tokens, bans };
        if now > ratchet {
            self.tables.put(Table::Meta, meta::RATCHET, &rows::meta::write_ratchet(now))?;
        }
        Ok(purged)
    }

    /// How many entries were removed, and how many set aside.
    fn purge_entries(&mut self, now: Timestamp) -> Result<(u64, u64), StoreError> {
        let (mut removed, mut set_aside) = (0, 0);
        for due in self.due(Table::EntryEnds, now)? {
            if removed >= REMOVED_AT_ONCE {
                break;
            }
            let (_, key) = keys::read_due(&due)?;
            match self.purge_entry(key, now)? {
                Fate::Removed => removed += 1,
                Fate::Stays => set_aside += 1,
                Fate::WasGone => {}
            }
            self.tables.remove(Table::EntryEnds, &due)?;
        }
        Ok((removed, set_aside))
    }

    /// Removes an entry, or moves it out of the verifiers' sight while the store must still enforce it.
    fn purge_entry(&mut self, key: &[u8], now: Timestamp) -> Result<Fate, StoreError> {
        let position = keys::position_at_end(key)?;
        let Some(entry) = self.entry(position)? else { return Ok(Fate::WasGone) };
        let enforce_until = entry.fact.enforce_until;
        if enforce_until <= now {
            self.forget_target(&entry)?;
            self.forget_undo(&entry)?;
            self.tables.remove(Table::Entries, key)?;
            self.tables.remove(Table::OldEntries, key)?;
            return Ok(Fate::Removed);
        }
        if let Some(row) = self.tables.get(Table::Entries, key)? {
            self.tables.put(Table::OldEntries, key, &row)?;
            self.tables.remove(Table::Entries, key)?;
        }
        self.tables.put(Table::EntryEnds, &keys::due(enforce_until, key), &[])?;
        Ok(Fate::Stays)
    }

    /// How many sessions were removed, and how many put off.
    fn purge_sessions(&mut self, now: Timestamp, keep_ended: Duration) -> Result<(u64, u64), StoreError> {
        let (mut removed, mut put_off) = (0, 0);
        for due in self.due(Table::SessionEnds, now.minus(keep_ended))? {
            if removed >= REMOVED_AT_ONCE {
                break;
            }
            match self.purge_session(&due, now, keep_ended)? {
                Fate::Removed => removed += 1,
                Fate::Stays => put_off += 1,
                Fate::WasGone => {}
            }
        }
        Ok((removed, put_off))
    }

    fn purge_session(
        &mut self,
        due: &[u8],
        now: Timestamp,
        keep_ended: Duration,
    ) -> Result<Fate, StoreError> {
        let (_, id) = keys::read_due(due)?;
        let row = self.tables.get(Table::Sessions, id)?;
        let session = row.map(|row| rows::session::read(&row)).transpose()?;
        // A session that ended early leaves the row of its former end behind.
        let Some(session) = session else {
            self.tables.remove(Table::SessionEnds, due)?;
            return Ok(Fate::WasGone);
        };
        let over_at = over_at(&session);
        if over_at == Timestamp::FOREVER || over_at.plus(keep_ended) > now {
            self.tables.remove(Table::SessionEnds, due)?;
            self.watch_session(over_at, &session.id)?;
            return Ok(Fate::Stays);
        }
        self.tables.remove(Table::SessionEnds, due)?;
        self.remove_session(&session, over_at)?;
        Ok(Fate::Removed)
    }

    fn remove_session(&mut self, session: &Session, over_at: Timestamp) -> Result<(), StoreError> {
        let id: &SessionId = &session.id;
        self.unindex_session(session)?;
        for (grant, _) in self.clients_of(id)? {
            self.tables.remove(Table::Grants, grant.as_str().as_bytes())?;
            self.tables.remove(Table::SessionGrants, &keys::pair(id.as_str(), grant.as_str()))?;
        }
        self.tables.remove(Table::SubjectSessions, &keys::pair(session.subject.as_str(), id.as_str()))?;
        self.tables.remove(Table::SessionEnds, &keys::due(over_at, id.as_str().as_bytes()))?;
        self.tables.remove(Table::Sessions, id.as_str().as_bytes())?;
        Ok(())
    }

    fn purge_requests(&mut self, now: Timestamp) -> Result<u64, StoreError> {
        let mut removed = 0;
        for due in self.due(Table::RequestEnds, now)? {
            if removed >= REMOVED_AT_ONCE {
                break;
            }
            let (_, key) = keys::read_due(&due)?;
            let row = self.tables.get(Table::Requests, key)?;
            let done = row.map(|row| rows::request::read(&row)).transpose()?;
            // The key may have been used anew since this row of the index was written.
            if done.is_some_and(|done| done.forgotten_at() <= now) {
                self.tables.remove(Table::Requests, key)?;
                removed += 1;
            }
            self.tables.remove(Table::RequestEnds, &due)?;
        }
        Ok(removed)
    }
}
