//! Who asks: a service credential or an OAuth client, each proven by the only maker of its type.

use std::sync::Arc;

use quash_core::ids::{ClientId, CredentialId};
use quash_core::time::Timestamp;
use quash_storage::ports::{Act, Role};

use crate::settings::ClientProfile;

/// A service credential that proved itself.
///
/// INVARIANT: made by `Authority::authenticate_credential` alone.
#[derive(Clone, Debug, PartialEq)]
pub struct Caller {
    id: CredentialId,
    roles: Arc<[Role]>,
    client: Option<ClientId>,
    cause: Box<str>,
}

impl Caller {
    pub(crate) fn authenticated(id: CredentialId, roles: Arc<[Role]>, client: Option<ClientId>) -> Self {
        Self { id, roles, client, cause: "".into() }
    }

    /// The same caller in one request: what the request changes says in the audit log that `cause`, its id, caused it.
    #[must_use]
    pub fn caused_by(self, cause: impl Into<Box<str>>) -> Self {
        Self { cause: cause.into(), ..self }
    }

    /// What it changes at `at`, for the audit log.
    pub(crate) fn act(&self, at: Timestamp) -> Act {
        Act { at, actor: self.id.as_str().into(), cause: self.cause.clone() }
    }

    /// The id of the request.
    pub(crate) const fn cause(&self) -> &str {
        &self.cause
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
    request: ClientRequest,
}

/// The request that a client proved itself in, for the audit log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClientRequest {
    /// Its id.
    pub id: Box<str>,
    /// What it calls the program that sent it, cut off at 256 characters.
    pub user_agent: Option<Box<str>>,
}

impl AuthenticatedClient {
    pub(crate) fn authenticated(profile: Arc<ClientProfile>) -> Self {
        Self { profile, request: ClientRequest::default() }
    }

    /// The same client in `request`.
    #[must_use]
    pub fn asking_in(self, request: ClientRequest) -> Self {
        Self { request, ..self }
    }

    /// The request.
    pub(crate) const fn request(&self) -> &ClientRequest {
        &self.request
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
