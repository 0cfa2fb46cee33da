//! The verifiers that hold a lease, so that an authority which starts knows who may still be accepting tokens.

use std::time::Duration;

use async_trait::async_trait;
use quash_core::lease::Instance;
use quash_core::time::Timestamp;

use super::StoreError;

/// A verifier that was granted a lease.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredVerifier {
    /// Which run of which process.
    pub instance: Instance,
    /// What people call it.
    pub name: Box<str>,
    /// Its lease, in whole milliseconds; a store rounds up what is not.
    pub lease: Duration,
    /// Whether it goes on accepting when its lease is over: then only its acknowledgement says that it does not.
    pub unfenced: bool,
    /// Whether it hands the feed on to others.
    pub relay: bool,
    /// When it was recorded.
    pub seen_at: Timestamp,
}

/// Keeps the verifiers.
///
/// # Contract
/// Instances are unique; putting one again replaces it. Deleting what is not there changes nothing.
#[async_trait]
pub trait VerifierRegistry: Send + Sync {
    /// All of them, by instance.
    async fn verifiers(&self) -> Result<Vec<StoredVerifier>, StoreError>;

    /// Records one.
    async fn put_verifier(&self, verifier: StoredVerifier) -> Result<(), StoreError>;

    /// Forgets one. Whether it was there.
    async fn delete_verifier(&self, instance: &Instance) -> Result<bool, StoreError>;
}
