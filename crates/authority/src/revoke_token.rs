//! A client gives a token back (RFC 7009).

use quash_core::position::Position;
use quash_core::revocation::reason::Reason;
use quash_core::revocation::target::Target;
use quash_core::verified::VerifiedClaims;
use quash_storage::ports::Details;

use crate::authority::Authority;
use crate::caller::AuthenticatedClient;
use crate::error::Error;
use crate::log_out;
use crate::refresh_token::RefreshToken;
use crate::revoke::Fact;

/// A token that a client presents, after its form told what it is.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub enum PresentedToken<'a> {
    /// What starts like a refresh token.
    Refresh(&'a str),
    /// An access token that verified; revoked or not.
    Access(&'a VerifiedClaims),
}

impl std::fmt::Debug for PresentedToken<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Refresh(_) => "Refresh(..)",
            Self::Access(_) => "Access(..)",
        })
    }
}

impl Authority {
    /// Revokes a token for the client that it was issued to: a refresh token ends its session, an access token
    /// alone goes. Returns the entry's position; `None` where there was nothing to do. Unknown tokens and those of
    /// others are left alone without a word (RFC 7009 section 2.2); nothing wider than one session is ever hit.
    ///
    /// # Errors
    /// [`Error::Store`]: nothing was acknowledged, repeat the call.
    pub async fn revoke_token(
        &self,
        client: &AuthenticatedClient,
        token: PresentedToken<'_>,
    ) -> Result<Option<Position>, Error> {
        let fact = Fact {
            reason: Reason::known(Reason::CLIENT_REVOKED),
            actor: client.id().as_str().into(),
            now: self.now(),
            cause: client.request().id.clone(),
            evidence: Details::new(),
            once: true,
        };
        match token {
            PresentedToken::Refresh(text) => self.give_back_refresh(client, text, fact).await,
            PresentedToken::Access(claims) => self.give_back_access(client, claims, fact).await,
        }
    }

    async fn give_back_refresh(
        &self,
        client: &AuthenticatedClient,
        text: &str,
        fact: Fact,
    ) -> Result<Option<Position>, Error> {
        let token = RefreshToken::open(text, &self.masters).filter(|token| token.is_for(client.id()));
        let Some(token) = token else { return Ok(None) };
        let Some((grant, listed)) = self.store.grant(&token.grant).await? else { return Ok(None) };
        if grant.client != *client.id() || log_out::was_ended(&listed.session) {
            return Ok(None);
        }
        let target = Target::Session(grant.session);
        self.end_identity(&self.settings.issuer, target, fact).await.map(Some)
    }

    async fn give_back_access(
        &self,
        client: &AuthenticatedClient,
        claims: &VerifiedClaims,
        fact: Fact,
    ) -> Result<Option<Position>, Error> {
        let owned = self.is_own(claims.verified_issuer()) && claims.client() == Some(client.id().as_str());
        let Some(named) = log_out::token_of(claims).filter(|_| owned) else { return Ok(None) };
        self.end(named, None, fact).await.map(Some)
    }
}
