//! Bytes that nobody may see.

use std::fmt;

use zeroize::Zeroizing;

use super::KeyError;
use crate::alg::Algorithm;

/// Secret bytes: wiped when dropped, never printed.
#[derive(Clone)]
pub struct Secret(Zeroizing<Vec<u8>>);

impl Secret {
    /// Takes `bytes` into custody. They are not copied.
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The bytes themselves.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(hidden)")
    }
}

/// What to do with an HMAC secret that is shorter than the hash (RFC 7518 section 3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShortSecret {
    /// Do not take it.
    Refuse,
    /// Relaxation `short_secret`: take it, as long as it is not empty. A secret that people can remember
    /// can be found offline from a single token.
    Allow,
}

/// Checks that `secret` is one, and long enough for `algorithm`.
pub(super) fn check_secret(algorithm: Algorithm, secret: &[u8], short: ShortSecret) -> Result<(), KeyError> {
    let least = match algorithm {
        Algorithm::Hs256 => 32,
        Algorithm::Hs384 => 48,
        Algorithm::Hs512 => 64,
        _ => return Err(KeyError::Contradiction),
    };
    match secret.len() {
        0 => Err(KeyError::EmptySecret),
        _ if is_public_key_text(secret) => Err(KeyError::NotASecret),
        length if length < least && short == ShortSecret::Refuse => Err(KeyError::ShortSecret),
        _ => Ok(()),
    }
}

/// Whether `secret` is a public key as people store them: then everybody could sign with it (attack row 2).
fn is_public_key_text(secret: &[u8]) -> bool {
    let text = secret.trim_ascii_start();
    let holds = |part: &[u8]| text.windows(part.len()).any(|window| window == part);
    let is_ssh = [&b"ssh-"[..], b"ecdsa-sha2-", b"sk-ssh-"].iter().any(|start| text.starts_with(start));
    let is_jwk = text.starts_with(b"{") && holds(b"\"kty\"");
    is_ssh || is_jwk || holds(b"-----BEGIN ")
}
