//! The signing keys, all in one row.

use minicbor::bytes::ByteSlice;
use minicbor::{Decode, Encode};
use quash_core::ids::KeyId;
use quash_core::session::grant::MasterId;
use quash_core::time::Timestamp;

use super::{corrupt, decode, encode};
use crate::ports::{KeyRing, KeyStage, StoreError, StoredKey};

const WHAT: &str = "meta/key_ring";

#[derive(Encode, Decode)]
struct RingRow<'a> {
    #[n(0)]
    version: u64,
    #[b(1)]
    keys: Vec<KeyRow<'a>>,
}

#[derive(Encode, Decode)]
struct KeyRow<'a> {
    #[b(0)]
    id: &'a str,
    #[b(1)]
    algorithm: &'a str,
    /// 1 announced, 2 active, 3 retired.
    #[n(2)]
    stage: u8,
    #[n(3)]
    retired_until: Option<u64>,
    #[n(4)]
    created_at: u64,
    #[b(5)]
    public_jwk: &'a str,
    #[b(6)]
    wrapped: &'a ByteSlice,
    #[n(7)]
    master: u32,
}

/// The row of a ring.
pub(crate) fn write(version: u64, keys: &[StoredKey]) -> Vec<u8> {
    encode(&RingRow { version, keys: keys.iter().map(key_row).collect() })
}

fn key_row(key: &StoredKey) -> KeyRow<'_> {
    let (stage, retired_until) = match key.stage {
        KeyStage::Announced => (1, None),
        KeyStage::Active => (2, None),
        KeyStage::Retired { until } => (3, Some(until.milliseconds())),
    };
    KeyRow {
        id: key.id.as_str(),
        algorithm: &key.algorithm,
        stage,
        retired_until,
        created_at: key.created_at.milliseconds(),
        public_jwk: &key.public_jwk,
        wrapped: key.wrapped.as_slice().into(),
        master: key.master.0,
    }
}

/// The ring in a row.
pub(crate) fn read(bytes: &[u8]) -> Result<KeyRing, StoreError> {
    let row: RingRow<'_> = decode(WHAT, bytes)?;
    let keys: Option<Vec<StoredKey>> = row.keys.iter().map(key).collect();
    keys.map(|keys| KeyRing { version: row.version, keys }).ok_or_else(|| corrupt(WHAT))
}

fn key(row: &KeyRow<'_>) -> Option<StoredKey> {
    Some(StoredKey {
        id: KeyId::new(row.id).ok()?,
        algorithm: row.algorithm.into(),
        stage: match (row.stage, row.retired_until) {
            (1, None) => KeyStage::Announced,
            (2, None) => KeyStage::Active,
            (3, Some(until)) => KeyStage::Retired { until: Timestamp::from_milliseconds(until) },
            _ => return None,
        },
        created_at: Timestamp::from_milliseconds(row.created_at),
        public_jwk: row.public_jwk.into(),
        wrapped: row.wrapped.to_vec(),
        master: MasterId(row.master),
    })
}
