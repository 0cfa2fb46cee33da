//! Putting a token reply together.

use std::time::Duration;

use quash_core::position::Position;
use quash_core::session::grant::Grant;
use quash_core::session::session::{Over, Session};
use quash_core::time::Timestamp;

use crate::access_token::{Issue, Issued};
use crate::authority::Authority;
use crate::entropy::random;
use crate::error::Error;
use crate::refresh_token::RefreshToken;
use crate::settings::ClientProfile;
use crate::token_reply::TokenReply;

/// What a client was granted, or keeps.
pub(crate) struct Granted<'a> {
    pub(crate) client: &'a ClientProfile,
    pub(crate) session: &'a Session,
    pub(crate) grant: &'a Grant,
    /// Less than the grant's scope, where the client asked for less.
    pub(crate) scope: Option<&'a str>,
    pub(crate) position: Position,
    pub(crate) now: Timestamp,
}

impl Authority {
    /// A token pair, or why there is none: the session's absolute end lies within the present second.
    pub(crate) async fn pair(&self, granted: &Granted<'_>) -> Result<Result<TokenReply, Over>, Error> {
        let Granted { client, session, grant, position, now, .. } = *granted;
        let session = &*grant.sign_in_of(session);
        if session.absolute_end.seconds() <= now.seconds() {
            return Ok(Err(Over::AbsoluteLimit));
        }
        let scope = granted.scope.unwrap_or(&grant.scope);
        let issued = self.issue(&Issue { client, session: Some(session), scope, position, now }).await?;
        let refresh_token = RefreshToken::of(grant).seal(&self.masters)?;
        let seconds_until = |end: Timestamp| end.since(now).as_secs();
        Ok(Ok(TokenReply {
            refresh_token: Some(refresh_token),
            refresh_token_timeout: Some(seconds_until(session.idle_end().min(session.absolute_end))),
            authorization_expires_in: Some(seconds_until(session.absolute_end)),
            session_id: Some(session.id.clone()),
            device_id: Some(session.device.id.clone()),
            ..self.bare(issued, scope)?
        }))
    }

    /// An access token alone.
    pub(crate) fn bare(&self, issued: Issued, scope: &str) -> Result<TokenReply, Error> {
        let [jitter] = random(&*self.entropy)?;
        Ok(TokenReply {
            expires_in: issued.until - issued.from,
            refresh_at: refresh_at(issued.from, issued.until, jitter),
            access_token: issued.token,
            refresh_token: None,
            refresh_token_timeout: None,
            authorization_expires_in: None,
            scope: (!scope.is_empty()).then(|| scope.into()),
            session_id: None,
            device_id: None,
        })
    }
}

/// The longest time before `exp` that a client is told to refresh at.
const EARLIEST: Duration = Duration::from_secs(120);

/// How long before its end a token that lives from `issued_at` to `expires_at` is about to end.
pub(crate) fn early(issued_at: u64, expires_at: u64) -> u64 {
    (expires_at.saturating_sub(issued_at) / 5).min(EARLIEST.as_secs())
}

/// When to refresh a token that lives from `issued_at` to `expires_at`: see [`TokenReply::refresh_at`].
fn refresh_at(issued_at: u64, expires_at: u64, jitter: u8) -> u64 {
    let early = early(issued_at, expires_at);
    let later = early * u64::from(jitter) / (4 * 255);
    expires_at - early + later
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_refreshes_before_the_end_by_two_minutes_or_a_fifth_of_the_life() {
        // S06
        assert_eq!(refresh_at(1_000, 4_600, 0), 4_600 - 120);
        assert_eq!(refresh_at(1_000, 1_600, 0), 1_600 - 120);
        assert_eq!(refresh_at(1_000, 1_060, 0), 1_060 - 12);
    }

    #[test]
    fn jitter_takes_at_most_a_quarter_off_the_early_time() {
        // S06: never at or after `exp`, so a client with jitter still refreshes in time.
        for jitter in 0..=u8::MAX {
            let at = refresh_at(1_000, 1_600, jitter);
            assert!((1_480..=1_510).contains(&at), "{at}");
        }
        assert_ne!(refresh_at(1_000, 1_600, 0), refresh_at(1_000, 1_600, 255));
    }

    #[test]
    fn a_one_minute_token_is_not_refreshed_for_ever() {
        // S06: at least four fifths of the life pass before the next refresh.
        for life in 1..=60 {
            assert!(refresh_at(1_000, 1_000 + life, 0) >= 1_000 + life - life / 5);
            assert!(refresh_at(1_000, 1_000 + life, 0) > 1_000);
        }
    }
}
