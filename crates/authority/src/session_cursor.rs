//! How callers are told where a page of sessions ended.
//!
//! ```text
//! base64url( first 8 bytes of SHA-256 of the filter | place in the index )
//! ```
//!
//! The digest keeps a cursor to the list that it came from. It is no secret and need not be one: whatever the place, the
//! filter says which sessions are shown.

use base64_simd::URL_SAFE_NO_PAD;
use quash_storage::ports::{Cursor, Filter};
use serde_json::json;

use crate::error::RequestError;
use crate::idempotency::digest;

const DIGEST: usize = 8;

/// The longest cursor that is read: more than any place takes.
const LONGEST: usize = 2_048;

/// What a caller is told.
pub(crate) fn write(filter: &Filter, at: &Cursor) -> String {
    URL_SAFE_NO_PAD.encode_to_string([&digest_of(filter), at.bytes()].concat())
}

/// Where the list goes on.
///
/// # Errors
/// It is no cursor, or one of a list with another filter.
pub(crate) fn read(filter: &Filter, text: &str) -> Result<Cursor, RequestError> {
    let wrong = || RequestError::new("cursor", "the `next_cursor` of the page before, and the same filter");
    let bytes = (text.len() <= LONGEST).then(|| URL_SAFE_NO_PAD.decode_to_vec(text.as_bytes()).ok());
    let bytes = bytes.flatten().ok_or_else(wrong)?;
    let (of, at) = bytes.split_first_chunk::<DIGEST>().ok_or_else(wrong)?;
    if *of == digest_of(filter) && !at.is_empty() { Ok(Cursor::new(at)) } else { Err(wrong()) }
}

fn digest_of(filter: &Filter) -> [u8; DIGEST] {
    let Filter { token, subject, device, ip, place, client, last_used_from, last_used_before, state } =
        filter;
    let ip = ip.map(|prefix| format!("{:x}/{}", prefix.first(), prefix.bits()));
    let place = place.as_ref().map(|place| place.to_lowercase());
    let state = format!("{state:?}");
    let fields = json!([token, subject, device, ip, place, client, last_used_from, last_used_before, state]);
    let mut first = [0; DIGEST];
    first.iter_mut().zip(digest(&fields)).for_each(|(to, from)| *to = from);
    first
}

#[cfg(test)]
mod tests {
    use quash_core::ids::Subject;
    use quash_storage::ports::StateFilter;

    use super::*;

    #[test]
    fn a_cursor_leads_on_in_its_own_list_and_in_no_other() {
        // S31
        let alice = Filter { subject: Some(Subject::new("alice").unwrap()), ..Filter::default() };
        let at = Cursor::new(*b"alice\0ses_1");
        let text = write(&alice, &at);
        assert_eq!(read(&alice, &text), Ok(at));
        let bob = Filter { subject: Some(Subject::new("bob").unwrap()), ..Filter::default() };
        let ended = Filter { state: StateFilter::Ended, ..alice.clone() };
        for other in [bob, ended, Filter::default()] {
            assert_eq!(read(&other, &text).unwrap_err().field, "cursor");
        }
        let begun = &text.chars().take(10).collect::<String>();
        for bad in ["", "x", "ses_1", begun, &"a".repeat(LONGEST + 1)] {
            assert_eq!(read(&alice, bad).unwrap_err().field, "cursor", "{bad}");
        }
    }

    #[test]
    fn a_place_is_the_same_in_every_spelling_of_case() {
        let of = |place: &str| Filter { place: Some(place.into()), ..Filter::default() };
        let at = Cursor::new(*b"x");
        assert_eq!(read(&of("VIENNA, at"), &write(&of("Vienna, AT"), &at)), Ok(at));
    }
}
