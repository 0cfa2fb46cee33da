//! What is held here of a log that lost entries.

use std::collections::HashSet;

use quash_core::position::Position;
use quash_core::revocation::record::Record;
use quash_core::revocation::target_key::{LogKey, TargetKey};
use quash_core::time::Timestamp;

use super::Follower;
use super::action::Action;
use super::incoming::Incoming;
use crate::feed::alarm::Alarm;
use crate::feed::batch;
use crate::feed::frame::{Held, ToServer};
use crate::feed::state_file::{self, PartPiece, RecordsPiece, StateDamaged, StatePiece};

/// The records of a snapshot that is known to lack some, until the local file was read for those.
pub(super) struct Recall {
    key: LogKey,
    seen: HashSet<(Position, TargetKey)>,
}

/// What was found out when a snapshot of a log that lost entries was complete.
pub(super) enum Lost {
    /// Nothing was lost.
    Nothing,
    /// These records.
    Records(Vec<Record>),
    /// What the local file has and the snapshot has not.
    InFile(Recall),
}

fn place_of(record: &Record) -> (Position, TargetKey) {
    (record.position, record.key)
}

/// Where the records stand that `records` undo.
fn undone_by(records: &[Record]) -> HashSet<(Position, TargetKey)> {
    records.iter().filter_map(|record| Some((record.undoes?, record.key))).collect()
}

impl Follower {
    /// What is held here and not in the snapshot. Before the snapshot takes its place.
    pub(super) fn find_lost(&self, incoming: &mut Incoming, wall: Timestamp) -> Lost {
        let (Some(seen), Some(place)) = (incoming.seen.take(), self.place) else { return Lost::Nothing };
        let Some(relay) = &self.relay else { return Lost::InFile(Recall { key: place.key, seen }) };
        let mut records = relay.live(wall);
        let undone = undone_by(&records);
        records.retain(|record| !seen.contains(&place_of(record)) && !undone.contains(&place_of(record)));
        Lost::Records(records)
    }

    pub(super) fn report_lost(&mut self, lost: Lost) {
        match lost {
            Lost::Nothing => {}
            Lost::Records(records) => self.report(records),
            Lost::InFile(recall) => {
                self.recall = Some(recall);
                self.actions.push_back(Action::ReadBack);
            }
        }
    }

    /// The bytes of the local file, which [`Action::ReadBack`] asked for: what is in it and was not in the snapshot
    /// is sent to the server, which lost it.
    ///
    /// # Errors
    /// [`StateDamaged`] when it is no such file.
    pub fn read_back(&mut self, file: &[u8], wall: Timestamp) -> Result<(), StateDamaged> {
        let Some(recall) = self.recall.take() else { return Ok(()) };
        let mut pieces = state_file::pieces(file)?;
        let (mut found, mut undone, mut ours) = (Vec::new(), HashSet::new(), false);
        while let Some((piece, _)) = pieces.next_piece() {
            let bytes = match piece {
                StatePiece::Log(log) => {
                    ours = log.key == recall.key;
                    continue;
                }
                StatePiece::Part(PartPiece { batch }) | StatePiece::Records(RecordsPiece { batch, .. }) => {
                    batch
                }
                _ => continue,
            };
            let records = batch::decode(bytes).unwrap_or_default();
            if ours {
                undone.extend(undone_by(&records));
                let missing =
                    |record: &Record| record.retain_until > wall && !recall.seen.contains(&place_of(record));
                found.extend(records.into_iter().filter(missing));
            }
        }
        found.retain(|record| !undone.contains(&place_of(record)));
        self.report(found);
        Ok(())
    }

    /// INVARIANT: neither an undo nor a registration is among what is sent, for nobody but the log takes an entry back or
    /// lets a session in, and nothing that is known to be undone.
    fn report(&mut self, mut records: Vec<Record>) {
        records.retain(Record::revokes);
        records.sort_by_key(place_of);
        records.dedup_by_key(|record| place_of(record));
        if records.is_empty() {
            return;
        }
        self.alarm(Alarm::Beyond { records: records.len() });
        for records in state_file::rising(records) {
            self.send(&ToServer::Held(Held { batch: &batch::encode(&records) }));
        }
    }
}
