//! Many records in one piece.

use quash_core::position::Position;
use quash_core::revocation::record::Record;
use quash_core::time::Timestamp;

use crate::feed::batch;

/// A batch that takes more bytes a record than this has something in it that is not known here.
const MOST_BYTES: usize = 96;

/// Records of rising positions, encoded: some 25 bytes each. At least one, at most [`batch::MOST_RECORDS`].
#[derive(Debug)]
pub(super) struct Chunk {
    pub(super) first: Position,
    pub(super) last: Position,
    /// How many there are.
    pub(super) count: usize,
    /// All of them are over at this instant.
    pub(super) over_at: Timestamp,
    /// A quarter of them is over at this instant.
    pub(super) thinned_at: Timestamp,
    /// INVARIANT: it decodes.
    batch: Box<[u8]>,
}

impl Chunk {
    /// `records`, positions rising; `None` for none at all.
    pub(super) fn of(records: &[Record]) -> Option<Self> {
        Self::holding(records, batch::encode(records).into())
    }

    /// `records`, as they were decoded from `batch`.
    pub(super) fn of_batch(records: &[Record], batch: &[u8]) -> Option<Self> {
        if batch.len() > records.len() * MOST_BYTES {
            return Self::of(records);
        }
        Self::holding(records, batch.into())
    }

    fn holding(records: &[Record], batch: Box<[u8]>) -> Option<Self> {
        let (first, last) = (records.first()?.position, records.last()?.position);
        let mut ends: Vec<Timestamp> = records.iter().map(|record| record.retain_until).collect();
        let over_at = ends.iter().copied().max()?;
        let quarter = ends.len().div_ceil(4).saturating_sub(1);
        let (_, thinned_at, _) = ends.select_nth_unstable(quarter);
        Some(Self { first, last, count: records.len(), over_at, thinned_at: *thinned_at, batch })
    }

    #[cfg(test)]
    pub(super) fn bytes(&self) -> usize {
        self.batch.len()
    }

    /// The records. Some 0.1 µs each.
    pub(super) fn records(&self) -> Vec<Record> {
        // It decoded when it came, or was encoded here.
        batch::decode(&self.batch).unwrap_or_default()
    }
}
