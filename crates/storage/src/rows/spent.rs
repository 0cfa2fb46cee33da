//! One-time tokens that were used, and how many there are.

use minicbor::{Decode, Encode};
use quash_core::time::Timestamp;

use super::{decode, encode};
use crate::ports::StoreError;

#[derive(Encode, Decode)]
struct SpentRow {
    #[n(0)]
    at: u64,
    #[n(1)]
    until: u64,
}

/// One that was used: when, and until when that is remembered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SpentToken {
    pub(crate) at: Timestamp,
    pub(crate) until: Timestamp,
}

/// The row of `spent`.
pub(crate) fn write(spent: SpentToken) -> Vec<u8> {
    encode(&SpentRow { at: spent.at.milliseconds(), until: spent.until.milliseconds() })
}

/// The token in a row.
pub(crate) fn read(bytes: &[u8]) -> Result<SpentToken, StoreError> {
    let row: SpentRow = decode("spent", bytes)?;
    Ok(SpentToken {
        at: Timestamp::from_milliseconds(row.at),
        until: Timestamp::from_milliseconds(row.until),
    })
}

#[derive(Encode, Decode)]
struct CountRow {
    #[n(0)]
    count: u64,
}

/// The row that says how many there are.
pub(crate) fn write_count(count: u64) -> Vec<u8> {
    encode(&CountRow { count })
}

/// The number in it.
pub(crate) fn read_count(bytes: &[u8]) -> Result<u64, StoreError> {
    decode::<CountRow>("meta/spent", bytes).map(|row| row.count)
}
