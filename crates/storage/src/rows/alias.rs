//! Ids that were changed.

use minicbor::{Decode, Encode};
use quash_core::ids::Subject;
use quash_core::position::Position;
use quash_core::time::Timestamp;

use super::{corrupt, decode, encode};
use crate::ports::{Alias, StoreError};

const WHAT: &str = "aliases";

#[derive(Encode, Decode)]
struct AliasRow<'a> {
    #[b(0)]
    new: &'a str,
    #[n(1)]
    at: u64,
    #[b(2)]
    by: &'a str,
    #[n(3)]
    position: u64,
}

/// The row of an id that was left.
pub(crate) fn write(alias: &Alias) -> Vec<u8> {
    encode(&AliasRow {
        new: alias.new.as_str(),
        at: alias.at.milliseconds(),
        by: &alias.by,
        position: alias.position.number(),
    })
}

/// What a row says.
pub(crate) fn read(bytes: &[u8]) -> Result<Alias, StoreError> {
    let row: AliasRow<'_> = decode(WHAT, bytes)?;
    let new = Subject::new(row.new).map_err(|_| corrupt(WHAT))?;
    let position = Position::new(row.position).map_err(|_| corrupt(WHAT))?;
    Ok(Alias { new, at: Timestamp::from_milliseconds(row.at), by: row.by.into(), position })
}
