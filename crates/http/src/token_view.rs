//! A token reply, as `/oauth/token` and `/v1/sessions` give it.

use quash_authority::{PlainToken, TokenReply};
use quash_core::ids::{DeviceId, SessionId};
use serde::Serialize;
use utoipa::ToSchema;

/// A token reply (RFC 6749 section 5.1).
#[derive(Serialize, ToSchema)]
pub(crate) struct TokenView<'a> {
    /// The session; not for `client_credentials`.
    #[serde(skip_serializing_if = "Option::is_none")]
    session_id: Option<&'a str>,
    /// The access token.
    access_token: &'a str,
    /// `Bearer`.
    token_type: &'static str,
    /// Seconds until the access token is over.
    expires_in: u64,
    /// The refresh token; not for `client_credentials`.
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<&'a str>,
    /// Seconds until the refresh token is over if nobody uses it.
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token_timeout: Option<u64>,
    /// Seconds until the session is over whatever its use.
    #[serde(skip_serializing_if = "Option::is_none")]
    authorization_expires_in: Option<u64>,
    /// When to refresh, Unix seconds.
    refresh_at: u64,
    /// What the access token may do; left out when nothing was granted.
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<&'a str>,
    /// The device; not for `client_credentials`.
    #[serde(skip_serializing_if = "Option::is_none")]
    device_id: Option<&'a str>,
}

impl<'a> From<&'a TokenReply> for TokenView<'a> {
    fn from(reply: &'a TokenReply) -> Self {
        Self {
            session_id: reply.session_id.as_ref().map(SessionId::as_str),
            access_token: reply.access_token.expose(),
            token_type: TokenReply::TOKEN_TYPE,
            expires_in: reply.expires_in,
            refresh_token: reply.refresh_token.as_ref().map(PlainToken::expose),
            refresh_token_timeout: reply.refresh_token_timeout,
            authorization_expires_in: reply.authorization_expires_in,
            refresh_at: reply.refresh_at,
            scope: reply.scope.as_deref(),
            device_id: reply.device_id.as_ref().map(DeviceId::as_str),
        }
    }
}
