//! What is there once.

use std::time::Duration;

use minicbor::bytes::ByteArray;
use minicbor::{Decode, Encode};
use quash_core::ids::Issuer;
#[cfg(feature = "embedded")]
use quash_core::position::LogId;
use quash_core::position::{Checksum, Position};
#[cfg(feature = "embedded")]
use quash_core::revocation::target_key::LogKey;
use quash_core::time::Timestamp;

use super::{corrupt, decode, encode, milliseconds};
use crate::ports::{Horizons, LogIdentity, StoreError};

/// The format that this version writes, and the only one that it reads.
pub(crate) const FORMAT: u32 = 1;

/// The row of the format's version: the one row that every version must be able to read.
pub(crate) fn write_format() -> Vec<u8> {
    encode(&FORMAT)
}

/// The format's version.
#[cfg(feature = "embedded")]
pub(crate) fn read_format(bytes: &[u8]) -> Result<u32, StoreError> {
    decode("meta/format", bytes)
}

#[derive(Encode, Decode)]
struct IdentityRow<'a> {
    #[n(0)]
    log: ByteArray<16>,
    #[n(1)]
    key: ByteArray<16>,
    #[n(2)]
    origin: u64,
    #[b(3)]
    own_issuer: &'a str,
}

/// The row of the log's identity and of the store's issuer.
pub(crate) fn write_identity(identity: &LogIdentity, own_issuer: &Issuer) -> Vec<u8> {
    encode(&IdentityRow {
        log: (*identity.log.bytes()).into(),
        key: (*identity.key.expose()).into(),
        origin: identity.origin.number(),
        own_issuer: own_issuer.as_str(),
    })
}

/// The log's identity and the store's issuer.
#[cfg(feature = "embedded")]
pub(crate) fn read_identity(bytes: &[u8]) -> Result<(LogIdentity, Issuer), StoreError> {
    const WHAT: &str = "meta/identity";
    let row: IdentityRow<'_> = decode(WHAT, bytes)?;
    let origin = Position::new(row.origin).map_err(|_| corrupt(WHAT))?;
    let own_issuer = Issuer::new(row.own_issuer).map_err(|_| corrupt(WHAT))?;
    let identity = LogIdentity {
        log: LogId::from_random(row.log.into()),
        key: LogKey::from_random(row.key.into()),
        origin,
    };
    Ok((identity, own_issuer))
}

/// Where the log stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct HeadRow {
    /// The last position.
    pub(crate) position: Position,
    /// The checksum there.
    pub(crate) checksum: Checksum,
    /// How many entries of the index of targets are about claims: while there are none, no claim of a session
    /// is looked up.
    pub(crate) claim_entries: u64,
}

impl HeadRow {
    /// The head of a log without an entry.
    pub(crate) fn first(identity: &LogIdentity) -> Self {
        Self { position: identity.origin, checksum: super::entry::first_checksum(identity), claim_entries: 0 }
    }
}

#[derive(Encode, Decode)]
struct HeadFields {
    #[n(0)]
    position: u64,
    #[n(1)]
    checksum: ByteArray<16>,
    #[n(2)]
    claim_entries: u64,
}

/// The row of the head.
pub(crate) fn write_head(head: &HeadRow) -> Vec<u8> {
    encode(&HeadFields {
        position: head.position.number(),
        checksum: head.checksum.0.into(),
        claim_entries: head.claim_entries,
    })
}

/// The head.
pub(crate) fn read_head(bytes: &[u8]) -> Result<HeadRow, StoreError> {
    const WHAT: &str = "meta/head";
    let fields: HeadFields = decode(WHAT, bytes)?;
    Ok(HeadRow {
        position: Position::new(fields.position).map_err(|_| corrupt(WHAT))?,
        checksum: Checksum(fields.checksum.into()),
        claim_entries: fields.claim_entries,
    })
}

#[derive(Encode, Decode)]
struct HorizonsRow {
    #[n(0)]
    access_token: u64,
    #[n(1)]
    session: u64,
}

/// The row of the horizons.
pub(crate) fn write_horizons(horizons: Horizons) -> Vec<u8> {
    encode(&HorizonsRow {
        access_token: milliseconds(horizons.access_token),
        session: milliseconds(horizons.session),
    })
}

/// The horizons.
pub(crate) fn read_horizons(bytes: &[u8]) -> Result<Horizons, StoreError> {
    let row: HorizonsRow = decode("meta/horizons", bytes)?;
    Ok(Horizons {
        access_token: Duration::from_millis(row.access_token),
        session: Duration::from_millis(row.session),
    })
}

/// The row of the ratchet.
pub(crate) fn write_ratchet(ratchet: Timestamp) -> Vec<u8> {
    encode(&ratchet.milliseconds())
}

/// The ratchet.
pub(crate) fn read_ratchet(bytes: &[u8]) -> Result<Timestamp, StoreError> {
    decode("meta/ratchet", bytes).map(Timestamp::from_milliseconds)
}

/// A restore that led to this log.
#[cfg(feature = "embedded")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Restore {
    /// When.
    pub(crate) at: Timestamp,
    /// The log that the backup was made of.
    pub(crate) log: LogId,
    /// Its head in the backup.
    pub(crate) head: Position,
    /// Whether everything issued before it was ended.
    pub(crate) ends_everything: bool,
}

#[cfg(feature = "embedded")]
#[derive(Encode, Decode)]
struct RestoreRow {
    #[n(0)]
    at: u64,
    #[n(1)]
    log: ByteArray<16>,
    #[n(2)]
    head: u64,
    #[n(3)]
    ends_everything: bool,
}

/// The row of the restores, oldest first.
#[cfg(feature = "embedded")]
pub(crate) fn write_restores(restores: &[Restore]) -> Vec<u8> {
    let rows: Vec<RestoreRow> = restores
        .iter()
        .map(|restore| RestoreRow {
            at: restore.at.milliseconds(),
            log: (*restore.log.bytes()).into(),
            head: restore.head.number(),
            ends_everything: restore.ends_everything,
        })
        .collect();
    encode(&rows)
}

/// The restores, oldest first.
#[cfg(feature = "embedded")]
pub(crate) fn read_restores(bytes: &[u8]) -> Result<Vec<Restore>, StoreError> {
    const WHAT: &str = "meta/restores";
    let rows: Vec<RestoreRow> = decode(WHAT, bytes)?;
    let restore = |row: RestoreRow| {
        let head = Position::new(row.head).map_err(|_| corrupt(WHAT))?;
        let (at, log) = (Timestamp::from_milliseconds(row.at), LogId::from_random(row.log.into()));
        Ok(Restore { at, log, head, ends_everything: row.ends_everything })
    };
    rows.into_iter().map(restore).collect()
}
