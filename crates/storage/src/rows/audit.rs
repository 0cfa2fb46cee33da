//! Entries of the audit log, and the chain of their hashes. `docs/audit-format.md` describes the bytes.

use std::collections::BTreeMap;

use aws_lc_rs::digest;
use minicbor::bytes::ByteArray;
use minicbor::{Decode, Encode};
use quash_core::position::Position;
use quash_core::time::Timestamp;

use super::{corrupt, decode, encode};
use crate::ports::{AuditEntry, AuditFact, AuditPoint, ChainHash, StoreError};
use crate::transaction::Constants;

const WHAT: &str = "audit";

/// An entry's canonical bytes are those of this row: an array of eight, shortest integers, definite lengths, the details in
/// the order of their names' bytes.
#[derive(Encode, Decode)]
struct AuditRow<'a> {
    #[n(0)]
    sequence: u64,
    #[n(1)]
    at: u64,
    #[b(2)]
    action: &'a str,
    #[b(3)]
    actor: &'a str,
    #[b(4)]
    cause: &'a str,
    #[b(5)]
    reason: Option<&'a str>,
    #[n(6)]
    position: Option<u64>,
    #[b(7)]
    details: BTreeMap<&'a str, &'a str>,
}

/// The canonical bytes of `fact` as the entry `sequence`.
pub(crate) fn canonical(sequence: u64, fact: &AuditFact) -> Vec<u8> {
    encode(&AuditRow {
        sequence,
        at: fact.at.milliseconds(),
        action: &fact.action,
        actor: &fact.actor,
        cause: &fact.cause,
        reason: fact.reason.as_deref(),
        position: fact.position.map(Position::number),
        details: fact.details.iter().map(|(name, value)| (&**name, &**value)).collect(),
    })
}

/// The hash of an entry: SHA-256("quash audit entry" || hash before || canonical bytes).
pub(crate) fn hash(previous: ChainHash, canonical: &[u8]) -> ChainHash {
    sha256(&[b"quash audit entry", &previous.0, canonical])
}

/// The hash before the first entry: SHA-256("quash audit log" || log id || issuer).
pub(crate) fn first_hash(constants: &Constants) -> ChainHash {
    let issuer = constants.own_issuer.as_str().as_bytes();
    sha256(&[b"quash audit log", constants.identity.log.bytes(), issuer])
}

fn sha256(parts: &[&[u8]]) -> ChainHash {
    let mut context = digest::Context::new(&digest::SHA256);
    for part in parts {
        context.update(part);
    }
    let whole = context.finish();
    ChainHash(whole.as_ref().first_chunk().copied().unwrap_or_default())
}

/// The key of an entry.
pub(crate) const fn key(sequence: u64) -> [u8; 8] {
    sequence.to_be_bytes()
}

/// The value of a row: the hash of the entry, then its canonical bytes.
pub(crate) fn value(hash: ChainHash, canonical: &[u8]) -> Vec<u8> {
    [&hash.0, canonical].concat()
}

/// The two halves of a [`value`].
pub(crate) fn split(value: &[u8]) -> Result<(ChainHash, &[u8]), StoreError> {
    let (hash, canonical) = value.split_first_chunk::<32>().ok_or_else(|| corrupt(WHAT))?;
    Ok((ChainHash(*hash), canonical))
}

/// The entry at `key`, in the row `value`, after the hash `previous`.
pub(crate) fn read(previous: ChainHash, key: &[u8], value: &[u8]) -> Result<AuditEntry, StoreError> {
    let place = key.first_chunk().map(|bytes| u64::from_be_bytes(*bytes)).unwrap_or_default();
    let broken = |how: &str| StoreError::Corrupt(format!("entry {place} of the audit log {how}").into());
    let (hash, canonical) = split(value).map_err(|_| broken("does not read"))?;
    let row: AuditRow<'_> = decode(WHAT, canonical).map_err(|_| broken("does not read"))?;
    if key != self::key(row.sequence) {
        return Err(broken("is another one"));
    }
    let fact = AuditFact {
        at: Timestamp::from_milliseconds(row.at),
        action: row.action.into(),
        actor: row.actor.into(),
        cause: row.cause.into(),
        reason: row.reason.map(Into::into),
        position: row.position.map(Position::new).transpose().map_err(|_| broken("does not read"))?,
        details: row.details.into_iter().map(|(name, value)| (name.into(), value.into())).collect(),
    };
    Ok(AuditEntry { sequence: row.sequence, fact, previous, hash })
}

/// Where the chain that is kept begins and ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Chain {
    /// Before the first entry that is kept.
    pub(crate) anchor: AuditPoint,
    /// The last entry.
    pub(crate) head: AuditPoint,
}

impl Chain {
    /// That of a log that has no entry yet.
    pub(crate) fn first(constants: &Constants) -> Self {
        let start = AuditPoint { sequence: 0, hash: first_hash(constants) };
        Self { anchor: start, head: start }
    }
}

#[derive(Encode, Decode)]
struct ChainRow {
    #[n(0)]
    anchor_sequence: u64,
    #[n(1)]
    anchor_hash: ByteArray<32>,
    #[n(2)]
    head_sequence: u64,
    #[n(3)]
    head_hash: ByteArray<32>,
}

/// The row of the chain.
pub(crate) fn write_chain(chain: &Chain) -> Vec<u8> {
    encode(&ChainRow {
        anchor_sequence: chain.anchor.sequence,
        anchor_hash: chain.anchor.hash.0.into(),
        head_sequence: chain.head.sequence,
        head_hash: chain.head.hash.0.into(),
    })
}

/// The chain.
pub(crate) fn read_chain(bytes: &[u8]) -> Result<Chain, StoreError> {
    let row: ChainRow = decode("meta/audit", bytes)?;
    let point = |sequence, hash: ByteArray<32>| AuditPoint { sequence, hash: ChainHash(hash.into()) };
    Ok(Chain {
        anchor: point(row.anchor_sequence, row.anchor_hash),
        head: point(row.head_sequence, row.head_hash),
    })
}
