//! Headers met before: an issuer writes the same one into every token of a key.

use std::sync::OnceLock;

use super::header::Header;

const SLOTS: usize = 64;

/// A bounded store of headers whose tokens verified, found by their exact spelling.
///
/// A slot is written once and never again, so reading takes no lock. Only a verified token may fill one:
/// a stranger can not crowd it. When a slot is taken by another header, the newcomer is parsed each time,
/// which costs time and nothing else.
pub(crate) struct KnownHeaders {
    slots: Box<[OnceLock<Known>]>,
}

struct Known {
    segment: Box<str>,
    header: Header,
}

impl KnownHeaders {
    pub(crate) fn new() -> Self {
        Self { slots: (0..SLOTS).map(|_| OnceLock::new()).collect() }
    }

    /// The header that `segment` spells, if it was met before. Every byte is compared.
    pub(crate) fn find(&self, segment: &str) -> Option<&Header> {
        let known = self.slot(segment)?.get()?;
        (&*known.segment == segment).then_some(&known.header)
    }

    /// Remembers `header` under its spelling; no more than 1 KiB of it.
    pub(crate) fn remember(&self, segment: &str, header: &Header) {
        if segment.len() > 1024 {
            return;
        }
        if let Some(slot) = self.slot(segment) {
            slot.get_or_init(|| Known { segment: segment.into(), header: header.clone() });
        }
    }

    fn slot(&self, segment: &str) -> Option<&OnceLock<Known>> {
        self.slots.get(place(segment.as_bytes()))
    }
}

/// Spreads spellings over the slots. No more than that: equality is decided by comparing.
fn place(bytes: &[u8]) -> usize {
    let mix = |sum: u64, word: u64| (sum ^ word).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(23);
    let mut sum = bytes.len() as u64;
    let mut rest = bytes;
    while let Some((chunk, tail)) = rest.split_first_chunk::<8>() {
        sum = mix(sum, u64::from_le_bytes(*chunk));
        rest = tail;
    }
    for byte in rest {
        sum = mix(sum, u64::from(*byte));
    }
    #[expect(clippy::cast_possible_truncation, reason = "below the number of slots")]
    let place = (sum % SLOTS as u64) as usize;
    place
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base64url;

    #[test]
    fn a_header_is_found_again_by_all_of_its_bytes_only() {
        let known = KnownHeaders::new();
        let mut held = 0;
        for number in 0..1000 {
            let segment = base64url::encode(format!(r#"{{"alg":"HS256","kid":"{number}"}}"#).as_bytes());
            let header = Header::parse(&segment).unwrap();
            assert_eq!(known.find(&segment), None);
            known.remember(&segment, &header);
            if let Some(found) = known.find(&segment) {
                assert_eq!(*found, header);
                held += 1;
            }
        }
        assert!(held > SLOTS / 2 && held <= SLOTS, "{held}");
    }
}
