//! Public keys in PEM: `SubjectPublicKeyInfo` under the label `PUBLIC KEY` (RFC 7468 section 13).

use base64_simd::STANDARD;

use super::elliptic::Curve;
use super::{KeyError, PublicMaterial, rsa};
use crate::alg::Algorithm;

/// Longer than the PEM of an 8,192-bit RSA key.
const LONGEST: usize = 16 * 1024;

/// What stands before the 32 bytes of the key in a `SubjectPublicKeyInfo` (RFC 8410 section 4).
const ED25519_PREFIX: &[u8] = b"\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00";

/// The public key that `text` spells, for `algorithm`.
pub(super) fn read(text: &str, algorithm: Algorithm) -> Result<PublicMaterial, KeyError> {
    let der = decode(text)?;
    match algorithm {
        Algorithm::Rs256 | Algorithm::Ps256 => rsa::from_der(&der),
        Algorithm::Es256 => elliptic(&der, Curve::P256),
        Algorithm::Es384 => elliptic(&der, Curve::P384),
        Algorithm::EdDsa => {
            let key = der.strip_prefix(ED25519_PREFIX).ok_or(KeyError::Contradiction)?;
            let x = key.try_into().map_err(|_| KeyError::Malformed)?;
            Ok(PublicMaterial::Ed25519 { x })
        }
        Algorithm::Hs256 | Algorithm::Hs384 | Algorithm::Hs512 => Err(KeyError::Contradiction),
    }
}

fn elliptic(der: &[u8], curve: Curve) -> Result<PublicMaterial, KeyError> {
    let point = der.strip_prefix(curve.public_key_info_prefix()).ok_or(KeyError::Contradiction)?;
    let (x, y) = curve.split(point)?;
    Ok(PublicMaterial::Ec { curve, x, y })
}

/// The bytes between the two lines; one block and nothing else but white space.
fn decode(text: &str) -> Result<Vec<u8>, KeyError> {
    if text.len() > LONGEST {
        return Err(KeyError::Malformed);
    }
    if text.contains("PRIVATE KEY-----") {
        return Err(KeyError::Private);
    }
    let body = text
        .trim()
        .strip_prefix("-----BEGIN PUBLIC KEY-----")
        .and_then(|rest| rest.strip_suffix("-----END PUBLIC KEY-----"))
        .ok_or(KeyError::Malformed)?;
    let base64: String = body.split_ascii_whitespace().collect();
    STANDARD.decode_to_vec(base64).map_err(|_| KeyError::Malformed)
}
