//! Checking that a store's tables agree with one another.

use std::collections::BTreeSet;
use std::ops::{Bound, ControlFlow};

use quash_core::position::{Checksum, Position};
use quash_core::revocation::entry::Effect;
use quash_core::revocation::target::{Target, TargetKind};
use quash_core::session::session::SessionState;

use super::{EmbeddedStore, Shared};
use crate::ports::StoreError;
use crate::rows;
use crate::rows::audit::Chain;
use crate::tables::{Direction, Read, Step, Table, keys};
use crate::transaction::{Transaction, index_key};

/// What a check found to be in order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Checked {
    /// Entries of the log, those included that verifiers have forgotten.
    pub entries: u64,
    /// How many of them follow the one before without a gap, so that their checksum could be recomputed.
    pub chained: u64,
    /// Sessions.
    pub sessions: u64,
    /// Grants.
    pub grants: u64,
    /// Verifiers that hold a lease.
    pub verifiers: u64,
    /// Entries of the audit log, each of which follows from the one before.
    pub audit: u64,
}

impl EmbeddedStore {
    /// Reads everything and checks that it agrees: every checksum with the entry before it, the head with the
    /// last entry, every index with what it points at, every entry about a session with that session's row.
    /// Writers go on meanwhile. Takes some microseconds a row.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] says what does not agree.
    pub async fn check(&self) -> Result<Checked, StoreError> {
        self.walk(|shared| shared.read(|tables| Check { shared, tables }.run())).await
    }
}

struct Check<'a, T> {
    shared: &'a Shared,
    tables: &'a Transaction<'a, T>,
}

fn broken(what: &str) -> StoreError {
    StoreError::Corrupt(what.into())
}

fn ensure(holds: bool, what: &str) -> Result<(), StoreError> {
    if holds { Ok(()) } else { Err(broken(what)) }
}

impl<T: Read> Check<'_, T> {
    fn run(&self) -> Result<Checked, StoreError> {
        let mut checked = Checked::default();
        self.entries(&mut checked)?;
        self.sessions(&mut checked)?;
        self.grants(&mut checked)?;
        self.session_index()?;
        self.claim_entries()?;
        self.undone()?;
        checked.audit = self.audit()?;
        checked.verifiers = u64::try_from(self.tables.verifiers()?.len()).unwrap_or(u64::MAX);
        Ok(checked)
    }

    fn each(&self, table: Table, visit: &mut dyn FnMut(&[u8], &[u8]) -> Step) -> Result<(), StoreError> {
        self.tables.tables().scan(table, (Bound::Unbounded, Bound::Unbounded), Direction::Up, visit)
    }

    fn has(&self, table: Table, key: &[u8]) -> Result<bool, StoreError> {
        Ok(self.tables.tables().get(table, key)?.is_some())
    }

    fn entries(&self, checked: &mut Checked) -> Result<(), StoreError> {
        let mut due = BTreeSet::new();
        self.each(Table::EntryEnds, &mut |key, _| {
            due.insert(keys::position_at_end(key)?);
            Ok(ControlFlow::Continue(()))
        })?;
        let mut positions = BTreeSet::new();
        for table in [Table::Entries, Table::OldEntries] {
            self.each(table, &mut |key, _| {
                let position = keys::position_at_end(key)?;
                ensure(due.contains(&position), "an entry would never be purged")?;
                ensure(positions.insert(position), "an entry is there twice")?;
                Ok(ControlFlow::Continue(()))
            })?;
        }
        let identity = &self.shared.constants.identity;
        let mut before = Some((identity.origin, rows::entry::first_checksum(identity)));
        for position in positions {
            let (checksum, chained) = self.entry(position, before)?;
            checked.entries += 1;
            checked.chained += u64::from(chained);
            before = Some((position, checksum));
        }
        let head = self.tables.head();
        let (last, checksum) = before.unwrap_or((head.position, head.checksum));
        ensure(last <= head.position, "an entry lies beyond the head")?;
        ensure(last < head.position || checksum == head.checksum, "the head has another checksum")
    }

    /// The checksum of one entry, and whether it could be recomputed.
    fn entry(
        &self,
        position: Position,
        before: Option<(Position, Checksum)>,
    ) -> Result<(Checksum, bool), StoreError> {
        let key = keys::position(position);
        let row = match self.tables.tables().get(Table::Entries, &key)? {
            Some(row) => row,
            None => self
                .tables
                .tables()
                .get(Table::OldEntries, &key)?
                .ok_or_else(|| broken("an entry went away"))?,
        };
        let (checksum, canonical) = rows::entry::split(&row)?;
        let chained = before.filter(|(last, _)| last.next() == Some(position));
        if let Some((_, before)) = chained {
            let expected = rows::entry::next_checksum(before, canonical);
            ensure(checksum == expected, "a checksum does not follow from the entry before")?;
        }
        let entry = rows::entry::read(&row)?;
        ensure(entry.position == position, "an entry is at another's place")?;
        let fact = &entry.fact;
        ensure(rows::entry::canonical(position, fact) == canonical, "an entry is not in canonical form")?;
        let own = fact.issuer == self.shared.constants.own_issuer;
        let ends =
            own && fact.effect == Effect::End && fact.undoes.is_none() && !self.has(Table::Undone, &key)?;
        if let Target::Session(id) = &fact.target
            && ends
            && fact.exception.is_none()
            && let Some(listed) = self.tables.session(id)?
        {
            let ended = listed.session.state != SessionState::Active || listed.cut_by.is_some();
            ensure(ended, "a session lives on in spite of its entry")?;
        }
        Ok((checksum, chained.is_some()))
    }

    fn sessions(&self, checked: &mut Checked) -> Result<(), StoreError> {
        let mut due = BTreeSet::new();
        self.each(Table::SessionEnds, &mut |key, _| {
            due.insert(keys::read_due(key)?.1.to_vec());
            Ok(ControlFlow::Continue(()))
        })?;
        self.each(Table::Sessions, &mut |key, row| {
            let session = rows::session::read(row)?;
            ensure(session.id.as_str().as_bytes() == key, "a session is at another's place")?;
            let by_subject = keys::pair(session.subject.as_str(), session.id.as_str());
            ensure(self.has(Table::SubjectSessions, &by_subject)?, "a session is not in its subject's list")?;
            ensure(due.contains(key), "a session would never be purged")?;
            checked.sessions += 1;
            Ok(ControlFlow::Continue(()))
        })?;
        self.each(Table::SubjectSessions, &mut |key, _| {
            let id = keys::inner(key)?;
            ensure(self.has(Table::Sessions, id.as_bytes())?, "a subject's list names no session")?;
            Ok(ControlFlow::Continue(()))
        })
    }

    fn grants(&self, checked: &mut Checked) -> Result<(), StoreError> {
        self.each(Table::Grants, &mut |key, row| {
            let grant = rows::grant::read(row)?;
            ensure(grant.id.as_str().as_bytes() == key, "a grant is at another's place")?;
            let in_session = keys::pair(grant.session.as_str(), grant.id.as_str());
            ensure(self.has(Table::SessionGrants, &in_session)?, "a grant is not in its session's list")?;
            let session = grant.session.as_str().as_bytes();
            ensure(self.has(Table::Sessions, session)?, "a grant names no session")?;
            checked.grants += 1;
            Ok(ControlFlow::Continue(()))
        })?;
        self.each(Table::SessionGrants, &mut |key, _| {
            let id = keys::inner(key)?;
            ensure(self.has(Table::Grants, id.as_bytes())?, "a session's list names no grant")?;
            Ok(ControlFlow::Continue(()))
        })
    }

    fn session_index(&self) -> Result<(), StoreError> {
        let mut expected = 0;
        self.each(Table::Sessions, &mut |_, row| {
            for key in self.tables.index_keys(&rows::session::read(row)?)? {
                ensure(self.has(Table::SessionIndex, &key)?, "a session is not in the index of sessions")?;
                expected += 1;
            }
            Ok(ControlFlow::Continue(()))
        })?;
        let held = self.tables.tables().count(Table::SessionIndex)?;
        ensure(held == expected, "the index of sessions has a row of no session")
    }

    fn claim_entries(&self) -> Result<(), StoreError> {
        let mut about_claims = 0;
        self.each(Table::Targets, &mut |key, _| {
            let entry = self.tables.entry(keys::position_at_end(key)?)?;
            let entry = entry.ok_or_else(|| broken("the index of targets names no entry"))?;
            let target = index_key(&self.shared.constants.issuer_key, &entry.fact.target);
            ensure(keys::target(target, entry.position) == key, "the index of targets names another entry")?;
            about_claims += u64::from(entry.fact.target.kind() == TargetKind::Claim);
            Ok(ControlFlow::Continue(()))
        })?;
        ensure(about_claims == self.tables.claim_entries(), "entries about claims are miscounted")
    }

    fn audit(&self) -> Result<u64, StoreError> {
        let Chain { anchor, head } = self.tables.chain()?;
        let mut last = anchor;
        self.each(Table::Audit, &mut |key, row| {
            let entry = rows::audit::read(last.hash, key, row)?;
            last = last.follow(&entry).map_err(|broken| StoreError::Corrupt(broken.to_string().into()))?;
            let canonical = rows::audit::canonical(entry.sequence, &entry.fact);
            let same = rows::audit::split(row)?.1 == canonical;
            ensure(same, "an entry of the audit log is not in canonical form")?;
            Ok(ControlFlow::Continue(()))
        })?;
        ensure(last == head, "the audit log does not end where it should")?;
        Ok(last.sequence - anchor.sequence)
    }

    fn undone(&self) -> Result<(), StoreError> {
        self.each(Table::Undone, &mut |key, by| {
            let undone = keys::position_at_end(key)?;
            let by =
                self.tables.entry(keys::position_at_end(by)?)?.ok_or_else(|| broken("an undo went away"))?;
            ensure(by.fact.undoes == Some(undone), "an entry is undone by one that does not name it")?;
            let Some(entry) = self.tables.entry(undone)? else { return Ok(ControlFlow::Continue(())) };
            ensure(entry.fact.target == by.fact.target, "an undo has another target")?;
            let target = index_key(&self.shared.constants.issuer_key, &entry.fact.target);
            let indexed = self.has(Table::Targets, &keys::target(target, undone))?;
            ensure(!indexed, "an entry that was undone still ends sessions")?;
            Ok(ControlFlow::Continue(()))
        })
    }
}
