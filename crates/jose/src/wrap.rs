//! Key material at rest: AES-256-GCM (NIST SP 800-38D).

use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};

use crate::key::{KeyError, Secret};

/// How many bytes a nonce has.
pub const NONCE_LENGTH: usize = NONCE_LEN;

/// Why a wrapped key was not opened: another key, other context, or the bytes were changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the wrapped key does not open")]
pub struct DoesNotOpen;

/// A key that wraps other keys. Wiped by the library when it is dropped, never printed.
pub struct WrappingKey(LessSafeKey);

impl WrappingKey {
    /// A key of 32 bytes that are random or derived.
    ///
    /// # Errors
    /// [`KeyError::Crypto`], which 32 bytes can not cause.
    pub fn new(bytes: &[u8; 32]) -> Result<Self, KeyError> {
        let key = UnboundKey::new(&AES_256_GCM, bytes).map_err(|_| KeyError::Crypto)?;
        Ok(Self(LessSafeKey::new(key)))
    }

    /// `plain`, sealed: the nonce, the ciphertext and the 16-byte tag. `context` (which key this is) is not
    /// hidden; opening needs the same one, so that wrapped keys can not be swapped.
    ///
    /// `nonce` must be fresh from a random source: never twice under one key. With random nonces one key is
    /// good for 2^32 wrappings.
    ///
    /// # Errors
    /// [`KeyError::Crypto`] when the library fails.
    pub fn wrap(&self, nonce: [u8; NONCE_LENGTH], context: &[u8], plain: &[u8]) -> Result<Vec<u8>, KeyError> {
        // Room for the tag from the start: growing would leave a copy of the plain bytes behind.
        let mut sealed = Vec::with_capacity(plain.len() + AES_256_GCM.tag_len());
        sealed.extend_from_slice(plain);
        self.0
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(context), &mut sealed)
            .map_err(|_| KeyError::Crypto)?;
        Ok([&nonce[..], &sealed].concat())
    }

    /// What [`WrappingKey::wrap`] sealed under the same key and `context`.
    ///
    /// # Errors
    /// [`DoesNotOpen`].
    pub fn unwrap(&self, context: &[u8], wrapped: &[u8]) -> Result<Secret, DoesNotOpen> {
        let (nonce, sealed) = wrapped.split_first_chunk::<NONCE_LENGTH>().ok_or(DoesNotOpen)?;
        let mut opened = sealed.to_vec();
        let length = self
            .0
            .open_in_place(Nonce::assume_unique_for_key(*nonce), Aad::from(context), &mut opened)
            .map_err(|_| DoesNotOpen)?
            .len();
        opened.truncate(length);
        Ok(Secret::new(opened))
    }
}

impl fmt::Debug for WrappingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WrappingKey(hidden)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_wrapped_opens_with_the_same_key_and_context_only() {
        let key = WrappingKey::new(&[1; 32]).unwrap();
        let wrapped = key.wrap([9; 12], b"key_1", b"secret").unwrap();
        assert_eq!(wrapped.len(), 12 + 6 + 16);
        assert_eq!(key.unwrap(b"key_1", &wrapped).unwrap().expose(), b"secret");
        assert_eq!(key.unwrap(b"key_2", &wrapped).err(), Some(DoesNotOpen));
        let other = WrappingKey::new(&[2; 32]).unwrap();
        assert_eq!(other.unwrap(b"key_1", &wrapped).err(), Some(DoesNotOpen));
        for place in 0..wrapped.len() {
            let mut changed = wrapped.clone();
            changed[place] ^= 1;
            assert_eq!(key.unwrap(b"key_1", &changed).err(), Some(DoesNotOpen), "byte {place}");
        }
        for length in 0..wrapped.len() {
            assert_eq!(key.unwrap(b"key_1", &wrapped[..length]).err(), Some(DoesNotOpen), "length {length}");
        }
    }

    #[test]
    fn debug_shows_no_key() {
        assert_eq!(format!("{:?}", WrappingKey::new(&[1; 32]).unwrap()), "WrappingKey(hidden)");
    }
}
