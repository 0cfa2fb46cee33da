//! Records by position, held in little memory.

use std::collections::BTreeMap;
use std::ops::{Bound, Range};
use std::sync::Arc;

use quash_core::position::Position;
use quash_core::revocation::record::Record;
use quash_core::time::Timestamp;

use super::chunk::Chunk;
use crate::feed::batch;

/// A batch of fewer records than this becomes no chunk of its own.
const FEW: usize = if cfg!(test) { 4 } else { 512 };

/// So many records that came a few at a time become a chunk.
const MANY: usize = 2 * FEW;

/// Records by position, one at each: the one that came last.
#[derive(Clone, Debug, Default)]
pub(in crate::feed) struct Ordered {
    /// Positions rise within each and from one to the next.
    chunks: Vec<Arc<Chunk>>,
    /// What came last, fewer than [`MANY`]. Where a chunk has a record at the same position, this one counts.
    recent: BTreeMap<Position, Record>,
}

impl Ordered {
    /// Takes in `records`, positions rising, as they were decoded from `batch`. Where they lie beyond all others, as
    /// they do but for a log that became another one, that is an insertion each, or the batch as it stands.
    pub(in crate::feed) fn add(&mut self, records: &[Record], batch: &[u8]) {
        if records.len() < FEW {
            self.recent.extend(records.iter().map(|record| (record.position, record.clone())));
            if self.recent.len() >= MANY {
                self.seal();
            }
        } else if let Some(chunk) = Chunk::of_batch(records, batch) {
            self.seal();
            self.place(Arc::new(chunk), records);
        }
    }

    /// Takes in everything in `later`.
    pub(super) fn add_all(&mut self, later: Self) {
        if self.is_empty() {
            *self = later;
            return;
        }
        self.seal();
        for chunk in later.chunks {
            let records = chunk.records();
            self.place(chunk, &records);
        }
        self.recent = later.recent;
    }

    /// Makes chunks of what is in none.
    fn seal(&mut self) {
        let recent: Vec<Record> = std::mem::take(&mut self.recent).into_values().collect();
        for records in recent.chunks(batch::MOST_RECORDS) {
            if let Some(chunk) = Chunk::of(records) {
                self.place(Arc::new(chunk), records);
            }
        }
    }

    /// Puts `chunk` in its place. Of the chunks that it overlaps stays what it has no record for.
    fn place(&mut self, chunk: Arc<Chunk>, records: &[Record]) {
        let from = self.chunks.partition_point(|held| held.last < chunk.first);
        let until = self.chunks.partition_point(|held| held.first <= chunk.last);
        let overlapped = self.chunks.get(from..until).unwrap_or_default();
        if overlapped.is_empty() {
            return self.chunks.insert(from, chunk);
        }
        let (first, last) = (chunk.first, chunk.last);
        let held = overlapped.iter().flat_map(|held| held.records()).collect();
        let all = united(held, records.to_vec());
        let (before, rest) = all.split_at(all.partition_point(|record| record.position < first));
        let (within, after) = rest.split_at(rest.partition_point(|record| record.position <= last));
        let mut chunks = encoded(before);
        if within.len() == records.len() {
            chunks.push(chunk);
        } else {
            chunks.extend(encoded(within));
        }
        chunks.extend(encoded(after));
        self.chunks.splice(from..until, chunks);
    }

    /// Everything there is to know of the records after `after`, up to `until`, to read `limit` of them. Decodes
    /// nothing: some hundred bytes a chunk are copied, and what is in none.
    pub(super) fn stretch(&self, after: Position, until: Position, limit: usize) -> Stretch {
        let limit = limit.max(1);
        let mut stretch = Stretch { after, until, limit, chunks: Vec::new(), recent: Vec::new() };
        if after >= until {
            return stretch;
        }
        let from = self.chunks.partition_point(|chunk| chunk.last <= after);
        let mut sure = 0;
        for chunk in self.chunks.iter().skip(from).take_while(|chunk| chunk.first <= until) {
            stretch.chunks.push(Arc::clone(chunk));
            if sure >= limit {
                // Enough, and this one says that there is more.
                break;
            }
            sure += if chunk.first > after { chunk.count } else { 0 };
        }
        let recent = self.recent.range((Bound::Excluded(after), Bound::Included(until)));
        stretch.recent = recent.take(limit.saturating_add(1)).map(|(_, record)| record.clone()).collect();
        stretch
    }

    /// All records, in order. Some 0.1 µs each.
    pub(super) fn into_records(mut self) -> impl Iterator<Item = Record> {
        self.settle();
        self.chunks.into_iter().flat_map(|chunk| chunk.records()).chain(self.recent.into_values())
    }

    /// How many records there are.
    pub(super) fn len(&mut self) -> usize {
        self.settle();
        self.chunks.iter().map(|chunk| chunk.count).sum::<usize>() + self.recent.len()
    }

    /// How many bytes its chunks take.
    #[cfg(test)]
    pub(super) fn bytes(&self) -> usize {
        self.chunks.iter().map(|chunk| size_of::<Chunk>() + chunk.bytes()).sum()
    }

    #[cfg(test)]
    pub(super) fn chunks(&self) -> usize {
        self.chunks.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.chunks.is_empty() && self.recent.is_empty()
    }

    /// Sees to it that no position is held twice.
    fn settle(&mut self) {
        let first = self.recent.first_key_value().map(|(position, _)| *position);
        if let (Some(first), Some(last)) = (first, self.chunks.last())
            && first <= last.last
        {
            self.seal();
        }
    }

    /// Drops the chunks that are over at `now`, and what is over of the rest where it costs nothing. Returns how many
    /// records went.
    pub(super) fn drop_over(&mut self, now: Timestamp) -> usize {
        let before = self.len();
        self.chunks.retain(|chunk| chunk.over_at > now);
        self.recent.retain(|_, record| record.retain_until > now);
        before.saturating_sub(self.len())
    }

    /// The first chunk after `after` of which a quarter is over at `now`.
    pub(super) fn thinned(&self, after: Position, now: Timestamp) -> Option<Thinned> {
        let from = self.chunks.partition_point(|chunk| chunk.last <= after);
        let place = from + self.chunks.iter().skip(from).position(|chunk| chunk.thinned_at <= now)?;
        let chunk = Arc::clone(self.chunks.get(place)?);
        let before = place.checked_sub(1).and_then(|before| self.chunks.get(before)).cloned();
        let after = self.chunks.get(place + 1).cloned();
        Some(Thinned { place, before, chunk, after })
    }

    /// Puts what is left in the place of what it is left of. INVARIANT: nothing changed since that was found.
    pub(super) fn exchange(&mut self, left: Left) {
        self.chunks.splice(left.of, left.chunk.map(Arc::new));
    }
}

/// A chunk that is worth writing anew, and those beside it.
pub(super) struct Thinned {
    place: usize,
    before: Option<Arc<Chunk>>,
    chunk: Arc<Chunk>,
    after: Option<Arc<Chunk>>,
}

/// What is left of one chunk or several.
pub(super) struct Left {
    of: Range<usize>,
    chunk: Option<Chunk>,
    /// The last position that was looked at.
    pub(super) last: Position,
    /// How many records went.
    pub(super) gone: usize,
}

impl Thinned {
    /// What is left at `now`, in one chunk with what stands beside it where that is little.
    pub(super) fn left_at(self, now: Timestamp) -> Left {
        let Self { place, before, chunk, after } = self;
        let alive = |chunk: &Chunk| {
            let mut records = chunk.records();
            records.retain(|record| record.retain_until > now);
            records
        };
        let (mut of, mut last, mut count) = (place..place + 1, chunk.last, chunk.count);
        let mut records = alive(&chunk);
        if let Some(before) = before.filter(|before| before.count + records.len() <= MANY) {
            records.splice(..0, alive(&before));
            (of.start, count) = (place - 1, count + before.count);
        }
        if let Some(after) = after.filter(|after| after.count + records.len() <= MANY) {
            records.extend(alive(&after));
            (of.end, last, count) = (place + 2, after.last, count + after.count);
        }
        Left { of, chunk: Chunk::of(&records), last, gone: count - records.len() }
    }
}

/// Some of the records, to be read without keeping anybody waiting.
pub(super) struct Stretch {
    after: Position,
    until: Position,
    limit: usize,
    chunks: Vec<Arc<Chunk>>,
    recent: Vec<Record>,
}

impl Stretch {
    /// The first records, as many as were asked for, and whether those are all. Some 0.1 µs a record of every chunk
    /// that is touched.
    pub(super) fn read(self) -> (Vec<Record>, bool) {
        let mut older: Vec<Record> = Vec::new();
        let mut whole = true;
        for chunk in &self.chunks {
            if older.len() >= self.limit {
                whole = false;
                break;
            }
            let within = |record: &Record| record.position > self.after && record.position <= self.until;
            older.extend(chunk.records().into_iter().filter(within));
        }
        let mut records = united(older, self.recent);
        whole &= records.len() <= self.limit;
        records.truncate(self.limit);
        (records, whole)
    }
}

/// Both, in order; where both have a record at one position, the newer one.
fn united(older: Vec<Record>, mut newer: Vec<Record>) -> Vec<Record> {
    let place = |record: &Record| record.position;
    if older.is_empty() {
        return newer;
    }
    if newer.is_empty() || older.last().map(place) < newer.first().map(place) {
        let mut all = older;
        all.append(&mut newer);
        return all;
    }
    // INVARIANT: the sort is stable, and of equals the first one stays.
    newer.extend(older);
    newer.sort_by_key(place);
    newer.dedup_by_key(|record| place(record));
    newer
}

/// `records`, positions rising, in chunks.
fn encoded(records: &[Record]) -> Vec<Arc<Chunk>> {
    records.chunks(batch::MOST_RECORDS).filter_map(Chunk::of).map(Arc::new).collect()
}
