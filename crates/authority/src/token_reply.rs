//! What a client gets: the tokens, and when to come back.

use quash_core::ids::{DeviceId, SessionId};

use crate::plain_token::PlainToken;

/// A token reply (RFC 6749 section 5.1), with this project's fields.
///
/// Every number of seconds counts from the present and is rounded down: nothing lives shorter than was said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenReply {
    /// The access token.
    pub access_token: PlainToken,
    /// Seconds until `exp`; never beyond the session's absolute end.
    pub expires_in: u64,
    /// The refresh token; none for `client_credentials`.
    pub refresh_token: Option<PlainToken>,
    /// Seconds until the refresh token is over if nobody uses it.
    pub refresh_token_timeout: Option<u64>,
    /// Seconds until the session is over whatever its use.
    pub authorization_expires_in: Option<u64>,
    /// When to refresh, Unix seconds: before `exp` by the smaller of two minutes and a fifth of the token's life,
    /// less up to a quarter of that by chance, so that clients do not come all at once (S06).
    pub refresh_at: u64,
    /// The scope of the access token.
    pub scope: Option<Box<str>>,
    /// The session; none for `client_credentials`.
    pub session_id: Option<SessionId>,
    /// The device; none for `client_credentials`.
    pub device_id: Option<DeviceId>,
}

impl TokenReply {
    /// `token_type` (RFC 6750).
    pub const TOKEN_TYPE: &str = "Bearer";
}
