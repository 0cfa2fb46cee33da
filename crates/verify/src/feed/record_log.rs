//! What a relay serves from: the live records of the log it follows, in order.

mod chunk;
mod ordered;

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::{Mutex, MutexGuard, PoisonError};

use quash_core::planted::{self, Bug};
use quash_core::position::{Checksum, LogId, Position};
use quash_core::revocation::record::Record;
use quash_core::revocation::target_key::LogKey;
use quash_core::time::Timestamp;

pub(super) use self::ordered::Ordered;
use self::ordered::Stretch;
use super::page::Page;

/// How many positions keep their checksum, so that followers can go on from them.
const CHECKSUMS: usize = 4096;

/// Which log is relayed, and up to where it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Relayed {
    /// The log.
    pub log: LogId,
    /// The key of its digests.
    pub key: LogKey,
    /// The position before its first entry.
    pub origin: Position,
    /// Every live record up to here is held.
    pub head: Position,
    /// The log's checksum there.
    pub checksum: Checksum,
    /// Counts up whenever a snapshot took the place of what was here: followers of an earlier generation are to be
    /// sent away, and come back for a snapshot.
    pub generation: u64,
}

/// The live records of a followed log by position: written by the [`Follower`](super::Follower) of a relay, read by
/// everybody who serves from it. Its memory follows the live records, some 25 bytes each: they are held as the batches
/// they came in, and up to a third more that are over.
///
/// Nobody waits for long. A reader decodes what it reads when it let go of the lock; a writer waits for no more than
/// one other change, and a purge is one for every chunk of at most [`batch::MOST_RECORDS`](super::batch::MOST_RECORDS)
/// records.
#[derive(Debug, Default)]
pub struct RecordLog {
    /// Held over a whole change, and taken first. INVARIANT: only who holds it changes records, so that what was read
    /// of them can be put back changed.
    changing: Mutex<()>,
    /// Held for moments.
    held: Mutex<Held>,
}

#[derive(Debug, Default)]
struct Held {
    relayed: Option<Relayed>,
    generation: u64,
    records: Ordered,
    checksums: BTreeMap<Position, Checksum>,
    /// The latest of the purges here and of what those before said: what was over then may be missing.
    forgotten: Timestamp,
}

impl RecordLog {
    /// Nothing is known.
    pub fn new() -> Self {
        Self::default()
    }

    /// Which log this is; `None` before the first snapshot.
    pub fn relayed(&self) -> Option<Relayed> {
        self.lock().relayed
    }

    /// The records after `after`, up to the head or to an earlier position whose checksum is known, about
    /// `limit` of them at most. `None` when there is no such position, or `after` is not known: then the follower
    /// needs a snapshot.
    ///
    /// INVARIANT: no clock decides what is served: whatever is missing was over at [`Page::forgotten`] (I10).
    pub fn feed_after(&self, after: Position, limit: usize) -> Option<Page> {
        let (relayed, stretch, forgotten) = self.stretch(after, limit)?;
        if after > relayed.head {
            return None;
        }
        let (mut records, whole) = stretch.read();
        let reached = if whole { relayed.head } else { records.last()?.position };
        let (through, checksum) = self.lock().end_within(after, reached, &relayed)?;
        records.truncate(records.partition_point(|record| record.position <= through));
        Some(Page { records, through, checksum, forgotten })
    }

    /// One page of a snapshot: the records after `after`, at most `limit` of them (at least one). The first
    /// page is the one after [`Relayed::origin`]; the last one reaches to the head. `None` before the first
    /// snapshot came in.
    pub fn snapshot_after(&self, after: Position, limit: usize) -> Option<Page> {
        let (relayed, stretch, forgotten) = self.stretch(after, limit)?;
        let (records, whole) = stretch.read();
        let reached = records.last().map_or(relayed.head, |record| record.position);
        let through = if whole { relayed.head } else { reached };
        Some(Page { records, through, checksum: relayed.checksum, forgotten })
    }

    /// What to read after `after`, up to the head, and what was forgotten of it.
    fn stretch(&self, after: Position, limit: usize) -> Option<(Relayed, Stretch, Timestamp)> {
        let held = self.lock();
        let relayed = held.relayed?;
        Some((relayed, held.records.stretch(after, relayed.head, limit), held.forgotten))
    }

    /// The log's checksum at `position`: known for the ends of the latest pages that came in.
    pub fn checksum_at(&self, position: Position) -> Option<Checksum> {
        self.lock().checksums.get(&position).copied()
    }

    /// Forgets the records that are over at `now`: their `retain_until` is at or before it. Less than a quarter of what
    /// is left may be such records all the same, until more of those beside them are over. Returns how many went. All
    /// pages say so from here on.
    pub fn purge(&self, now: Timestamp) -> usize {
        let mut gone = self.drop_over(now);
        let mut after = Position::ZERO;
        while let Some((last, more)) = self.thin_out(after, now) {
            (after, gone) = (last, gone + more);
        }
        gone
    }

    fn drop_over(&self, now: Timestamp) -> usize {
        let _changing = self.change();
        let mut held = self.lock();
        held.forgotten = held.forgotten.max(now);
        held.records.drop_over(now)
    }

    /// Writes the first chunk after `after` anew of which much is over: where it ends, and how many records went.
    fn thin_out(&self, after: Position, now: Timestamp) -> Option<(Position, usize)> {
        let _changing = self.change();
        let thinned = self.lock().records.thinned(after, now)?;
        let left = thinned.left_at(now);
        let looked_at = (left.last, left.gone);
        self.lock().records.exchange(left);
        Some(looked_at)
    }

    /// How many records are held.
    pub fn len(&self) -> usize {
        let _changing = self.change();
        self.lock().records.len()
    }

    /// Whether no record is held.
    pub fn is_empty(&self) -> bool {
        self.lock().records.is_empty()
    }

    /// Every record that is alive at `now`.
    pub(super) fn live(&self, now: Timestamp) -> Vec<Record> {
        let records = self.lock().records.clone();
        records.into_records().filter(|record| record.retain_until > now).collect()
    }

    /// Records that were over at `forgotten` may be missing in what comes next. INVARIANT: said before it comes.
    pub(super) fn forgotten(&self, forgotten: Timestamp) {
        let mut held = self.lock();
        held.forgotten = held.forgotten.max(forgotten);
    }

    /// A complete snapshot takes the place of everything here. Where the key is the same, records that are held and
    /// that it lacks stay: nothing is removed by a feed.
    pub(super) fn replace(&self, relayed: Relayed, snapshot: Ordered) {
        let _changing = self.change();
        let mut records = self.lock().known_of(&relayed);
        // Readers go on with what was there until it is done.
        records.add_all(snapshot);
        let mut held = self.lock();
        held.records = records;
        held.generation += 1;
        held.checksums.clear();
        held.checksums.insert(relayed.head, relayed.checksum);
        held.relayed = Some(Relayed { generation: held.generation, ..relayed });
    }

    /// What followed the head: `records`, as they were decoded from `batch`.
    pub(super) fn extend(&self, records: &[Record], batch: &[u8], through: Position, checksum: Checksum) {
        let _changing = self.change();
        let mut held = self.lock();
        if !planted::is(Bug::RelayForgets) {
            held.records.add(records, batch);
        }
        held.checksums.insert(through, checksum);
        while held.checksums.len() > CHECKSUMS {
            held.checksums.pop_first();
        }
        if let Some(relayed) = &mut held.relayed {
            (relayed.head, relayed.checksum) = (through, checksum);
        }
    }

    fn change(&self) -> MutexGuard<'_, ()> {
        self.changing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock(&self) -> MutexGuard<'_, Held> {
        // Every change is whole before anything in it can panic.
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held {
    /// The records of the log that `relayed` is, too.
    fn known_of(&self, relayed: &Relayed) -> Ordered {
        let same = self.relayed.is_some_and(|before| before.key == relayed.key);
        if same { self.records.clone() } else { Ordered::default() }
    }

    /// Where a page can end that begins after `after` and got as far as `reached` in the log as `relayed` says it was:
    /// the last position whose checksum is known.
    fn end_within(
        &self,
        after: Position,
        reached: Position,
        relayed: &Relayed,
    ) -> Option<(Position, Checksum)> {
        let current = self.relayed.is_some_and(|now| now.generation == relayed.generation);
        if after == relayed.head {
            return Some((relayed.head, relayed.checksum));
        }
        let mut ends = self.checksums.range((Bound::Excluded(after), Bound::Included(reached)));
        let end = ends.next_back().filter(|_| current)?;
        Some((*end.0, *end.1))
    }
}

#[cfg(test)]
mod tests;
