//! Reading the log for a feed.

use std::ops::{Bound, ControlFlow};

use quash_core::position::{Checksum, Position};
use quash_core::revocation::record::Record;
use quash_core::time::Timestamp;

use super::Transaction;
use crate::ports::{FeedPage, StoreError};
use crate::rows;
use crate::rows::record::Digester;
use crate::tables::{Direction, Read, Table, keys};

/// For how many records room is made before there is one.
const MOST_AT_ONCE: usize = 4_096;

impl<T: Read> Transaction<'_, T> {
    /// What a verifier must hold at `now` of what came after `after`, and how far that reaches.
    pub(crate) fn feed_after(
        &self,
        after: Position,
        now: Timestamp,
        limit: usize,
    ) -> Result<FeedPage, StoreError> {
        let limit = limit.max(1);
        let mut digester = Digester::new(self.constants.identity.key);
        let from = keys::position(after);
        let range = (Bound::Excluded(&from[..]), Bound::Unbounded);
        let mut records = Vec::with_capacity(limit.min(MOST_AT_ONCE));
        let mut full_at = None;
        let mut last = Checksum::default();
        self.tables.scan(Table::Entries, range, Direction::Up, &mut |_, row| {
            let Some(record) = digester.live(row, now)? else { return Ok(ControlFlow::Continue(())) };
            if records.len() >= limit {
                full_at = records.last().map(|record: &Record| record.position);
                return Ok(ControlFlow::Break(()));
            }
            (last, _) = rows::entry::split(row)?;
            records.push(record);
            Ok(ControlFlow::Continue(()))
        })?;
        let head = self.head();
        // INVARIANT: the rows and the head are of one snapshot, so what lies between the last row and the head was
        // forgotten, or is over at `now`.
        let (through, checksum) = full_at.map_or((head.position, head.checksum), |at| (at, last));
        Ok(FeedPage { records, through, checksum })
    }

    /// The checksum at `position`; `None` for one that this log never reached, or no longer knows.
    pub(crate) fn checksum_at(&self, position: Position) -> Result<Option<Checksum>, StoreError> {
        let head = self.head();
        if position == head.position {
            return Ok(Some(head.checksum));
        }
        if position == self.constants.identity.origin {
            return Ok(Some(rows::entry::first_checksum(&self.constants.identity)));
        }
        let key = keys::position(position);
        let row = match self.tables.get(Table::Entries, &key)? {
            Some(row) => Some(row),
            None => self.tables.get(Table::OldEntries, &key)?,
        };
        row.map(|row| Ok(rows::entry::split(&row)?.0)).transpose()
    }
}
