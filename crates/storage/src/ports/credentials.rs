//! Service credentials, as digests.

use async_trait::async_trait;
use quash_core::ids::{ClientId, CredentialId};
use quash_core::time::Timestamp;

use super::{Act, StoreError};

/// What a service credential may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Role {
    /// Everything.
    Admin,
    /// Open sessions.
    Issuer,
    /// Revoke.
    Revoker,
    /// Look at sessions and end single ones.
    Support,
    /// Introspect, ask the forward-auth endpoint, follow the feed.
    Verifier,
    /// Read: revocations, audit, metrics.
    Auditor,
}

impl Role {
    /// The role in a word: `admin`, `issuer` …
    pub const fn word(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Issuer => "issuer",
            Self::Revoker => "revoker",
            Self::Support => "support",
            Self::Verifier => "verifier",
            Self::Auditor => "auditor",
        }
    }
}

/// A credential as it is stored. The key itself was shown once and is not kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredCredential {
    /// Its id.
    pub id: CredentialId,
    /// What a person calls it.
    pub name: Box<str>,
    /// SHA-256 of the key: keys are random, so no slow hash is needed.
    pub digest: [u8; 32],
    /// What it may do.
    pub roles: Vec<Role>,
    /// Only for this client, where given.
    pub client: Option<ClientId>,
    /// When it was made.
    pub created_at: Timestamp,
}

/// Keeps the credentials.
///
/// # Contract
/// Ids are unique; putting one again replaces it. Deleting what is not there changes nothing.
#[async_trait]
pub trait CredentialStore: Send + Sync {
    /// All of them, by id.
    async fn credentials(&self) -> Result<Vec<StoredCredential>, StoreError>;

    /// Stores one.
    async fn put_credential(&self, credential: StoredCredential, act: Act) -> Result<(), StoreError>;

    /// Removes one. Whether it was there.
    async fn delete_credential(&self, id: &CredentialId, act: Act) -> Result<bool, StoreError>;
}
