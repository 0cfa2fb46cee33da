//! A snapshot on its way.

use std::collections::HashSet;

use quash_core::position::Position;
use quash_core::revocation::record::Record;
use quash_core::revocation::state::RevocationState;
use quash_core::revocation::target_key::{LogKey, TargetKey};

use crate::feed::fault::Fault;
use crate::feed::frame::seal::sum;
use crate::feed::frame::{SnapshotBegin, SnapshotChunk, SnapshotEnd};
use crate::feed::record_log::Ordered;
use crate::feed::state_file::Tally;

/// The part of a snapshot that came in so far.
pub(super) struct Incoming {
    pub(super) begin: SnapshotBegin,
    /// The state in the making, where the key is another one. Else what comes in takes effect at once.
    pub(super) state: Option<RevocationState>,
    /// Everything that came in, for a relay.
    pub(super) kept: Option<Ordered>,
    /// What came in, by place and target, when it is to be found out what it lacks.
    pub(super) seen: Option<HashSet<(Position, TargetKey)>>,
    pub(super) tally: Tally,
    last: Position,
    sum: [u8; 16],
    records: u64,
}

impl Incoming {
    pub(super) fn begin(begin: SnapshotBegin) -> Self {
        Self {
            begin,
            state: None,
            kept: None,
            seen: None,
            tally: Tally::default(),
            last: Position::ZERO,
            sum: [0; 16],
            records: 0,
        }
    }

    /// Whether `chunk` follows those before it.
    pub(super) fn check(&mut self, chunk: &SnapshotChunk<'_>, key: &LogKey) -> Result<(), Fault> {
        let sum = sum(key, &[&self.sum, chunk.batch]);
        if sum != chunk.sum {
            return Err(Fault::SnapshotSum);
        }
        self.sum = sum;
        Ok(())
    }

    /// Whether `records`, as they were decoded from `batch`, lie beyond those before them, and within the snapshot;
    /// rising they are in every batch.
    pub(super) fn admit(&mut self, records: &[Record], batch: &[u8]) -> Result<(), Fault> {
        let (Some(first), Some(last)) = (records.first(), records.last()) else { return Ok(()) };
        let back = |before, after| Err(Fault::Back { what: "a record", before, after });
        if first.position <= self.last {
            return back(self.last, first.position);
        }
        if last.position > self.begin.through {
            return back(last.position, self.begin.through);
        }
        self.last = last.position;
        self.records += records.len() as u64;
        self.tally.note_all(records);
        if let Some(kept) = &mut self.kept {
            kept.add(records, batch);
        }
        if let Some(seen) = &mut self.seen {
            seen.extend(records.iter().map(|record| (record.position, record.key)));
        }
        Ok(())
    }

    /// Whether those were all.
    pub(super) fn end(&self, end: &SnapshotEnd) -> Result<(), Fault> {
        if end.sum == self.sum && end.records == self.records { Ok(()) } else { Err(Fault::SnapshotSum) }
    }
}
