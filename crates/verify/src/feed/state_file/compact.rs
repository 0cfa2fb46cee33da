//! Rewriting a local file with what still counts.

use std::collections::BTreeMap;

use quash_core::position::Position;
use quash_core::revocation::record::Record;
use quash_core::time::Timestamp;

use super::{LogPiece, PartPiece, PlacePiece, StateDamaged, StatePiece, Tally, beginning_with, pieces};
use crate::feed::batch;

/// A local file that was rewritten.
#[derive(Clone, PartialEq, Eq)]
pub struct Compacted {
    /// The whole new file. It says the same as the one before, at the instant of the rewrite and after.
    pub bytes: Vec<u8>,
    /// How many records are in it.
    pub records: usize,
    pub(in crate::feed) tally: Tally,
}

impl std::fmt::Debug for Compacted {
    /// The bytes hold the log's key.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Compacted").field("records", &self.records).finish_non_exhaustive()
    }
}

/// The file without the records that are over at `now`, without those that stand in it twice, and without the trusts
/// before the last. What is torn at its end is left out as well.
///
/// A file without a complete log in it comes out empty of logs: there is nothing in it that could be resumed.
///
/// # Errors
/// [`StateDamaged`], as when it is loaded.
pub fn compact(file: &[u8], now: Timestamp) -> Result<Compacted, StateDamaged> {
    let mut kept = Kept { ratchet: now.milliseconds(), ..Kept::default() };
    let mut pieces = pieces(file)?;
    while let Some((piece, _)) = pieces.next_piece() {
        if !kept.take(piece) {
            break;
        }
    }
    Ok(kept.write(now))
}

/// All logs of a file, oldest first.
#[derive(Default)]
struct Kept<'f> {
    logs: Vec<Log>,
    /// The log whose snapshot is not complete.
    begun: Option<Log>,
    trust: Option<super::TrustPiece<'f>>,
    ratchet: u64,
}

/// One log, or several that share their key, as they follow one another.
struct Log {
    is: LogPiece,
    place: Option<PlacePiece>,
    /// What it goes on as, once the snapshot that was begun is complete.
    becoming: Option<LogPiece>,
    /// By position and target: two histories of one log can have two records at one position.
    records: BTreeMap<(u64, [u64; 2]), Record>,
}

impl Log {
    fn is_at(&self, position: Position) -> bool {
        self.place.is_some_and(|place| place.through == position)
    }

    fn complete(&mut self, place: PlacePiece) {
        self.is = self.becoming.take().unwrap_or(self.is);
        self.place = Some(place);
    }
}

impl<'f> Kept<'f> {
    /// Whether `piece` made sense.
    fn take(&mut self, piece: StatePiece<'f>) -> bool {
        match piece {
            StatePiece::Log(is) => self.begin(is),
            StatePiece::Trust(trust) => self.trust = Some(trust),
            StatePiece::Ratchet(milliseconds) => self.ratchet = self.ratchet.max(milliseconds),
            StatePiece::Part(PartPiece { batch }) => return self.records(batch),
            StatePiece::Place(place) => return self.complete(place),
            StatePiece::Records(records) => {
                let follows = |log: &Log| log.becoming.is_none() && log.is_at(records.from);
                return self.begun.is_none()
                    && self.logs.last().is_some_and(follows)
                    && self.records(records.batch)
                    && self.complete(PlacePiece { through: records.through, checksum: records.checksum });
            }
        }
        true
    }

    /// Parts of the key that is in force take effect at once, others only when they are complete.
    fn begin(&mut self, is: LogPiece) {
        self.begun = None;
        match self.logs.last_mut() {
            Some(log) if log.is.key == is.key => log.becoming = Some(is),
            _ => self.begun = Some(Log { is, place: None, becoming: None, records: BTreeMap::new() }),
        }
    }

    fn current(&mut self) -> Option<&mut Log> {
        self.begun.as_mut().or(self.logs.last_mut())
    }

    fn records(&mut self, bytes: &[u8]) -> bool {
        let (Ok(records), Some(log)) = (batch::decode(bytes), self.current()) else { return false };
        let keyed =
            records.into_iter().map(|record| ((record.position.number(), record.key.halves()), record));
        log.records.extend(keyed);
        true
    }

    fn complete(&mut self, place: PlacePiece) -> bool {
        self.logs.extend(self.begun.take());
        self.logs.last_mut().map(|log| log.complete(place)).is_some()
    }

    fn write(self, now: Timestamp) -> Compacted {
        let mut bytes = beginning_with(&StatePiece::Ratchet(self.ratchet).encode());
        let mut tally = Tally::default();
        let mut written = 0;
        let last = self.logs.len().saturating_sub(1);
        for (place, log) in self.logs.into_iter().enumerate() {
            let live: Vec<Record> =
                log.records.into_values().filter(|record| record.retain_until > now).collect();
            if live.is_empty() && place != last {
                continue;
            }
            written += live.len();
            tally.note_all(&live);
            bytes.extend(StatePiece::Log(log.is).encode());
            for records in rising(live) {
                bytes.extend(StatePiece::Part(PartPiece { batch: &batch::encode(&records) }).encode());
            }
            if let Some(place) = log.place {
                bytes.extend(StatePiece::Place(place).encode());
            }
        }
        if let Some(trust) = self.trust {
            bytes.extend(StatePiece::Trust(trust).encode());
        }
        Compacted { bytes, records: written, tally }
    }
}

/// `records`, which are sorted by position, in batches whose positions rise.
pub(in crate::feed) fn rising(records: Vec<Record>) -> Vec<Vec<Record>> {
    let mut batches = Vec::new();
    let mut rest = records;
    while !rest.is_empty() {
        let (mut batch, mut left): (Vec<Record>, Vec<Record>) = (Vec::new(), Vec::new());
        for record in rest {
            if batch.last().is_some_and(|last| last.position >= record.position) {
                left.push(record);
                continue;
            }
            if batch.len() >= batch::MOST_RECORDS {
                batches.push(std::mem::take(&mut batch));
            }
            batch.push(record);
        }
        batches.push(batch);
        rest = left;
    }
    batches
}
