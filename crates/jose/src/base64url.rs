//! Base64url without padding, canonical spellings only (RFC 7515 section 2, RFC 4648 section 3.5).
//!
//! One byte string has exactly one spelling here: padding, white space, the `+/` alphabet and non-zero
//! trailing bits are refused, so that a token which decodes also re-encodes to itself.

use base64_simd::{AsOut as _, URL_SAFE_NO_PAD};
use quash_core::defect::Defect;

/// The bytes that `text` spells.
pub(crate) fn decode(text: &str) -> Result<Vec<u8>, Defect> {
    URL_SAFE_NO_PAD.decode_to_vec(text).map_err(|_| Defect::NotBase64url)
}

/// The bytes that `text` spells, written to the front of `room`; `None` when there is not room enough.
pub(crate) fn decode_into<'r>(text: &str, room: &'r mut [u8]) -> Result<Option<&'r [u8]>, Defect> {
    let length = URL_SAFE_NO_PAD.decoded_length(text.as_bytes()).map_err(|_| Defect::NotBase64url)?;
    if length > room.len() {
        return Ok(None);
    }
    let bytes = URL_SAFE_NO_PAD.decode(text.as_bytes(), room.as_out()).map_err(|_| Defect::NotBase64url)?;
    Ok(Some(bytes))
}

/// The one spelling of `bytes`.
pub(crate) fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode_to_string(bytes)
}

/// Writes the one spelling of `bytes` behind `text`.
pub(crate) fn encode_behind(bytes: &[u8], text: &mut String) {
    URL_SAFE_NO_PAD.encode_append(bytes, text);
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

    #[test]
    fn a_foreign_character_is_refused_at_every_place_and_every_length() {
        // Attack row 7; lengths beyond 64 reach the vector code of the decoder.
        for length in (1..100_usize).filter(|length| length % 4 != 1) {
            for place in 0..length {
                for foreign in (0..=127_u8).filter(|byte| !ALPHABET.contains(byte)) {
                    let mut text = vec![b'A'; length];
                    text[place] = foreign;
                    let text = String::from_utf8(text).unwrap();
                    assert_eq!(
                        decode(&text),
                        Err(Defect::NotBase64url),
                        "{foreign:?} at {place} of {length}"
                    );
                }
            }
        }
    }

    #[test]
    fn whatever_decodes_encodes_to_itself() {
        // RFC 4648 section 3.5: of the last characters only those with zero trailing bits are taken.
        for length in [2_usize, 3, 42, 43, 86] {
            let taken = ALPHABET
                .iter()
                .filter(|&&last| {
                    let mut text = vec![b'A'; length];
                    text[length - 1] = last;
                    let text = String::from_utf8(text).unwrap();
                    decode(&text).is_ok_and(|bytes| encode(&bytes) == text)
                })
                .count();
            let accepted = ALPHABET
                .iter()
                .filter(|&&last| {
                    let mut text = vec![b'A'; length];
                    text[length - 1] = last;
                    decode(&String::from_utf8(text).unwrap()).is_ok()
                })
                .count();
            let expected = if length % 4 == 2 { 4 } else { 16 };
            assert_eq!((taken, accepted), (expected, expected), "length {length}");
        }
    }

    #[test]
    fn a_length_of_one_above_a_multiple_of_four_is_no_base64() {
        assert_eq!(decode("A"), Err(Defect::NotBase64url));
        assert_eq!(decode("AAAAA"), Err(Defect::NotBase64url));
    }

    #[test]
    fn bytes_that_do_not_fit_the_room_are_told_apart_from_bad_ones() {
        let mut room = [0; 2];
        assert_eq!(decode_into("AAAA", &mut room), Ok(None));
        assert_eq!(decode_into("AQI", &mut room), Ok(Some(&[1, 2][..])));
        assert_eq!(decode_into("AQJ", &mut room), Err(Defect::NotBase64url));
    }
}
