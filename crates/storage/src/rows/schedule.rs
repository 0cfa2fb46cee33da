//! Revocations that are to be made later.

use std::time::Duration;

use minicbor::bytes::ByteSlice;
use minicbor::{Decode, Encode};
use quash_core::ids::ScheduleId;
use quash_core::position::Position;
use quash_core::time::Timestamp;

use super::{corrupt, decode, encode, entry, milliseconds};
use crate::ports::{StoreError, StoredSchedule};

const WHAT: &str = "schedules";

#[derive(Encode, Decode)]
struct ScheduleRow<'a> {
    #[n(0)]
    due_at: u64,
    #[n(1)]
    every: Option<u64>,
    /// An entry's canonical bytes, at position zero.
    #[b(2)]
    entry: &'a ByteSlice,
}

/// The row of `schedule`.
pub(crate) fn write(schedule: &StoredSchedule) -> Vec<u8> {
    let entry = entry::canonical(Position::ZERO, &schedule.entry);
    encode(&ScheduleRow {
        due_at: schedule.due_at.milliseconds(),
        every: schedule.every.map(milliseconds),
        entry: entry.as_slice().into(),
    })
}

/// The schedule at `key`, in the row `bytes`.
pub(crate) fn read(key: &[u8], bytes: &[u8]) -> Result<StoredSchedule, StoreError> {
    let row: ScheduleRow<'_> = decode(WHAT, bytes)?;
    let id = std::str::from_utf8(key).ok().and_then(|id| ScheduleId::new(id).ok());
    Ok(StoredSchedule {
        id: id.ok_or_else(|| corrupt(WHAT))?,
        due_at: Timestamp::from_milliseconds(row.due_at),
        every: row.every.map(Duration::from_millis),
        entry: entry::read_canonical(row.entry)?.fact,
    })
}
