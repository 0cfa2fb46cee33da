//! OAuth clients prove who they are (RFC 6749 section 2.3).

use std::sync::Arc;

use quash_core::ids::ClientId;
use quash_jose::digest::{constant_time_equal, sha256};

use crate::authority::Authority;
use crate::caller::AuthenticatedClient;
use crate::settings::ClientKind;

impl Authority {
    /// The client that names itself `id` and shows `secret`, from `client_secret_basic` or `client_secret_post`; a
    /// public client shows none. `None` when it is unknown, when its secret is missing or wrong, or when a client
    /// without a secret shows one. From memory; takes the same time for an unknown client as for a wrong secret.
    pub fn authenticate_client(&self, id: &str, secret: Option<&str>) -> Option<AuthenticatedClient> {
        let profile = ClientId::new(id).ok().and_then(|id| self.clients.get(&id));
        let shown = secret.map(|secret| sha256(secret.as_bytes()));
        let known = match profile.map(|profile| &profile.kind) {
            Some(ClientKind::Confidential { secret_digest }) => Some(*secret_digest),
            _ => None,
        };
        // Compared even where there is nothing to compare with, for the time it takes.
        let expected = known.unwrap_or([0; 32]);
        let fits = shown.is_some_and(|shown| constant_time_equal(&expected, &shown));
        let proven = if known.is_some() { fits } else { shown.is_none() };
        let profile = profile.filter(|_| proven)?;
        Some(AuthenticatedClient::authenticated(Arc::clone(profile)))
    }
}
