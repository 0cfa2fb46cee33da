//! A user ends what is theirs, with their own token.

use quash_core::ids::{SessionId, Subject, TokenId};
use quash_core::position::Position;
use quash_core::revocation::entry::Exception;
use quash_core::revocation::reason::Reason;
use quash_core::revocation::target::Target;
use quash_core::session::session::{Session, SessionState};
use quash_core::time::Timestamp;
use quash_core::verified::VerifiedClaims;
use quash_storage::ports::Details;

use crate::authority::Authority;
use crate::caller::Caller;
use crate::error::{Error, RequestError};
use crate::permissions::{Verb, authorize};
use crate::revoke::{Fact, Named};

/// Something that was ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ended {
    /// The entry that did it; none when an entry had ended it before.
    pub position: Option<Position>,
}

impl Authority {
    /// Ends the sign-in that the token belongs to: its access and its refresh tokens, nobody else's (S08). A token
    /// without a session is revoked alone.
    ///
    /// # Errors
    /// [`Error::Request`] for a token that names neither, [`Error::Store`].
    pub async fn log_out(&self, token: &VerifiedClaims, cause: &str) -> Result<Ended, Error> {
        let fact = self.own_doing(token, Reason::LOGGED_OUT, cause);
        let position = self.end(this_sign_in(token)?, None, fact).await?;
        Ok(Ended { position: Some(position) })
    }

    /// Ends one of the sessions of the token's subject. `None` when the subject has no such session.
    ///
    /// # Errors
    /// [`Error::Request`] for a token of another issuer or without a subject, [`Error::Store`].
    pub async fn end_own_session(
        &self,
        token: &VerifiedClaims,
        id: &SessionId,
        cause: &str,
    ) -> Result<Option<Ended>, Error> {
        let subject = self.own_subject(token)?;
        let listed = self.store.session(id).await?.filter(|listed| listed.session.subject == subject);
        let Some(listed) = listed else { return Ok(None) };
        let own_session = token.session() == Some(id.as_str());
        let reason = if own_session { Reason::LOGGED_OUT } else { Reason::KICKED };
        let fact = self.own_doing(token, reason, cause);
        self.end_listed(&listed.session, fact).await.map(Some)
    }

    /// Ends every session of the token's subject but the token's own: one entry, however many there are (S14).
    ///
    /// # Errors
    /// [`Error::Request`] for a token of another issuer, or without a subject or a session; [`Error::Store`].
    pub async fn end_own_sessions_except_current(
        &self,
        token: &VerifiedClaims,
        cause: &str,
    ) -> Result<Ended, Error> {
        let subject = self.own_subject(token)?;
        let current = token.session().and_then(|sid| SessionId::new(sid).ok());
        let current = current.ok_or_else(|| RequestError::new("token", "a token of a session"))?;
        let issuer = self.settings.issuer.clone();
        let named = Named { issuer, target: Target::Subject(subject), expires_at: None };
        let fact = self.own_doing(token, Reason::KICKED, cause);
        let position = self.end(named, Some(Exception::Session(current)), fact).await?;
        Ok(Ended { position: Some(position) })
    }

    /// Ends every session of the token's subject, the token's own included: one entry, however many there are.
    ///
    /// # Errors
    /// [`Error::Request`] for a token of another issuer or without a subject, [`Error::Store`].
    pub async fn end_own_sessions(&self, token: &VerifiedClaims, cause: &str) -> Result<Ended, Error> {
        let target = Target::Subject(self.own_subject(token)?);
        let fact = self.own_doing(token, Reason::LOGGED_OUT, cause);
        let position = self.end_identity(&self.settings.issuer, target, fact).await?;
        Ok(Ended { position: Some(position) })
    }

    /// An administrator, or support, ends one session. `None` when there is no such session, or when the caller's
    /// client has no part in it.
    ///
    /// # Errors
    /// [`Error::Forbidden`], [`Error::Store`].
    pub async fn end_session(
        &self,
        caller: &Caller,
        id: &SessionId,
        reason: Reason,
    ) -> Result<Option<Ended>, Error> {
        authorize(caller, Verb::EndSession)?;
        let reachable = |clients: &[_]| caller.client().is_none_or(|only| clients.contains(only));
        let listed = self.store.session(id).await?.filter(|listed| reachable(&listed.clients));
        let Some(listed) = listed else { return Ok(None) };
        let fact = self.doing_of(caller, reason);
        self.end_listed(&listed.session, fact).await.map(Some)
    }

    async fn end_listed(&self, session: &Session, fact: Fact) -> Result<Ended, Error> {
        if was_ended(session) {
            return Ok(Ended { position: None });
        }
        let target = Target::Session(session.id.clone());
        let position = self.end_identity(&self.settings.issuer, target, fact).await?;
        Ok(Ended { position: Some(position) })
    }

    /// What a credential ends, for a reason of its own.
    pub(crate) fn doing_of(&self, caller: &Caller, reason: Reason) -> Fact {
        Fact {
            reason,
            actor: caller.id().as_str().into(),
            now: self.now(),
            cause: caller.cause().into(),
            evidence: Details::new(),
            once: false,
        }
    }

    pub(crate) fn own_doing(&self, token: &VerifiedClaims, reason: &'static str, cause: &str) -> Fact {
        let actor = token.subject().unwrap_or_default().into();
        Fact {
            reason: Reason::known(reason),
            actor,
            now: self.now(),
            cause: cause.into(),
            evidence: Details::new(),
            once: false,
        }
    }

    /// Whose sessions the bearer of `token` may look at and end: only our own tokens speak of our sessions.
    pub(crate) fn own_subject(&self, token: &VerifiedClaims) -> Result<Subject, RequestError> {
        let subject = token.subject().filter(|_| self.is_own(token.verified_issuer()));
        let subject = subject.and_then(|subject| Subject::new(subject).ok());
        subject.ok_or_else(|| RequestError::new("token", "a token of our own, with a subject"))
    }
}

/// Whether an entry ended the session before. One that only ran out is not ended: its access tokens live on to their
/// own end, which an idle limit does not bring forward.
pub(crate) const fn was_ended(session: &Session) -> bool {
    !matches!(session.state, SessionState::Active)
}

/// The session of the token, or the token itself where it has none.
fn this_sign_in(token: &VerifiedClaims) -> Result<Named, RequestError> {
    let session = token.session().and_then(|sid| SessionId::new(sid).ok());
    let session = session.map(|sid| Named {
        issuer: token.verified_issuer().clone(),
        target: Target::Session(sid),
        expires_at: None,
    });
    let nameless = || RequestError::new("token", "a token with `sid` or `jti`");
    session.or_else(|| token_of(token)).ok_or_else(nameless)
}

/// The token itself: its `jti`, else its digest.
pub(crate) fn token_of(token: &VerifiedClaims) -> Option<Named> {
    let by_id = token.token().and_then(|jti| TokenId::new(jti).ok()).map(Target::Token);
    let target = by_id.or_else(|| token.digest().copied().map(Target::TokenDigest))?;
    let expires_at = Some(Timestamp::from_seconds(token.expires_at()));
    Some(Named { issuer: token.verified_issuer().clone(), target, expires_at })
}
