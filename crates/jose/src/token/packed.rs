//! Values of a payload in eight bytes each.

use super::members::{TextAt, Value};
use crate::json::Number;

/// A [`Value`] packed into one word: three bits for the kind, two places of 30 bits or a number beside them.
///
/// Values are moved about on the hot path. One word goes through a register; an enum with gaps goes through
/// memory in pieces, which costs more than the packing (a tenth of parsing a payload).
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Packed(u64);

const ABSENT: u64 = 0;
const TEXT: u64 = 1;
const DECODED: u64 = 2;
const LIST: u64 = 3;
const NUMBER: u64 = 4;
const OTHER: u64 = 5;

const KIND_BITS: u32 = 3;
const PLACE_BITS: u32 = 30;
const PLACE: u64 = (1 << PLACE_BITS) - 1;

impl Packed {
    /// There is no such member.
    pub(super) const ABSENT: Self = Self(ABSENT);
    /// A value that no claim may have.
    pub(super) const OTHER: Self = Self(OTHER);

    /// The range `start..end` of the payload. INVARIANT: places are below 2^30; payloads are below 2^16.
    pub(super) const fn text(start: usize, end: usize) -> Self {
        Self::places(TEXT, start, end)
    }

    /// The decoded text at `place`.
    pub(super) const fn decoded(place: usize) -> Self {
        Self::places(DECODED, place, 0)
    }

    /// The `count` elements from `first`.
    pub(super) const fn list(first: usize, count: usize) -> Self {
        Self::places(LIST, first, count)
    }

    /// A number.
    pub(super) const fn number(number: Number) -> Self {
        Self(number.bits() << KIND_BITS | NUMBER)
    }

    const fn places(kind: u64, first: usize, second: usize) -> Self {
        let (first, second) = (first as u64 & PLACE, second as u64 & PLACE);
        Self(second << (PLACE_BITS + KIND_BITS) | first << KIND_BITS | kind)
    }

    /// The value, to be looked at.
    pub(super) const fn unpacked(self) -> Value {
        let rest = self.0 >> KIND_BITS;
        let (first, second) = ((rest & PLACE) as u32, (rest >> PLACE_BITS) as u32);
        match self.0 & ((1 << KIND_BITS) - 1) {
            ABSENT => Value::Absent,
            TEXT => Value::Text(TextAt::Payload { start: first, end: second }),
            DECODED => Value::Text(TextAt::Decoded { place: first }),
            LIST => Value::List { first, count: second },
            NUMBER => Value::Number(Number::from_bits(rest)),
            _ => Value::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_is_packed_comes_out_again() {
        let largest = (1 << 30) - 1;
        for place in [0, 1, 65_535, largest] {
            let at = u32::try_from(place).unwrap();
            let start_end = |start, end| Value::Text(TextAt::Payload { start, end });
            assert_eq!(Packed::text(place, 7).unpacked(), start_end(at, 7));
            assert_eq!(Packed::text(7, place).unpacked(), start_end(7, at));
            assert_eq!(Packed::decoded(place).unpacked(), Value::Text(TextAt::Decoded { place: at }));
            assert_eq!(Packed::list(place, place).unpacked(), Value::List { first: at, count: at });
        }
        for number in [
            Number::integer(0),
            Number::integer(1 << 53),
            Number::decimal((1 << 53) - 1, true),
            Number::decimal(0, false),
            Number::OUT_OF_FORM,
        ] {
            assert_eq!(Packed::number(number).unpacked(), Value::Number(number));
        }
        assert_eq!(Packed::ABSENT.unpacked(), Value::Absent);
        assert_eq!(Packed::OTHER.unpacked(), Value::Other);
    }
}
