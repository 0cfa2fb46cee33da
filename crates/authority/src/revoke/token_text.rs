//! A token in the clear, as a target.

use base64_simd::URL_SAFE_NO_PAD;
use quash_core::ids::{Issuer, TokenId};
use quash_core::revocation::target::Target;
use quash_core::time::Timestamp;
use quash_jose::{Limits, UnverifiedToken};
use serde::Deserialize;

use super::target::Named;
use crate::error::RequestError;

/// What is taken out of a token whose signature nobody looks at: only who may revoke comes here, and a token that
/// nobody would accept is none that needs revoking.
#[derive(Deserialize)]
struct Read {
    iss: Option<String>,
    jti: Option<String>,
    exp: Option<f64>,
}

/// The token's `jti`, else the digest of its signing input, never of the raw text: the signature can be spelled in
/// many ways without breaking it (S11). `issuer` wins over the token's own word, for issuers that are configured
/// under another name.
pub(super) fn read(token: &str, issuer: Option<&Issuer>) -> Result<Named, RequestError> {
    let not_a_token = || RequestError::new("target.token", "a signed token in the compact form (RFC 7515)");
    let unverified = UnverifiedToken::parse(token, Limits::default()).map_err(|_| not_a_token())?;
    let payload = token.split('.').nth(1).and_then(|text| URL_SAFE_NO_PAD.decode_to_vec(text).ok());
    let payload: Read =
        payload.and_then(|bytes| serde_json::from_slice(&bytes).ok()).ok_or_else(not_a_token)?;
    let said = payload.iss.and_then(|iss| Issuer::new(iss).ok());
    let issuer = issuer.cloned().or(said);
    let unnamed = || RequestError::new("issuer", "the token's issuer, for the token does not say it");
    let target = match payload.jti.map(TokenId::new) {
        Some(Ok(id)) => Target::Token(id),
        Some(Err(_)) => return Err(not_a_token()),
        None => Target::TokenDigest(unverified.digest()),
    };
    Ok(Named { issuer: issuer.ok_or_else(unnamed)?, target, expires_at: payload.exp.and_then(end) })
}

/// `exp` as an instant. What is no time says nothing: the entry is then kept for the longest life.
fn end(exp: f64) -> Option<Timestamp> {
    const LAST: f64 = 9_007_199_254_740_992.0;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "within 0 to 2^53, rounded up"
    )]
    (0.0..=LAST).contains(&exp).then(|| Timestamp::from_seconds(exp.ceil() as u64))
}
