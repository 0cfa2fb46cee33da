//! The crate `jsonwebtoken` on aws-lc-rs: what a Rust user would pick. It checks no revocation.

use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm as Alg, DecodingKey, Validation};
use serde::Deserialize;
use serde_json::Value;

use crate::keys::Signer;
use crate::tokens::{AUDIENCE, ISSUER};

/// What a service reads out of its tokens.
#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "read by serde, as a service would have it")]
pub struct Claims {
    iss: String,
    pub sub: String,
    aud: String,
    client_id: String,
    iat: u64,
    exp: u64,
    pub jti: String,
    pub sid: String,
    pub scope: String,
    auth_time: u64,
    device_id: String,
    pub roles: Vec<String>,
}

/// A decoder with its key prepared.
pub struct Decoder {
    key: DecodingKey,
    validation: Validation,
}

impl Decoder {
    /// The decoder for tokens of `signer`.
    pub fn new(signer: &Signer) -> anyhow::Result<Self> {
        Self::of_jwk(&signer.verification_jwk()?)
    }

    /// The decoder for tokens that the key `jwk` checks.
    pub fn of_jwk(jwk: &Value) -> anyhow::Result<Self> {
        let name = jwk.get("alg").and_then(Value::as_str).unwrap_or_default();
        let algorithm: Alg = name.parse()?;
        let jwk: Jwk = serde_json::from_value(jwk.clone())?;
        let mut validation = Validation::new(algorithm);
        validation.set_audience(&[AUDIENCE]);
        validation.set_issuer(&[ISSUER]);
        Ok(Self { key: DecodingKey::from_jwk(&jwk)?, validation })
    }

    /// Checks and reads a token.
    pub fn decode(&self, token: &str) -> Option<Claims> {
        jsonwebtoken::decode::<Claims>(token, &self.key, &self.validation).ok().map(|data| data.claims)
    }
}
