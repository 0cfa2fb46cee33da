//! A client renews its tokens (RFC 6749 section 6).

use quash_core::revocation::reason::Reason;
use quash_core::revocation::target::Target;
use quash_core::session::renewal::{Renewal, Verdict};
use quash_core::time::Timestamp;
use quash_storage::ports::{Details, Renewed};

use crate::authority::Authority;
use crate::caller::AuthenticatedClient;
use crate::error::Error;
use crate::refresh_token::RefreshToken;
use crate::refusal::Refusal;
use crate::reply::Granted;
use crate::revoke::Fact;
use crate::scope;
use crate::settings::{GrantType, ReusePolicy};
use crate::token_reply::TokenReply;

/// What became of a refresh.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Refreshed {
    /// New tokens. The refresh token is the same for everybody who presents the same generation.
    Renewed(Box<TokenReply>),
    /// No.
    Refused(Refusal),
}

impl Authority {
    /// Renews the tokens of the grant that `token` names. `scope` asks for less than was granted, for this access
    /// token only; everything when `None`.
    ///
    /// Judged in one transaction of the store, by the position at which the grant was opened (design, "Sessions
    /// and refresh"). Parallel and repeated uses within the grace get one and the same successor; a later one
    /// ends the session as theft (S02, S03).
    ///
    /// # Errors
    /// [`Error::Store`]: nothing was acknowledged, and the same token may be used again.
    pub async fn refresh(
        &self,
        client: &AuthenticatedClient,
        token: &str,
        scope: Option<&str>,
    ) -> Result<Refreshed, Error> {
        let refreshed = self.try_refresh(client, token, scope).await?;
        if let Refreshed::Refused(_) = &refreshed {
            self.counters.refresh_refusals.add_one();
        }
        Ok(refreshed)
    }

    async fn try_refresh(
        &self,
        client: &AuthenticatedClient,
        token: &str,
        asked: Option<&str>,
    ) -> Result<Refreshed, Error> {
        if !client.profile().grant_types.contains(&GrantType::RefreshToken) {
            return Ok(Refreshed::Refused(Refusal::unauthorized_client()));
        }
        let Some(token) = RefreshToken::open(token, &self.masters).filter(|token| token.is_for(client.id()))
        else {
            return Ok(Refreshed::Refused(Refusal::invalid_token()));
        };
        if let Some(refusal) = self.check_narrowing(&token, asked).await? {
            return Ok(Refreshed::Refused(refusal));
        }
        let now = self.now();
        let renewal = Renewal { presented: token.generation, now, grace: self.settings.refresh_grace };
        let Some(renewed) = self.store.renew(&token.grant, renewal).await? else {
            return Ok(Refreshed::Refused(Refusal::invalid_token()));
        };
        if let Some(refusal) = self.refusal(client, &token, &renewed, now).await? {
            return Ok(Refreshed::Refused(refusal));
        }
        let Renewed { session, grant, position, .. } = &renewed;
        let granted =
            Granted { client: client.profile(), session, grant, scope: asked, position: *position, now };
        Ok(match self.pair(&granted).await? {
            Ok(reply) => Refreshed::Renewed(Box::new(reply)),
            Err(over) => Refreshed::Refused(Refusal::over(&over)),
        })
    }

    /// Looks at the granted scope only when less is asked for: a request that asks for more must not use the token
    /// up (RFC 6749 section 6).
    async fn check_narrowing(
        &self,
        token: &RefreshToken,
        asked: Option<&str>,
    ) -> Result<Option<Refusal>, Error> {
        let Some(asked) = asked else { return Ok(None) };
        let Some(asked) = scope::names(asked) else { return Ok(Some(Refusal::invalid_scope())) };
        let Some((grant, _)) = self.store.grant(&token.grant).await? else {
            return Ok(Some(Refusal::invalid_token()));
        };
        Ok((!scope::is_within(&asked, &grant.scope)).then(Refusal::invalid_scope))
    }

    /// Why the verdict refuses, if it does; with what follows from it done.
    async fn refusal(
        &self,
        client: &AuthenticatedClient,
        token: &RefreshToken,
        renewed: &Renewed,
        now: Timestamp,
    ) -> Result<Option<Refusal>, Error> {
        match &renewed.verdict {
            Verdict::Rotate { alarm, .. } => {
                self.counters.refreshes.add_one();
                if *alarm {
                    self.counters.refresh_ahead.add_one();
                    tracing::warn!("a refresh token was ahead of its row: the store has lost writes");
                }
                Ok(None)
            }
            Verdict::Repeat => {
                self.counters.refresh_repeats.add_one();
                Ok(None)
            }
            Verdict::Reuse => {
                self.end_as_theft(client, token, renewed, now).await?;
                Ok(Some(Refusal::sign_in_again(Reason::REFRESH_REUSE)))
            }
            Verdict::Over(over) => Ok(Some(Refusal::over(over))),
            Verdict::CutOff(entry) => Ok(Some(Refusal::cut_off(entry))),
            Verdict::Banned(ban) => Ok(Some(Refusal::banned(ban))),
            // A verdict that this version does not know grants nothing.
            _ => Ok(Some(Refusal::invalid_token())),
        }
    }

    /// Two parties hold tokens of one family, and nobody can tell which of them is the user: both lose the session.
    async fn end_as_theft(
        &self,
        client: &AuthenticatedClient,
        token: &RefreshToken,
        renewed: &Renewed,
        now: Timestamp,
    ) -> Result<(), Error> {
        self.counters.refresh_reuses.add_one();
        tracing::warn!(
            session = %renewed.session.id,
            client = %client.id(),
            presented_generation = token.generation.0,
            current_generation = renewed.grant.generation.0,
            "a refresh token was used again long after its successor"
        );
        if self.settings.reuse == ReusePolicy::RefuseOnly {
            return Ok(());
        }
        let target = Target::Session(renewed.session.id.clone());
        let fact = Fact {
            reason: Reason::known(Reason::REFRESH_REUSE),
            actor: client.id().as_str().into(),
            now,
            cause: client.request().id.clone(),
            evidence: evidence(client, token, renewed),
            once: true,
        };
        self.end_identity(&self.settings.issuer, target, fact).await?;
        Ok(())
    }
}

/// What is known of a theft: which generation came, which one was expected, and from where.
fn evidence(client: &AuthenticatedClient, token: &RefreshToken, renewed: &Renewed) -> Details {
    let mut evidence = Details::from([
        ("client".into(), client.id().as_str().into()),
        ("grant".into(), token.grant.as_str().into()),
        ("presented_generation".into(), token.generation.0.to_string().into()),
        ("current_generation".into(), renewed.grant.generation.0.to_string().into()),
    ]);
    let signed_in = renewed.grant.sign_in_of(&renewed.session);
    evidence.insert("device".into(), signed_in.device.id.as_str().into());
    if let Some(user_agent) = &client.request().user_agent {
        evidence.insert("user_agent".into(), user_agent.clone());
    }
    evidence
}
