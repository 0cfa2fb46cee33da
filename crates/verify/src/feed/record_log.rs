//! What a relay serves from: the live records of the log it follows, in order.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::{Mutex, MutexGuard, PoisonError};

use quash_core::planted::{self, Bug};
use quash_core::position::{Checksum, LogId, Position};
use quash_core::revocation::record::Record;
use quash_core::revocation::target_key::LogKey;
use quash_core::time::Timestamp;

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
/// everybody who serves from it. Its memory follows the live records, some 200 bytes each.
#[derive(Debug, Default)]
pub struct RecordLog(Mutex<Held>);

#[derive(Debug, Default)]
struct Held {
    relayed: Option<Relayed>,
    generation: u64,
    records: BTreeMap<Position, Record>,
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
        let held = self.lock();
        let relayed = held.relayed.filter(|relayed| after <= relayed.head)?;
        let (records, whole) = held.after(after, relayed.head, limit);
        let reached = if whole { relayed.head } else { records.last()?.position };
        let ends = held.checksums.range((Bound::Excluded(after), Bound::Included(reached)));
        let (through, checksum) = match ends.last() {
            Some((through, checksum)) => (*through, *checksum),
            None if after == relayed.head => (relayed.head, relayed.checksum),
            None => return None,
        };
        let records = records.into_iter().filter(|record| record.position <= through).collect();
        Some(Page { records, through, checksum, forgotten: held.forgotten })
    }

    /// One page of a snapshot: the records after `after`, at most `limit` of them (at least one). The first
    /// page is the one after [`Relayed::origin`]; the last one reaches to the head. `None` before the first
    /// snapshot came in.
    pub fn snapshot_after(&self, after: Position, limit: usize) -> Option<Page> {
        let held = self.lock();
        let relayed = held.relayed?;
        let (records, whole) = held.after(after, relayed.head, limit);
        let reached = records.last().map_or(relayed.head, |record| record.position);
        let through = if whole { relayed.head } else { reached };
        Some(Page { records, through, checksum: relayed.checksum, forgotten: held.forgotten })
    }

    /// The log's checksum at `position`: known for the ends of the latest pages that came in.
    pub fn checksum_at(&self, position: Position) -> Option<Checksum> {
        self.lock().checksums.get(&position).copied()
    }

    /// Forgets the records that are over at `now`: their `retain_until` is at or before it. Returns how many went.
    /// All pages say so from here on.
    pub fn purge(&self, now: Timestamp) -> usize {
        let mut held = self.lock();
        held.forgotten = held.forgotten.max(now);
        let before = held.records.len();
        held.records.retain(|_, record| record.retain_until > now);
        before.saturating_sub(held.records.len())
    }

    /// How many records are held.
    pub fn len(&self) -> usize {
        self.lock().records.len()
    }

    /// Whether no record is held.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Every record that is alive at `now`.
    pub(super) fn live(&self, now: Timestamp) -> Vec<Record> {
        let held = self.lock();
        held.records.values().filter(|record| record.retain_until > now).cloned().collect()
    }

    /// Records that were over at `forgotten` may be missing in what comes next. INVARIANT: said before it comes.
    pub(super) fn forgotten(&self, forgotten: Timestamp) {
        let mut held = self.lock();
        held.forgotten = held.forgotten.max(forgotten);
    }

    /// A complete snapshot takes the place of everything here. Where the key is the same, records that are held and
    /// that it lacks stay: nothing is removed by a feed.
    pub(super) fn replace(&self, relayed: Relayed, records: Vec<Record>) {
        let mut held = self.lock();
        let same = held.relayed.is_some_and(|before| before.key == relayed.key);
        if !same {
            held.records.clear();
        }
        held.records.extend(records.into_iter().map(|record| (record.position, record)));
        held.generation += 1;
        held.checksums.clear();
        held.checksums.insert(relayed.head, relayed.checksum);
        held.relayed = Some(Relayed { generation: held.generation, ..relayed });
    }

    /// What followed the head.
    pub(super) fn extend(&self, records: &[Record], through: Position, checksum: Checksum) {
        let mut held = self.lock();
        if !planted::is(Bug::RelayForgets) {
            held.records.extend(records.iter().map(|record| (record.position, record.clone())));
        }
        held.checksums.insert(through, checksum);
        while held.checksums.len() > CHECKSUMS {
            held.checksums.pop_first();
        }
        if let Some(relayed) = &mut held.relayed {
            (relayed.head, relayed.checksum) = (through, checksum);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Held> {
        // Every change is whole before anything in it can panic.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held {
    /// At most `limit` records after `after`, and whether those are all up to `head`.
    fn after(&self, after: Position, head: Position, limit: usize) -> (Vec<Record>, bool) {
        if after >= head {
            return (Vec::new(), true);
        }
        let limit = limit.max(1);
        let beyond = self.records.range((Bound::Excluded(after), Bound::Included(head)));
        let beyond = beyond.map(|(_, record)| record);
        let mut records: Vec<Record> = beyond.take(limit.saturating_add(1)).cloned().collect();
        let whole = records.len() <= limit;
        records.truncate(limit);
        (records, whole)
    }
}
