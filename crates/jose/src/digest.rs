//! SHA-256, and comparison that takes the same time wherever the difference is.

use aws_lc_rs::{constant_time, digest};

/// SHA-256 of `bytes`.
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut hash = [0; 32];
    // SHA-256 has 32 bytes, so the zip copies all of them.
    for (to, from) in hash.iter_mut().zip(digest::digest(&digest::SHA256, bytes).as_ref()) {
        *to = *from;
    }
    hash
}

/// Whether `left` and `right` are the same bytes. For equal lengths the time tells nothing about where they
/// differ.
#[must_use]
pub fn constant_time_equal(left: &[u8], right: &[u8]) -> bool {
    constant_time::verify_slices_are_equal(left, right).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sha256_gives_the_published_value_for_abc() {
        // FIPS 180-4, example B.1.
        assert_eq!(crate::base64url::encode(&sha256(b"abc")), "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0");
    }

    #[test]
    fn equal_means_same_length_and_same_bytes() {
        assert!(constant_time_equal(b"abc", b"abc"));
        assert!(!constant_time_equal(b"abc", b"abd"));
        assert!(!constant_time_equal(b"abc", b"abcd"));
        assert!(constant_time_equal(b"", b""));
    }
}
