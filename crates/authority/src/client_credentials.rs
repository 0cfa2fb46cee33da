//! A client gets a token for itself (RFC 6749 section 4.4).

use crate::access_token::Issue;
use crate::authority::Authority;
use crate::caller::AuthenticatedClient;
use crate::error::Error;
use crate::refusal::Refusal;
use crate::settings::GrantType;
use crate::sign_in::check_scope;
use crate::token_reply::TokenReply;

/// What became of a request for a client's own token.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum ClientTokens {
    /// An access token; no refresh token, no session.
    Granted(Box<TokenReply>),
    /// No.
    Refused(Refusal),
}

impl Authority {
    /// An access token for the client itself: `sub` is its id, and it belongs to no session. `scope` must be within
    /// the client's; its default when `None`.
    ///
    /// # Errors
    /// [`Error::Store`], for the token stands at the head of the log.
    pub async fn client_credentials(
        &self,
        client: &AuthenticatedClient,
        scope: Option<&str>,
    ) -> Result<ClientTokens, Error> {
        let profile = client.profile();
        if !profile.grant_types.contains(&GrantType::ClientCredentials) {
            return Ok(ClientTokens::Refused(Refusal::unauthorized_client()));
        }
        if check_scope(scope, profile).is_err() {
            return Ok(ClientTokens::Refused(Refusal::invalid_scope()));
        }
        let scope = scope.unwrap_or(&profile.default_scope);
        // INVARIANT: the clock is read before the head. Whatever is revoked after the head hits the token, and is held for as
        // long as a token lives that was issued by then.
        let now = self.now();
        let position = self.store.head().await?.position;
        let issued = self.issue(&Issue { client: profile, session: None, scope, position, now }).await?;
        Ok(ClientTokens::Granted(Box::new(self.bare(issued, scope)?)))
    }
}
