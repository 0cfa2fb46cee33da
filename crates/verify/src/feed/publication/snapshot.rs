//! A snapshot on its way out.

use quash_core::position::{Checksum, Position};
use quash_core::revocation::target_key::LogKey;
use quash_core::time::Timestamp;

use crate::feed::batch;
use crate::feed::frame::seal::sum;
use crate::feed::frame::{SnapshotBegin, SnapshotChunk, SnapshotEnd, ToFollower};
use crate::feed::page::Page;

/// The part of a snapshot that was sent so far.
#[derive(Debug)]
pub(super) struct Snapshot {
    begin: SnapshotBegin,
    pub(super) after: Position,
    sum: [u8; 16],
    records: u64,
    /// The latest that a page said.
    forgotten: Timestamp,
}

impl Snapshot {
    /// A snapshot of the log whose head is `through`.
    pub(super) fn begin(origin: Position, through: Position, checksum: Checksum) -> Self {
        let begin = SnapshotBegin { through, checksum };
        Self { begin, after: origin, sum: [0; 16], records: 0, forgotten: Timestamp::EPOCH }
    }

    pub(super) fn through(&self) -> Position {
        self.begin.through
    }

    pub(super) fn first_message(&self, key: &LogKey) -> Vec<u8> {
        ToFollower::SnapshotBegin(self.begin).encode(key)
    }

    /// The messages for a page. What lies beyond the snapshot is left for later.
    pub(super) fn messages(&mut self, page: Page, key: &LogKey) -> Vec<Vec<u8>> {
        let Page { mut records, through, forgotten, .. } = page;
        self.forgotten = self.forgotten.max(forgotten);
        records.retain(|record| record.position <= self.begin.through);
        self.after = through;
        self.records += records.len() as u64;
        let mut messages = Vec::new();
        for records in records.chunks(batch::MOST_RECORDS) {
            let batch = &batch::encode(records)[..];
            self.sum = sum(key, &[&self.sum, batch]);
            messages.push(ToFollower::SnapshotChunk(SnapshotChunk { batch, sum: self.sum }).encode(key));
        }
        if self.is_complete() {
            let end = SnapshotEnd { sum: self.sum, records: self.records, forgotten: self.forgotten };
            messages.push(ToFollower::SnapshotEnd(end).encode(key));
        }
        messages
    }

    pub(super) fn is_complete(&self) -> bool {
        self.after >= self.begin.through
    }
}
