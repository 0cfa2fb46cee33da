//! Which client asks (RFC 6749 section 2.3): by one way of proving itself, never two.

use axum::http::HeaderMap;
use axum::http::header::USER_AGENT;
use quash_authority::{AuthenticatedClient, ClientRequest};

use crate::error::OAuthFailure;
use crate::request::authorization::Authorization;
use crate::request::bad_input::BadInput;
use crate::request::params::Params;
use crate::request_id::RequestId;
use crate::state::AppState;

/// So many characters of what a client calls itself are kept.
const LONGEST_USER_AGENT: usize = 256;

/// What a client shows of itself.
pub(crate) struct Presented<'a> {
    /// `client_id`.
    pub(crate) id: &'a str,
    /// `client_secret`.
    pub(crate) secret: Option<&'a str>,
    /// Whether it was shown in the `Authorization` header.
    pub(crate) basic: bool,
}

/// The client that `authorization` or `params` name and prove.
///
/// # Errors
/// `invalid_request` for two ways at once, `invalid_client` for everything else: an unknown client, a missing or a
/// wrong secret look alike.
pub(crate) fn authenticate(
    state: &AppState,
    authorization: &Authorization<'_>,
    params: &Params,
) -> Result<AuthenticatedClient, OAuthFailure> {
    let Presented { id, secret, basic } = present(authorization, params)?;
    state.authority().authenticate_client(id, secret).ok_or(OAuthFailure::InvalidClient { basic })
}

/// What the audit log is told of a request.
pub(crate) fn request(id: RequestId, headers: &HeaderMap) -> ClientRequest {
    let user_agent = headers.get(USER_AGENT).and_then(|value| value.to_str().ok());
    let user_agent = user_agent.map(|text| text.chars().take(LONGEST_USER_AGENT).collect::<String>().into());
    ClientRequest { id: id.text().into(), user_agent }
}

/// What `authorization` or `params` show of a client. Nothing of it is proven yet.
///
/// # Errors
/// `invalid_request` for two ways at once, `invalid_client` for none.
pub(crate) fn present<'a>(
    authorization: &'a Authorization<'_>,
    params: &'a Params,
) -> Result<Presented<'a>, OAuthFailure> {
    let (posted_id, posted_secret) = (params.filled("client_id"), params.filled("client_secret"));
    match authorization {
        Authorization::Basic { id, secret } => {
            if posted_secret.is_some() || posted_id.is_some_and(|posted| posted != id) {
                let once = "the client's credentials once, in the header or in the body";
                return Err(BadInput::invalid("client_id", once).into());
            }
            Ok(Presented { id, secret: Some(secret.as_str()), basic: true })
        }
        Authorization::Absent => match posted_id {
            Some(id) => Ok(Presented { id, secret: posted_secret, basic: false }),
            None => Err(OAuthFailure::InvalidClient { basic: false }),
        },
        Authorization::Bearer(_) | Authorization::Malformed => {
            Err(OAuthFailure::InvalidClient { basic: true })
        }
    }
}
