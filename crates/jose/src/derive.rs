//! Keys from a master secret: HKDF-SHA-256 (RFC 5869).

use aws_lc_rs::hkdf;
use zeroize::Zeroizing;

use crate::key::KeyError;

/// 32 bytes that follow from `secret`, `salt` and `info`. The parts of `info` are told apart by their lengths,
/// so that ("ab", "c") and ("a", "bc") give different keys.
///
/// `secret` must be random, at least 16 bytes of it; this is no way to make a key of a password. `salt` may be
/// empty; `info` says what the key is for.
///
/// # Errors
/// [`KeyError::Crypto`], which 32 bytes can not cause.
pub fn derive(secret: &[u8], salt: &[u8], info: &[&[u8]]) -> Result<Zeroizing<[u8; 32]>, KeyError> {
    let extracted = hkdf::Salt::new(hkdf::HKDF_SHA256, salt).extract(secret);
    let info = with_lengths(info);
    let info = [info.as_slice()];
    let expanded = extracted.expand(&info, hkdf::HKDF_SHA256).map_err(|_| KeyError::Crypto)?;
    let mut key = Zeroizing::new([0; 32]);
    expanded.fill(key.as_mut_slice()).map_err(|_| KeyError::Crypto)?;
    Ok(key)
}

pub(crate) fn with_lengths(parts: &[&[u8]]) -> Vec<u8> {
    let mut all = Vec::new();
    for part in parts {
        all.extend_from_slice(&(part.len() as u64).to_be_bytes());
        all.extend_from_slice(part);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_follows_from_all_of_secret_salt_and_info() {
        let key = |secret: &[u8], salt: &[u8], info: &[&[u8]]| *derive(secret, salt, info).unwrap();
        let one = key(b"0123456789abcdef", b"salt", &[b"ab", b"c"]);
        assert_eq!(one, key(b"0123456789abcdef", b"salt", &[b"ab", b"c"]));
        assert_ne!(one, key(b"0123456789abcdeF", b"salt", &[b"ab", b"c"]));
        assert_ne!(one, key(b"0123456789abcdef", b"", &[b"ab", b"c"]));
        assert_ne!(one, key(b"0123456789abcdef", b"salt", &[b"a", b"bc"]));
        assert_ne!(one, key(b"0123456789abcdef", b"salt", &[b"abc"]));
    }

    #[test]
    fn the_derivation_never_changes() {
        // Refresh tokens and wrapped keys in stores depend on it. Computed apart from this code as
        // HKDF-SHA-256 with info = length and bytes of each part.
        let key = derive(&[0x0B; 22], b"salt", &[b"quash", b"test"]).unwrap();
        assert_eq!(crate::base64url::encode(key.as_slice()), "YkTS295DE2b8TOTs09WrVVsJ5RyTCIaXrQ3tBlkywEI");
    }
}
