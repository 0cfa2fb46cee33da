//! What somebody signs who has the key that signs, and nothing else of an authority.

use crate::authority::Authority;
use crate::error::Error;
use crate::plain_token::PlainToken;

/// Any claims, as an access token that the key of `authority` signs. Nothing is registered, recorded or counted.
///
/// # Errors
/// None that a caller could cause.
pub fn forge(authority: &Authority, claims: &serde_json::Value) -> Result<PlainToken, Error> {
    authority.keys.load().sign("at+jwt", claims)
}
