//! Making tokens.

use quash_core::ids::KeyId;
use serde::Serialize;

use crate::base64url;
use crate::key::{KeyError, SigningKey};

/// Why a token was not made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MintError {
    /// The claims can not be written as JSON. A mistake of the caller.
    #[error("the claims can not be written as json")]
    Claims(#[source] serde_json::Error),
    /// The signature could not be made.
    #[error("the token could not be signed")]
    Sign(#[source] KeyError),
}

#[derive(Serialize)]
struct Header<'h> {
    alg: &'static str,
    typ: &'h str,
    #[serde(skip_serializing_if = "Option::is_none")]
    kid: Option<&'h str>,
}

impl SigningKey {
    /// A signed token in the compact form (RFC 7515 section 7.1) with the header `alg`, `typ`, `kid` and
    /// `claims` as its payload. The claims are written as they are; nothing is added and nothing is judged.
    ///
    /// # Errors
    /// [`MintError`].
    pub fn mint<C>(&self, typ: &str, claims: &C) -> Result<String, MintError>
    where
        C: Serialize + ?Sized,
    {
        let header = Header { alg: self.algorithm().name(), typ, kid: self.key_id().map(KeyId::as_str) };
        let header = serde_json::to_vec(&header).map_err(MintError::Claims)?;
        let payload = serde_json::to_vec(claims).map_err(MintError::Claims)?;
        self.sign_compact(&header, &payload).map_err(MintError::Sign)
    }

    /// `header` and `payload` as they are, signed, in the compact form.
    ///
    /// # Errors
    /// [`KeyError::Crypto`] when the library fails.
    pub fn sign_compact(&self, header: &[u8], payload: &[u8]) -> Result<String, KeyError> {
        let mut token = base64url::encode(header);
        token.push('.');
        base64url::encode_behind(payload, &mut token);
        let signature = self.sign(token.as_bytes())?;
        token.push('.');
        base64url::encode_behind(&signature, &mut token);
        Ok(token)
    }
}
