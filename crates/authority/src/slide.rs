//! An access token that is about to end is answered with a new one (S04), where its client is configured so.

use quash_core::ids::{ClientId, DeviceId, SessionId};
use quash_core::session::last_use::UsedBy;
use quash_core::verified::VerifiedClaims;
use quash_storage::ports::{SessionUse, Used};

use crate::access_token::Issue;
use crate::authority::Authority;
use crate::error::Error;
use crate::plain_token::PlainToken;
use crate::reply::early;

/// An access token that may be used and is about to end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndingToken {
    session: SessionId,
    client: ClientId,
    device: DeviceId,
    scope: Box<str>,
    expires_at: u64,
}

impl Authority {
    /// Whether any client is configured so: else nobody need ask further.
    pub const fn slides(&self) -> bool {
        self.slides
    }

    /// Whether `token`, which was accepted now, is about to end and its client is configured so. From memory.
    ///
    /// A token is about to end from the instant on that its client is told to refresh at, without jitter: two minutes or
    /// a fifth of its life before `exp`, whichever is shorter, that instant included.
    pub fn ending(&self, token: &VerifiedClaims) -> Option<EndingToken> {
        let client = ClientId::new(token.client()?).ok()?;
        let own = self.is_own(token.verified_issuer());
        self.clients.get(&client).filter(|profile| own && profile.sliding)?;
        let expires_at = token.expires_at();
        let from = expires_at.saturating_sub(early(token.issued_at()?, expires_at));
        if self.now().seconds() < from {
            return None;
        }
        Some(EndingToken {
            session: SessionId::new(token.session()?).ok()?,
            client,
            device: DeviceId::new(token.device()?).ok()?,
            scope: token.scope().unwrap_or_default().into(),
            expires_at,
        })
    }

    /// A new access token in the place of one that is about to end: of the same session, client, device and scope, with
    /// the session's present claims. It is a use of the session, so the idle limit moves; the absolute limit does not.
    ///
    /// `None` where the session is over or cut off, and where a new token would live no longer.
    ///
    /// # Errors
    /// [`Error::Store`], [`Error::Keys`]: the token that was shown is good all the same.
    pub async fn slide(&self, ending: EndingToken) -> Result<Option<PlainToken>, Error> {
        let now = self.now();
        let EndingToken { session, client, device, scope, expires_at } = ending;
        let Some(profile) = self.clients.get(&client) else { return Ok(None) };
        let by = UsedBy { session, client, device: Some(device) };
        let used = SessionUse { by, now };
        let Some(Used { session, grant, position }) = self.store.use_session(used).await? else {
            return Ok(None);
        };
        let session = grant.sign_in_of(&session);
        if session.absolute_end.seconds() <= expires_at || session.absolute_end.seconds() <= now.seconds() {
            return Ok(None);
        }
        let issue = Issue { client: profile, session: Some(&session), scope: &scope, position, now };
        let issued = self.issue(&issue).await?;
        if issued.until <= expires_at {
            return Ok(None);
        }
        self.counters.tokens_slid.add_one();
        Ok(Some(issued.token))
    }
}
