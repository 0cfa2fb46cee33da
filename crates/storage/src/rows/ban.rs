//! Bans.

use minicbor::{Decode, Encode};
use quash_core::revocation::reason::Reason;
use quash_core::session::ban::{Ban, BanLevel};
use quash_core::time::Timestamp;

use super::{corrupt, decode, encode};
use crate::ports::StoreError;

const WHAT: &str = "bans";

#[derive(Encode, Decode)]
struct BanRow<'a> {
    #[n(0)]
    level: u8,
    #[b(1)]
    reason: &'a str,
    #[n(2)]
    at: u64,
    #[n(3)]
    until: u64,
    #[b(4)]
    by: &'a str,
}

/// The row of a ban.
pub(crate) fn write(ban: &Ban) -> Vec<u8> {
    encode(&BanRow {
        level: ban.level.number(),
        reason: ban.reason.as_str(),
        at: ban.at.milliseconds(),
        until: ban.until.milliseconds(),
        by: &ban.by,
    })
}

/// The ban in a row.
pub(crate) fn read(bytes: &[u8]) -> Result<Ban, StoreError> {
    let row: BanRow<'_> = decode(WHAT, bytes)?;
    ban(&row).ok_or_else(|| corrupt(WHAT))
}

fn ban(row: &BanRow<'_>) -> Option<Ban> {
    Some(Ban {
        level: BanLevel::new(row.level)?,
        reason: Reason::new(row.reason).ok()?,
        at: Timestamp::from_milliseconds(row.at),
        until: Timestamp::from_milliseconds(row.until),
        by: row.by.into(),
    })
}
