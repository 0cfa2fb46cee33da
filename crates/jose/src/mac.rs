//! Message authentication codes for what never leaves this project's own hands.

use std::fmt;

use aws_lc_rs::hmac;

/// How many bytes a tag has.
pub const TAG_LENGTH: usize = 32;

/// A key for HMAC-SHA-256 (RFC 2104). The library wipes it when it is dropped; it is never printed.
#[derive(Clone)]
pub struct MacKey(hmac::Key);

impl MacKey {
    /// A key of 32 bytes that are random or derived (see [`derive`](crate::derive::derive)).
    pub fn new(bytes: &[u8; 32]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, bytes))
    }

    /// The tag of `message`.
    pub fn tag(&self, message: &[u8]) -> [u8; TAG_LENGTH] {
        let mut tag = [0; TAG_LENGTH];
        // HMAC-SHA-256 has 32 bytes, so the zip copies all of them.
        for (to, from) in tag.iter_mut().zip(hmac::sign(&self.0, message).as_ref()) {
            *to = *from;
        }
        tag
    }

    /// Whether `tag` is the tag of `message`; compared in constant time, and never shortened.
    #[must_use]
    pub fn verifies(&self, message: &[u8], tag: &[u8]) -> bool {
        hmac::verify(&self.0, message, tag).is_ok()
    }
}

impl fmt::Debug for MacKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MacKey(hidden)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_the_published_one() {
        // RFC 4231 section 4.2 pads the 20-byte key with zeros, which HMAC does anyway.
        let mut key = [0; 32];
        key[..20].fill(0x0B);
        let tag = MacKey::new(&key).tag(b"Hi There");
        assert_eq!(crate::base64url::encode(&tag), "sDRMYdjbOFNcqK_OrwvxK4gdwgDJgz2nJuk3bC4yz_c");
    }

    #[test]
    fn a_tag_fits_its_message_only_and_only_whole() {
        let key = MacKey::new(&[7; 32]);
        let tag = key.tag(b"message");
        assert!(key.verifies(b"message", &tag));
        assert!(!key.verifies(b"massage", &tag));
        assert!(!key.verifies(b"message", &tag[..16]));
        assert!(!key.verifies(b"message", b""));
        assert!(!MacKey::new(&[8; 32]).verifies(b"message", &tag));
    }

    #[test]
    fn debug_shows_no_key() {
        assert_eq!(format!("{:?}", MacKey::new(&[7; 32])), "MacKey(hidden)");
    }
}
