//! The crate `jsonwebtoken` on aws-lc-rs: what a Rust user would pick. It checks no revocation.

use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm as Alg, DecodingKey, Validation};
use serde::Deserialize;

use crate::keys::{Algorithm, Signer};
use crate::tokens::{AUDIENCE, ISSUER};

/// What a service reads out of its tokens.
#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "read by serde, as a service would have it")]
pub struct Claims {
    iss: String,
    sub: String,
    aud: String,
    client_id: String,
    iat: u64,
    exp: u64,
    jti: String,
    sid: String,
    scope: String,
    auth_time: u64,
    device_id: String,
    roles: Vec<String>,
}

/// A decoder with its key prepared.
pub struct Decoder {
    key: DecodingKey,
    validation: Validation,
}

impl Decoder {
    /// The decoder for tokens of `signer`.
    pub fn new(signer: &Signer) -> anyhow::Result<Self> {
        let jwk: Jwk = serde_json::from_value(signer.verification_jwk()?)?;
        let mut validation = Validation::new(match signer.algorithm() {
            Algorithm::Hs256 => Alg::HS256,
            Algorithm::Rs256 => Alg::RS256,
            Algorithm::Es256 => Alg::ES256,
            Algorithm::EdDsa => Alg::EdDSA,
        });
        validation.set_audience(&[AUDIENCE]);
        validation.set_issuer(&[ISSUER]);
        Ok(Self { key: DecodingKey::from_jwk(&jwk)?, validation })
    }

    /// Checks and reads a token.
    pub fn decode(&self, token: &str) -> Option<Claims> {
        jsonwebtoken::decode::<Claims>(token, &self.key, &self.validation).ok().map(|data| data.claims)
    }
}
