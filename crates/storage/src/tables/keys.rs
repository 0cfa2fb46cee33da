//! How keys are put together.
//!
//! Numbers are big-endian, so that byte order is number order. Ids hold no control character, so a zero byte
//! ends one without doubt and keeps the order of what stands before it.

use std::ops::Bound;

use quash_core::position::Position;
use quash_core::revocation::target_key::TargetKey;
use quash_core::time::Timestamp;

use super::Range;
use crate::ports::StoreError;

/// A row of [`super::Table::Meta`].
pub(crate) mod meta {
    /// The version of the format.
    pub(crate) const FORMAT: &[u8] = b"format";
    /// The identity of the log and the issuer that the store belongs to.
    pub(crate) const IDENTITY: &[u8] = b"identity";
    /// Where the log stands.
    pub(crate) const HEAD: &[u8] = b"head";
    /// The longest lives ever configured.
    pub(crate) const HORIZONS: &[u8] = b"horizons";
    /// The latest instant that a purge was run at.
    pub(crate) const RATCHET: &[u8] = b"ratchet";
    /// The signing keys.
    pub(crate) const KEY_RING: &[u8] = b"key_ring";
    /// How many one-time tokens are remembered as used.
    pub(crate) const SPENT: &[u8] = b"spent";
    /// Where the audit log begins and ends.
    pub(crate) const AUDIT: &[u8] = b"audit";
    /// There, and empty, while every session that lives is registered for an allowlist.
    pub(crate) const ALLOWLIST_WHOLE: &[u8] = b"allowlist_whole";
    /// The restores that led to this log.
    #[cfg(feature = "embedded")]
    pub(crate) const RESTORES: &[u8] = b"restores";
}

/// The key of an entry.
pub(crate) fn position(position: Position) -> [u8; 8] {
    position.number().to_be_bytes()
}

/// The position in the last eight bytes of a key.
pub(crate) fn position_at_end(key: &[u8]) -> Result<Position, StoreError> {
    let number = key.last_chunk().map(|bytes| u64::from_be_bytes(*bytes));
    number
        .and_then(|number| Position::new(number).ok())
        .ok_or_else(|| StoreError::Corrupt("a key of the log holds no position".into()))
}

/// An instant and what is due then.
pub(crate) fn due(at: Timestamp, what: &[u8]) -> Vec<u8> {
    [&at.milliseconds().to_be_bytes(), what].concat()
}

/// The two halves of [`due`].
pub(crate) fn read_due(key: &[u8]) -> Result<(Timestamp, &[u8]), StoreError> {
    key.split_first_chunk::<8>()
        .map(|(at, what)| (Timestamp::from_milliseconds(u64::from_be_bytes(*at)), what))
        .ok_or_else(|| StoreError::Corrupt("a key of a time index is too short".into()))
}

/// The first key that is not due at `now` yet: everything below it is.
pub(crate) fn not_due(now: Timestamp) -> Vec<u8> {
    now.milliseconds().saturating_add(1).to_be_bytes().to_vec()
}

/// Two ids, the second one within the first.
pub(crate) fn pair(outer: &str, inner: &str) -> Vec<u8> {
    [outer.as_bytes(), &[0], inner.as_bytes()].concat()
}

/// The inner id of a [`pair`].
pub(crate) fn inner(key: &[u8]) -> Result<&str, StoreError> {
    let at = key.iter().position(|byte| *byte == 0);
    at.and_then(|at| key.get(at + 1..))
        .and_then(|inner| std::str::from_utf8(inner).ok())
        .ok_or_else(|| StoreError::Corrupt("a key of two ids does not split".into()))
}

/// Every [`pair`] with this outer id: from the first key included to the second excluded.
pub(crate) fn all_of(outer: &str) -> (Vec<u8>, Vec<u8>) {
    ([outer.as_bytes(), &[0]].concat(), [outer.as_bytes(), &[1]].concat())
}

/// A keyed digest: its two halves, big-endian.
pub(crate) fn digest(key: TargetKey) -> [u8; 16] {
    let [high, low] = key.halves();
    (u128::from(high) << 64 | u128::from(low)).to_be_bytes()
}

/// An entry's place in the index of targets.
pub(crate) fn target(key: TargetKey, position: Position) -> [u8; 24] {
    let [high, low] = key.halves();
    let mut bytes = [0; 24];
    let parts = [high, low, position.number()];
    for (chunk, part) in bytes.chunks_exact_mut(8).zip(parts) {
        chunk.copy_from_slice(&part.to_be_bytes());
    }
    bytes
}

/// From `from` included to `to` excluded.
pub(crate) fn between<'a>(from: &'a [u8], to: &'a [u8]) -> Range<'a> {
    (Bound::Included(from), Bound::Excluded(to))
}
