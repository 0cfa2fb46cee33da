//! Ending sessions and giving tokens back.

use quash_authority::{Ended, Error, PresentedToken};
use quash_core::ids::{SessionId, Subject, TokenId};
use quash_core::position::Position;
use quash_core::revocation::entry::Exception;
use quash_core::revocation::reason::Reason;
use quash_core::revocation::target::Target;
use quash_core::verified::VerifiedClaims;

use super::{Run, Taken};
use crate::invariants::{i6_no_resurrection, i7_no_false_revocation};
use crate::oracle::{Outcome, Said};
use crate::plan::{Pick, Which};
use crate::violation::Violation;

impl Run {
    pub(super) async fn log_out(&mut self, pick: Pick) -> Result<Taken, Violation> {
        let Some(claims) = self.bearer(pick)? else { return Ok(self.skip()) };
        let ended = self.world.server()?.authority.log_out(&claims, "req").await;
        self.logged_out(&claims, ended)
    }

    pub(super) fn logged_out(
        &mut self,
        claims: &VerifiedClaims,
        ended: Result<Ended, Error>,
    ) -> Result<Taken, Violation> {
        let said = Said::end(Target::Session(session_of(claims)?));
        match ended {
            Ok(Ended { position: Some(position) }) => self.acknowledged(said, position),
            Ok(Ended { position: None }) => Err(i6_no_resurrection::renewed_again(&["logged out before"])),
            Err(error) => self.unanswered(said, &error),
        }
    }

    pub(super) async fn end_others(&mut self, pick: Pick) -> Result<Taken, Violation> {
        let Some(claims) = self.bearer(pick)? else { return Ok(self.skip()) };
        let subject = Subject::new(claims.subject().unwrap_or_default()).map_err(Violation::stuck)?;
        let exception = Some(Exception::Session(session_of(&claims)?));
        let said = Said { exception, ..Said::end(Target::Subject(subject)) };
        match self.world.server()?.authority.end_own_sessions_except_current(&claims, "req").await {
            Ok(Ended { position: Some(position) }) => self.acknowledged(said, position),
            Ok(Ended { position: None }) => Err(Violation::stuck("others were ended by no entry")),
            Err(error) => self.unanswered(said, &error),
        }
    }

    pub(super) async fn end_session(&mut self, pick: Pick) -> Result<Taken, Violation> {
        let Some(session) = pick.of(&self.oracle.sessions).cloned() else { return Ok(self.skip()) };
        let said = Said::end(Target::Session(session.id.clone()));
        let server = self.world.server()?;
        let reason = Reason::known(Reason::ADMIN);
        let over = self.oracle.is_row_over(&session, server.authority.now());
        match server.authority.end_session(&server.admin, &session.id, reason).await {
            Ok(Some(Ended { position: Some(position) })) => self.acknowledged(said, position),
            Ok(Some(Ended { position: None })) if over => Ok(self.saw("answer: over already")),
            Ok(None) if self.oracle.may_be_purged(&session) => Ok(self.saw("answer: purged already")),
            Ok(other) => Err(i7_no_false_revocation::session_refused(&format!("{other:?}"))),
            Err(error) => self.unanswered(said, &error),
        }
    }

    pub(super) async fn give_back_refresh_token(&mut self, pick: Pick) -> Result<Taken, Violation> {
        let place = pick.index(self.oracle.grants.len());
        let grant = place.and_then(|place| self.oracle.grants.get(place));
        let known =
            grant.and_then(|grant| grant.known_at_or_before(grant.current()).map(|(_, text)| (grant, text)));
        let Some((grant, text)) = known else { return Ok(self.skip()) };
        let session = self.oracle.session_of(grant).cloned();
        let session = session.ok_or_else(|| Violation::stuck("a grant without a session"))?;
        let server = self.world.server()?;
        let over = self.oracle.is_row_over(&session, server.authority.now());
        let client = server.client(&grant.client)?;
        let position = server.authority.revoke_token(&client, PresentedToken::Refresh(&text)).await;
        let said = Said::end(Target::Session(session.id.clone()));
        let gone = over || self.oracle.may_be_purged(&session);
        self.given_back(said, gone, position)
    }

    pub(super) async fn give_back_access_token(&mut self, pick: Pick) -> Result<Taken, Violation> {
        let server = self.world.server()?;
        let token = pick.of(&self.oracle.tokens);
        let Some(claims) = token.and_then(|token| server.verified(&token.text)) else {
            return Ok(self.skip());
        };
        let id = TokenId::new(claims.token().unwrap_or_default()).map_err(Violation::stuck)?;
        let client = server.client(claims.client().unwrap_or_default())?;
        let position = server.authority.revoke_token(&client, PresentedToken::Access(&claims)).await;
        self.given_back(Said::end(Target::Token(id)), false, position)
    }

    fn given_back(
        &mut self,
        said: Said,
        gone: bool,
        position: Result<Option<Position>, Error>,
    ) -> Result<Taken, Violation> {
        match position {
            Ok(Some(position)) => self.acknowledged(said, position),
            Ok(None) if gone => Ok(self.saw("answer: nothing to give back")),
            Ok(None) => {
                Err(i7_no_false_revocation::session_refused("a living token could not be given back"))
            }
            Err(error) => self.unanswered(said, &error),
        }
    }

    /// Looking at a refresh token agrees with using it.
    pub(super) async fn introspect(&mut self, pick: Pick) -> Result<Taken, Violation> {
        let place = pick.index(self.oracle.grants.len());
        let presented = match place {
            Some(place) => self.presented(place, Which::Current)?,
            None => None,
        };
        let Some(presented) = presented else { return Ok(self.skip()) };
        let state = match self.world.server()?.authority.introspect_refresh(presented.text()).await {
            Ok(state) => state,
            Err(error) => return self.excuse(&error),
        };
        match (presented.outcome(), state) {
            (Outcome::Lives(_), Some(_)) => Ok(self.saw("introspection: active")),
            (Outcome::Over(_), None) => Ok(self.saw("introspection: inactive")),
            (Outcome::Over(why), Some(_)) => Err(i6_no_resurrection::renewed_again(why)),
            (Outcome::Lives(crate::oracle::Use::IsReuse), None) => Ok(Taken),
            (Outcome::Lives(_), None) => {
                Err(i7_no_false_revocation::session_refused("introspection says inactive"))
            }
        }
    }

    /// The claims of a picked token, if its bearer can still use it.
    fn bearer(&self, pick: Pick) -> Result<Option<VerifiedClaims>, Violation> {
        let server = self.world.server()?;
        Ok(pick.of(&self.oracle.tokens).and_then(|token| server.accepted(&token.text)))
    }
}

fn session_of(claims: &VerifiedClaims) -> Result<SessionId, Violation> {
    SessionId::new(claims.session().unwrap_or_default()).map_err(Violation::stuck)
}
