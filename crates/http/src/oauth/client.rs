//! Which client asks (RFC 6749 section 2.3): by one way of proving itself, never two.

use quash_authority::AuthenticatedClient;

use crate::error::OAuthFailure;
use crate::request::authorization::Authorization;
use crate::request::bad_input::BadInput;
use crate::request::params::Params;
use crate::state::AppState;

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
    let (posted_id, posted_secret) = (params.filled("client_id"), params.filled("client_secret"));
    let (id, secret, basic) = match authorization {
        Authorization::Basic { id, secret } => {
            if posted_secret.is_some() || posted_id.is_some_and(|posted| posted != id) {
                let once = "the client's credentials once, in the header or in the body";
                return Err(BadInput::invalid("client_id", once).into());
            }
            (id.as_str(), Some(secret.as_str()), true)
        }
        Authorization::Absent => match posted_id {
            Some(id) => (id, posted_secret, false),
            None => return Err(OAuthFailure::InvalidClient { basic: false }),
        },
        Authorization::Bearer(_) | Authorization::Malformed => {
            return Err(OAuthFailure::InvalidClient { basic: true });
        }
    };
    let client = state.authority().authenticate_client(id, secret);
    client.ok_or(OAuthFailure::InvalidClient { basic })
}
