//! The signing keys, wrapped: the store never sees one in the clear.

use async_trait::async_trait;
use quash_core::ids::KeyId;
use quash_core::session::grant::MasterId;
use quash_core::time::Timestamp;

use super::{Act, StoreError};

/// Where a signing key stands in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyStage {
    /// Published, not used yet.
    Announced,
    /// Signs.
    Active,
    /// Signs no more; tokens it signed may live until then, so it stays published until then.
    Retired {
        /// When the last token it signed is over.
        until: Timestamp,
    },
}

/// A signing key as it is stored.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredKey {
    /// `kid`.
    pub id: KeyId,
    /// `alg` (RFC 7518 section 3.1).
    pub algorithm: Box<str>,
    /// Where it stands.
    pub stage: KeyStage,
    /// When it was made.
    pub created_at: Timestamp,
    /// The public key, a JWK.
    pub public_jwk: Box<str>,
    /// The private key, wrapped under a key derived from `master`.
    pub wrapped: Vec<u8>,
    /// The master secret that wraps it.
    pub master: MasterId,
}

impl std::fmt::Debug for StoredKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StoredKey").field("id", &self.id).field("stage", &self.stage).finish_non_exhaustive()
    }
}

/// All signing keys, and a number that rises with every change of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyRing {
    /// Zero when there never was a key.
    pub version: u64,
    /// The keys.
    pub keys: Vec<StoredKey>,
}

/// What became of a new ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Replaced {
    /// It is stored, under this version.
    Stored {
        /// The version it has now.
        version: u64,
    },
    /// Somebody else changed the ring first. Nothing was done: read it again.
    Changed,
}

/// Keeps the ring.
///
/// # Contract
/// The ring is replaced whole, compare-and-set on its version: two servers that make the first key at once end
/// with one of them.
#[async_trait]
pub trait KeyRingStore: Send + Sync {
    /// The ring as it stands.
    async fn key_ring(&self) -> Result<KeyRing, StoreError>;

    /// Replaces the ring if its version is still `expected`.
    async fn replace_key_ring(
        &self,
        expected: u64,
        keys: Vec<StoredKey>,
        act: Act,
    ) -> Result<Replaced, StoreError>;
}
