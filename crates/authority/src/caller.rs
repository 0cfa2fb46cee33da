//! Who asks: a service credential or an OAuth client, each proven by the only maker of its type.

use std::sync::Arc;

use quash_core::ids::{ClientId, CredentialId};
use quash_storage::ports::Role;

use crate::settings::ClientProfile;

/// A service credential that proved itself.
///
/// INVARIANT: made by `Authority::authenticate_credential` alone.
#[derive(Clone, Debug, PartialEq)]
pub struct Caller {
    id: CredentialId,
    roles: Arc<[Role]>,
    client: Option<ClientId>,
}

impl Caller {
    pub(crate) const fn authenticated(
        id: CredentialId,
        roles: Arc<[Role]>,
        client: Option<ClientId>,
    ) -> Self {
        Self { id, roles, client }
    }

    /// The credential's id, never its key: what is written down as the actor.
    pub const fn id(&self) -> &CredentialId {
        &self.id
    }

    /// What it may do.
    pub fn roles(&self) -> &[Role] {
        &self.roles
    }

    /// The only client that it may act for; every client when `None`.
    pub const fn client(&self) -> Option<&ClientId> {
        self.client.as_ref()
    }

    /// Whether it may act for `client`.
    pub fn may_act_for(&self, client: &ClientId) -> bool {
        self.client.as_ref().is_none_or(|only| only == client)
    }
}

/// An OAuth client that proved itself, or a public one that named itself (RFC 6749 section 2.1).
///
/// INVARIANT: made by `Authority::authenticate_client` alone.
#[derive(Clone, Debug)]
pub struct AuthenticatedClient {
    profile: Arc<ClientProfile>,
}

impl AuthenticatedClient {
    pub(crate) const fn authenticated(profile: Arc<ClientProfile>) -> Self {
        Self { profile }
    }

    /// `client_id`.
    pub fn id(&self) -> &ClientId {
        &self.profile.id
    }

    /// What is configured for it.
    pub fn profile(&self) -> &ClientProfile {
        &self.profile
    }
}
