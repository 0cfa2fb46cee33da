//! Reading the log.

use std::ops::{Bound, ControlFlow};

use quash_core::position::Position;
use quash_core::revocation::entry::Entry;
use quash_core::revocation::record::Record;
use quash_core::time::Timestamp;

use super::Transaction;
use crate::ports::StoreError;
use crate::rows;
use crate::rows::record::Digester;
use crate::tables::{Direction, Range, Read, Table, keys};

/// For how many records room is made before there is one.
const MOST_AT_ONCE: usize = 16_384;

impl<T: Read> Transaction<'_, T> {
    /// The entry at `position`, if it is still held.
    pub(crate) fn entry(&self, position: Position) -> Result<Option<Entry>, StoreError> {
        let key = keys::position(position);
        let row = match self.tables.get(Table::Entries, &key)? {
            Some(row) => Some(row),
            None => self.tables.get(Table::OldEntries, &key)?,
        };
        row.map(|row| rows::entry::read(&row)).transpose()
    }

    /// How many entries a verifier must hold, those included that were over since the last purge.
    pub(crate) fn entries_held(&self) -> Result<u64, StoreError> {
        self.tables.count(Table::Entries)
    }

    /// Entries after `after` that a verifier must hold at `now`, in order.
    pub(crate) fn live_after(
        &self,
        after: Position,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<Entry>, StoreError> {
        let from = keys::position(after);
        let range = (Bound::Excluded(&from[..]), Bound::Unbounded);
        let mut entries = Vec::new();
        self.tables.scan(Table::Entries, range, Direction::Up, &mut |_, row| {
            if entries.len() >= limit {
                return Ok(ControlFlow::Break(()));
            }
            let entry = rows::entry::read(row)?;
            if entry.fact.retain_until > now {
                entries.push(entry);
            }
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(entries)
    }

    /// The same entries as records.
    pub(crate) fn live_records_after(
        &self,
        after: Position,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<Record>, StoreError> {
        let mut digester = Digester::new(self.constants.identity.key);
        let from = keys::position(after);
        let range = (Bound::Excluded(&from[..]), Bound::Unbounded);
        let mut records = Vec::with_capacity(limit.min(MOST_AT_ONCE));
        self.tables.scan(Table::Entries, range, Direction::Up, &mut |_, row| {
            if records.len() >= limit {
                return Ok(ControlFlow::Break(()));
            }
            records.extend(digester.live(row, now)?);
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(records)
    }

    /// Entries before `before`, newest first, those included that verifiers have forgotten.
    pub(crate) fn entries_before(
        &self,
        before: Option<Position>,
        limit: usize,
    ) -> Result<Vec<Entry>, StoreError> {
        let key = before.map(keys::position);
        let to = key.as_ref().map_or(Bound::Unbounded, |key| Bound::Excluded(&key[..]));
        let range = (Bound::Unbounded, to);
        let mut entries = self.newest(Table::Entries, range, limit)?;
        entries.extend(self.newest(Table::OldEntries, range, limit)?);
        entries.sort_unstable_by_key(|entry| std::cmp::Reverse(entry.position));
        entries.truncate(limit);
        Ok(entries)
    }

    fn newest(&self, table: Table, range: Range<'_>, limit: usize) -> Result<Vec<Entry>, StoreError> {
        let mut entries = Vec::new();
        self.tables.scan(table, range, Direction::Down, &mut |_, row| {
            if entries.len() >= limit {
                return Ok(ControlFlow::Break(()));
            }
            entries.push(rows::entry::read(row)?);
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(entries)
    }
}
