//! Eight tags in a word, looked at together.

/// How many places one word of tags stands for.
pub(super) const TOGETHER: usize = 8;

/// The tag of a place that never held a key: nobody looks further.
const EMPTY: u8 = 0;
/// The tag of a place whose key is gone: it is not used again before the shard is made anew.
const GONE: u8 = 1;

const ONES: u64 = u64::MAX / 0xFF;
const HIGHS: u64 = ONES << 7;

/// The tag that stands for a key, from eight bits of it.
pub(super) const fn tag_of(bits: u8) -> u8 {
    if bits <= GONE { bits + 2 } else { bits }
}

/// One word of tags.
#[derive(Clone, Copy)]
pub(super) struct Tags(pub(super) u64);

impl Tags {
    /// Places, 0 to 7, that may hold `tag`: each that does, and seldom one that does not.
    pub(super) fn candidates(self, tag: u8) -> impl Iterator<Item = usize> {
        let mut hits = zero_bytes(self.0 ^ (ONES * u64::from(tag)));
        std::iter::from_fn(move || {
            let place = (hits != 0).then(|| hits.trailing_zeros() as usize / 8);
            hits &= hits.wrapping_sub(1);
            place
        })
    }

    /// Whether a search for `tag` finds something here, or goes on past this word.
    pub(super) const fn may_lead_to(self, tag: u8) -> bool {
        zero_bytes(self.0 ^ (ONES * tag as u64)) != 0 || zero_bytes(self.0) == 0
    }

    /// The first place that never held a key.
    pub(super) const fn first_empty(self) -> Option<usize> {
        let empty = zero_bytes(self.0);
        if empty == 0 { None } else { Some(empty.trailing_zeros() as usize / 8) }
    }

    /// The word with `tag` at `place`, which was empty.
    pub(super) const fn with(self, place: usize, tag: u8) -> Self {
        Self(self.0 | (tag as u64) << (8 * place))
    }

    /// The word with the key at `place` gone.
    pub(super) const fn without(self, place: usize) -> Self {
        let shift = 8 * place;
        Self(self.0 & !(0xFF << shift) | (GONE as u64) << shift)
    }

    /// Whether a key is at `place`.
    pub(super) const fn is_taken(self, place: usize) -> bool {
        self.0 >> (8 * place) & 0xFF > GONE as u64
    }
}

const _: () = assert!(EMPTY == 0, "a fresh word of tags is all empty");

/// The high bit of each byte that is zero. A borrow can set the bit of a byte of one above a true zero, so only the
/// lowest bit is sure; a word without a zero byte gives zero.
const fn zero_bytes(word: u64) -> u64 {
    word.wrapping_sub(ONES) & !word & HIGHS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_with_the_tag_is_a_candidate_whatever_stands_beside_it() {
        for tag in [2_u8, 3, 0x7F, 0x80, 0xFF] {
            for beside in [EMPTY, GONE, tag.wrapping_sub(1), tag.wrapping_add(1), tag ^ 0x80] {
                for place in 0..TOGETHER {
                    let word = (ONES * u64::from(beside)) & !(0xFF << (8 * place));
                    let tags = Tags(word).with(place, tag);
                    assert!(tags.candidates(tag).any(|found| found == place), "{tag} at {place}, {beside}");
                }
            }
        }
        assert_eq!(Tags(ONES * 7).candidates(7).count(), TOGETHER);
        assert_eq!(Tags(ONES * 7).candidates(8).count(), 0);
    }

    #[test]
    fn the_first_empty_place_is_found_and_one_that_is_gone_is_not_empty() {
        assert_eq!(Tags(0).first_empty(), Some(0));
        let tags = Tags(0).with(0, 9).with(1, 2);
        assert_eq!(tags.first_empty(), Some(2));
        assert_eq!(tags.without(0).first_empty(), Some(2));
        assert!(!tags.without(0).is_taken(0) && tags.is_taken(1) && !tags.is_taken(2));
        assert_eq!(Tags(ONES * 2).first_empty(), None);
        assert_eq!(Tags(ONES * 2).without(7).first_empty(), None);
    }

    #[test]
    fn a_search_ends_at_a_word_with_room_and_without_the_tag() {
        let tags = Tags(0).with(0, 9).with(1, 2);
        assert!(tags.may_lead_to(9) && tags.may_lead_to(2) && !tags.may_lead_to(3));
        assert!(Tags(ONES * 2).may_lead_to(3), "full: it goes on");
        assert!(!Tags(0).may_lead_to(2));
    }

    #[test]
    fn no_key_has_a_tag_that_means_empty_or_gone() {
        assert!((0..=u8::MAX).all(|bits| tag_of(bits) > GONE));
    }
}
