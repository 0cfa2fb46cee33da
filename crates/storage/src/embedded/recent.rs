//! The head as it was last made durable, and the latest entries up to it.

use std::collections::VecDeque;

use quash_core::position::Position;
use quash_core::revocation::entry::Entry;
use quash_core::time::Timestamp;

use crate::rows::meta::HeadRow;

/// How many entries are kept in memory, some 400 bytes each: followers that are close to the head read no disk.
const LENGTH: usize = 1024;

/// The durable head, and the entries just before it without a gap.
pub(super) struct Recent {
    head: HeadRow,
    entries: VecDeque<Entry>,
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
    pub(super) fn advance(&mut self, head: HeadRow, appended: Vec<Entry>) {
        self.head = head;
        self.entries.extend(appended);
        let surplus = self.entries.len().saturating_sub(LENGTH);
        self.entries.drain(..surplus);
    }

    /// Entries after `after` that a verifier must hold at `now`. `None` when they are not all in memory.
    pub(super) fn live_after(&self, after: Position, now: Timestamp, limit: usize) -> Option<Vec<Entry>> {
        if after >= self.head.position {
            return Some(Vec::new());
        }
        let first = self.entries.front()?.position;
        let next = after.next()?;
        let skipped = usize::try_from(next.number().checked_sub(first.number())?).ok()?;
        let live = self.entries.iter().skip(skipped).filter(|entry| entry.fact.retain_until > now);
        Some(live.take(limit).cloned().collect())
    }
}
