//! The head as it was last made durable, and the latest entries up to it.

use std::collections::VecDeque;

use quash_core::position::{Checksum, Position};
use quash_core::revocation::entry::Entry;
use quash_core::revocation::record::Record;
use quash_core::revocation::target_key::LogKey;
use quash_core::time::Timestamp;

use crate::ports::FeedPage;
use crate::rows::meta::HeadRow;
use crate::transaction::Link;

/// How many entries are kept in memory, some 400 bytes each: followers that are close to the head read no disk.
const LENGTH: usize = 1024;

/// The durable head, and the entries just before it without a gap.
pub(super) struct Recent {
    head: HeadRow,
    entries: VecDeque<Held>,
}

/// An entry in the forms that it is asked for in.
pub(super) struct Held {
    entry: Entry,
    record: Record,
    checksum: Checksum,
}

impl Held {
    pub(super) fn new(Link { entry, checksum }: Link, key: &LogKey) -> Self {
        Self { record: entry.record(key), entry, checksum }
    }

    fn is_live(&self, now: Timestamp) -> bool {
        self.record.retain_until > now
    }
}

impl Recent {
    /// Nothing but the head.
    pub(super) fn new(head: HeadRow) -> Self {
        Self { head, entries: VecDeque::new() }
    }

    /// The durable head.
    pub(super) fn head(&self) -> HeadRow {
        self.head
    }

    /// Moves on: `appended` are durable, and lead without a gap to `head`.
    pub(super) fn advance(&mut self, head: HeadRow, appended: Vec<Held>) {
        self.head = head;
        self.entries.extend(appended);
        let surplus = self.entries.len().saturating_sub(LENGTH);
        self.entries.drain(..surplus);
    }

    /// Entries after `after` that a verifier must hold at `now`. `None` when they are not all in memory.
    pub(super) fn live_after(&self, after: Position, now: Timestamp, limit: usize) -> Option<Vec<Entry>> {
        let live = self.after(after)?.filter(|held| held.is_live(now));
        Some(live.take(limit).map(|held| held.entry.clone()).collect())
    }

    /// The same as records.
    pub(super) fn live_records_after(
        &self,
        after: Position,
        now: Timestamp,
        limit: usize,
    ) -> Option<Vec<Record>> {
        let live = self.after(after)?.filter(|held| held.is_live(now));
        Some(live.take(limit).map(|held| held.record.clone()).collect())
    }

    /// The same as a page of the feed.
    pub(super) fn feed_after(&self, after: Position, now: Timestamp, limit: usize) -> Option<FeedPage> {
        let mut live = self.after(after)?.filter(|held| held.is_live(now));
        let (mut records, mut through, mut checksum) = (Vec::new(), after, self.head.checksum);
        for held in live.by_ref().take(limit.max(1)) {
            records.push(held.record.clone());
            (through, checksum) = (held.entry.position, held.checksum);
        }
        if live.next().is_none() {
            (through, checksum) = (self.head.position, self.head.checksum);
        }
        Some(FeedPage { records, through, checksum })
    }

    /// The checksum at `position`, if it is in memory.
    pub(super) fn checksum_at(&self, position: Position) -> Option<Checksum> {
        if position == self.head.position {
            return Some(self.head.checksum);
        }
        let held = self.entries.get(self.index_of(position)?)?;
        Some(held.checksum)
    }

    /// Everything after `after`; `None` when it is not all in memory.
    fn after(&self, after: Position) -> Option<impl Iterator<Item = &Held>> {
        let skipped =
            if after >= self.head.position { self.entries.len() } else { self.index_of(after.next()?)? };
        Some(self.entries.iter().skip(skipped))
    }

    /// Where the entry at `position` is; `None` before the first that is held.
    fn index_of(&self, position: Position) -> Option<usize> {
        let first = self.entries.front()?.entry.position;
        usize::try_from(position.number().checked_sub(first.number())?).ok()
    }
}
