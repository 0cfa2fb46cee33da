//! A second client joins a sign-in: single sign-on (S53).

use quash_core::ids::{ClientId, SessionId};
use quash_core::session::ban::Ban;
use quash_storage::ports::{Join, Joined};

use crate::authority::Authority;
use crate::caller::Caller;
use crate::error::Error;
use crate::permissions::{Verb, authorize};
use crate::refusal::Refusal;
use crate::reply::Granted;
use crate::session_limit::LimitReached;
use crate::sign_in::check_scope;
use crate::token_reply::TokenReply;

/// A client to add to a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JoinSession {
    /// Which client.
    pub client: ClientId,
    /// What it may do, within its scopes; nothing when `None`.
    pub scope: Option<Box<str>>,
}

/// What became of a [`JoinSession`].
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum JoinedSession {
    /// The client has a token pair of its own, with the same `sid`.
    Open(Box<TokenReply>),
    /// There is no such session.
    Unknown,
    /// The session is over.
    Over(Refusal),
    /// The subject has as many sessions at this client as it may have. Nothing was done.
    LimitReached(LimitReached),
    /// The subject is banned from this client. Nothing was done.
    Banned(Box<Ban>),
}

impl Authority {
    /// Gives another client a token pair of its own in a live session, with the same `sid`. The grant stands at the
    /// head: a cutoff from before it does not end it, one that ended the session refuses it.
    ///
    /// # Errors
    /// [`Error::Forbidden`], [`Error::Request`] for an unknown client or a scope that it may not have,
    /// [`Error::Store`].
    pub async fn join(
        &self,
        caller: &Caller,
        session: &SessionId,
        join: JoinSession,
    ) -> Result<JoinedSession, Error> {
        authorize(caller, Verb::OpenSession)?;
        if !caller.may_act_for(&join.client) {
            return Err(Error::Forbidden(Verb::OpenSession));
        }
        let now = self.now();
        let profile = self.client_profile(&join.client)?;
        check_scope(join.scope.as_deref(), profile)?;
        let grant = self.new_grant(session, profile, join.scope.unwrap_or_default(), now)?;
        let limit = self.session_limit(caller, profile, now);
        let (session, grant) =
            match self.store.join(Join { grant, limit: limit.clone(), act: caller.act(now) }).await? {
                Joined::Open { session, grant, replaced } => {
                    self.enforce_replacements(replaced).await?;
                    (session, grant)
                }
                Joined::LimitReached { live } => {
                    self.counters.sign_ins_over_limit.add_one();
                    return Ok(JoinedSession::LimitReached(LimitReached::of(live, limit.as_ref())));
                }
                Joined::Banned(ban) => {
                    self.counters.sign_ins_banned.add_one();
                    return Ok(JoinedSession::Banned(ban));
                }
                Joined::Over(over) => return Ok(JoinedSession::Over(Refusal::over(&over))),
                Joined::CutOff(entry) => return Ok(JoinedSession::Over(Refusal::cut_off(&entry))),
                _ => return Ok(JoinedSession::Unknown),
            };
        let position = grant.opened_position;
        let granted =
            Granted { client: profile, session: &session, grant: &grant, scope: None, position, now };
        Ok(match self.pair(&granted).await? {
            Ok(reply) => JoinedSession::Open(Box::new(reply)),
            Err(over) => JoinedSession::Over(Refusal::over(&over)),
        })
    }
}
