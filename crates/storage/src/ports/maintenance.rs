//! Forgetting what can not matter any more.

use std::time::Duration;

use async_trait::async_trait;
use quash_core::time::Timestamp;

use super::StoreError;

/// The longest lives that were ever configured. They only grow: a shorter life configured today must not make
/// the store forget what hits a token issued yesterday.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Horizons {
    /// The longest life of an access token.
    pub access_token: Duration,
    /// The longest life of a session.
    pub session: Duration,
}

/// What a purge did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Purged {
    /// Entries of the log that were removed.
    pub entries: u64,
    /// Entries of the log that no verifier has to hold any more and the store still enforces: set aside, so that
    /// whoever starts does not read them.
    pub set_aside: u64,
    /// Sessions that were removed, with their grants.
    pub sessions: u64,
    /// Sessions that were due and live on, having been renewed: put off to when they may be over.
    pub put_off: u64,
    /// Idempotency keys that were removed.
    pub idempotency_keys: u64,
    /// Uses of one-time tokens that were forgotten.
    pub one_time_tokens: u64,
    /// Bans that are over.
    pub bans: u64,
}

/// Keeps the store bounded.
///
/// # Contract
/// - An entry is removed at or after both its `retain_until` and its `enforce_until`, never earlier.
/// - A session is removed at or after the instant it was over plus `keep_ended`, never while it could be renewed.
/// - Neither the head nor the checksum changes by a purge.
/// - The *ratchet* is the latest instant that a purge was run at. It is stored with the purge and never goes
///   back: whoever judges time takes the later of the clock and the ratchet, so that a clock that jumps back
///   revives nothing that was forgotten.
#[async_trait]
pub trait Maintenance: Send + Sync {
    /// Raises the stored horizons to at least `configured`; returns them.
    async fn raise_horizons(&self, configured: Horizons) -> Result<Horizons, StoreError>;

    /// The latest instant that a purge was run at.
    async fn ratchet(&self) -> Result<Timestamp, StoreError>;

    /// Removes what can not matter at `now`. Sessions that are over stay for `keep_ended`. Does a bounded amount
    /// of work a call: call again while it does something.
    async fn purge(&self, now: Timestamp, keep_ended: Duration) -> Result<Purged, StoreError>;
}
