//! Looking at a refresh token without using it (RFC 7662). Access tokens are answered for from memory, by the
//! verifier.

use quash_core::ids::{ClientId, DeviceId, SessionId, Subject};
use quash_core::session::grant::Presented;
use quash_core::time::Timestamp;

use crate::authority::Authority;
use crate::error::Error;
use crate::refresh_token::RefreshToken;

/// A refresh token that could be used now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefreshState {
    /// Whose.
    pub subject: Subject,
    /// Through which client.
    pub client: ClientId,
    /// Of which session.
    pub session: SessionId,
    /// On which device.
    pub device: DeviceId,
    /// What it may do; empty when nothing was granted.
    pub scope: Box<str>,
    /// When it was granted.
    pub issued_at: Timestamp,
    /// When it is over if nobody uses it.
    pub expires_at: Timestamp,
}

impl Authority {
    /// The state of a refresh token; `None` when it could not be used now, whatever the reason (RFC 7662 section
    /// 2.2). Reads the store, changes nothing.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn introspect_refresh(&self, token: &str) -> Result<Option<RefreshState>, Error> {
        let Some(token) = RefreshToken::open(token, &self.masters) else { return Ok(None) };
        let Some((grant, listed)) = self.store.grant(&token.grant).await? else { return Ok(None) };
        let now = self.now();
        let presented = grant.judge(token.generation, now, self.settings.refresh_grace);
        let cut_off = listed.cut_by.is_some();
        let session = grant.sign_in_of(&listed.session).into_owned();
        if session.over(now).is_some() || cut_off || presented == Presented::Reuse {
            return Ok(None);
        }
        Ok(Some(RefreshState {
            expires_at: session.idle_end().min(session.absolute_end),
            subject: session.subject,
            client: grant.client,
            session: session.id,
            device: session.device.id,
            scope: grant.scope,
            issued_at: grant.opened_at,
        }))
    }
}
