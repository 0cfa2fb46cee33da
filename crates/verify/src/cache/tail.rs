//! The end of a token: where it is looked up.

use std::hash::{BuildHasherDefault, Hash, Hasher};

/// The last sixteen bytes of a token as it was spelt: the end of its signature, random already.
///
/// It only finds a candidate. Nothing rests on it: all bytes of the token are compared afterwards.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tail([u64; 2]);

impl Tail {
    /// The tail of `token`; `None` when it is too short to be one.
    pub(crate) fn of(token: &str) -> Option<Self> {
        let bytes = token.as_bytes().last_chunk::<16>()?;
        let number = u128::from_le_bytes(*bytes);
        #[expect(clippy::cast_possible_truncation, reason = "the two halves are meant")]
        Some(Self([number as u64, (number >> 64) as u64]))
    }
}

impl Hash for Tail {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.0[0]);
        state.write_u64(self.0[1]);
    }
}

/// Folds words by multiplication. Base64url leaves a quarter of the bits of a tail constant, and the map
/// wants all bits of a hash to vary; it needs no more than that, as strangers can put nothing into the map.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Fold(u64);

/// Builds [`Fold`].
pub(crate) type ByTail = BuildHasherDefault<Fold>;

impl Hasher for Fold {
    fn write(&mut self, bytes: &[u8]) {
        // Not used by tails; kept right for any other key.
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }

    fn write_u64(&mut self, word: u64) {
        let product = u128::from(self.0 ^ 0x9E37_79B9_7F4A_7C15) * u128::from(word ^ 0xD6E8_FEB8_6659_FD93);
        #[expect(clippy::cast_possible_truncation, reason = "the two halves are meant")]
        let (low, high) = (product as u64, (product >> 64) as u64);
        self.0 = low ^ high;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use std::hash::BuildHasher;

    use super::*;

    #[test]
    fn a_tail_is_the_last_sixteen_bytes() {
        assert!(Tail::of("0123456789abcde").is_none());
        assert!(Tail::of("x0123456789abcdef") == Tail::of("yz0123456789abcdef"));
        assert!(Tail::of("0123456789abcdef") != Tail::of("1123456789abcdef"));
    }

    #[test]
    fn tails_of_few_characters_spread_over_low_and_high_bits() {
        let mut low = std::collections::HashSet::new();
        let mut high = std::collections::HashSet::new();
        for number in 0..4096_u32 {
            let hash = ByTail::default().hash_one(Tail::of(&format!("AAAAAAAAAAAA{number:04x}")).unwrap());
            low.insert(hash & 0xFFFF);
            high.insert(hash >> 57);
        }
        assert!(low.len() > 3900, "4096 random numbers fall on about 3970 of 65536 places: {}", low.len());
        assert_eq!(high.len(), 128);
    }
}
