//! The hash of a key that is a hash already.

use std::hash::{BuildHasherDefault, Hasher};

/// Takes the first word of a digest as its hash: it is keyed and random already.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct FirstWord(u64);

/// Builds [`FirstWord`].
pub(super) type ByKey = BuildHasherDefault<FirstWord>;

impl Hasher for FirstWord {
    fn write(&mut self, bytes: &[u8]) {
        // Not used by digests; kept right for any other key.
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, word: u64) {
        self.0 ^= word;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
