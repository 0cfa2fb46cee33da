//! What an edge must know to check tokens and clients as this authority does.

use std::sync::Arc;

use quash_core::ids::{ClientId, CredentialId};
use quash_core::position::Position;
use quash_storage::ports::Role;
use tokio::sync::watch;

use super::Feed;
use crate::authority::Authority;
use crate::permissions::Verb;
use crate::settings::{ClientKind, ClientProfile};

/// What verifiers are to trust: whole, in one version. Nothing in it can mint a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trust {
    /// Rises with every change. What it stands beside is at least as new.
    pub version: u64,
    /// The public keys that own tokens are or will be signed with, and those whose tokens may be alive: a JWK set (RFC
    /// 7517 section 5).
    pub own_keys: Arc<str>,
    /// Where an allowlist is kept: the position that it was whole at. Whoever has not come so far can not know that a
    /// session of before is missing (S12).
    pub listed_from: Position,
    /// The service credentials that may introspect.
    pub credentials: Vec<TrustedCredential>,
    /// The clients with a secret.
    pub clients: Vec<TrustedClient>,
}

/// A service credential that may introspect.
#[derive(Clone, PartialEq, Eq)]
pub struct TrustedCredential {
    /// Its id.
    pub id: CredentialId,
    /// SHA-256 of its key, which is random.
    pub digest: [u8; 32],
    /// What it may do.
    pub roles: Vec<Role>,
    /// The only client that it may act for.
    pub client: Option<ClientId>,
}

impl std::fmt::Debug for TrustedCredential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TrustedCredential").field("id", &self.id).finish_non_exhaustive()
    }
}

/// A client with a secret.
#[derive(Clone, PartialEq, Eq)]
pub struct TrustedClient {
    /// `client_id`.
    pub id: ClientId,
    /// SHA-256 of its secret.
    pub secret_digest: [u8; 32],
}

impl std::fmt::Debug for TrustedClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TrustedClient").field("id", &self.id).finish_non_exhaustive()
    }
}

/// Verifiers elsewhere can not be told of so much: there is a bound to what travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("verifiers can be told of at most {most} {what}, and there would be {found}")]
pub struct TrustTooLarge {
    /// What there is too much of, in the plural.
    pub what: &'static str,
    /// How much there would be.
    pub found: usize,
    /// How much there may be.
    pub most: usize,
}

impl Feed {
    /// What verifiers are to trust now. Administrators' keys of the configuration are left out: people choose them, and
    /// a weak one could be guessed from its digest.
    pub fn trust(&self) -> Trust {
        self.authority().trust()
    }

    /// A value that changes after each change of what verifiers are to trust: the version of it.
    pub fn trust_changes(&self) -> watch::Receiver<u64> {
        self.authority().trust_changes.subscribe()
    }
}

fn with_secret(client: &ClientProfile) -> Option<TrustedClient> {
    match client.kind {
        ClientKind::Confidential { secret_digest } => {
            Some(TrustedClient { id: client.id.clone(), secret_digest })
        }
        ClientKind::Public => None,
    }
}

impl Authority {
    pub(crate) fn trust(&self) -> Trust {
        // INVARIANT: the version is read first, so that what follows is at least as new.
        let version = *self.trust_changes.borrow();
        Trust {
            credentials: self.credentials.load().that_may(Verb::Introspect),
            ..self.configured_trust(version)
        }
    }

    /// The same without a single stored credential: what the configuration alone comes to.
    pub(crate) fn configured_trust(&self, version: u64) -> Trust {
        let clients = self.settings.clients.iter().filter_map(with_secret).collect();
        Trust {
            version,
            own_keys: self.published_keys(),
            listed_from: self.listed_from,
            credentials: Vec::new(),
            clients,
        }
    }

    /// Says that what verifiers are to trust has changed, also where that is not this authority's: the keys of another
    /// issuer. To be called after the change. Says which version it has now.
    pub fn trust_changed(&self) -> u64 {
        let mut version = 0;
        self.trust_changes.send_modify(|held| {
            *held += 1;
            version = *held;
        });
        version
    }
}
