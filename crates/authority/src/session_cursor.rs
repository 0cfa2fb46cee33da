//! How callers are told where a page of sessions ended.
//!
//! ```text
//! base64url( master 4 | nonce 12 | AES-256-GCM of the place in the index, with the digest of the filter as its context )
//! ```
//!
//! INVARIANT: nobody reads it. A page may end at the row of a session that does not pass the filter, or is out of the
//! caller's reach, and the row says whose it is, from where and when. The context keeps a cursor to the list that it came
//! from.

use base64_simd::URL_SAFE_NO_PAD;
use quash_core::session::grant::MasterId;
use quash_jose::wrap::NONCE_LENGTH;
use quash_storage::ports::{Cursor, Filter};
use serde_json::json;

use crate::error::{Error, RequestError};
use crate::idempotency::digest;
use crate::masters::Masters;

/// The longest cursor that is read: more than any place takes.
const LONGEST: usize = 2_048;

/// What a caller is told. `nonce` is random.
///
/// # Errors
/// [`Error::Keys`].
pub(crate) fn write(
    masters: &Masters,
    nonce: [u8; NONCE_LENGTH],
    filter: &Filter,
    at: &Cursor,
) -> Result<String, Error> {
    let master = masters.current();
    let sealed = masters.cursor_sealing(master)?.wrap(nonce, &digest_of(filter), at.bytes());
    let sealed = sealed.map_err(|_| Error::Keys("a cursor could not be sealed".into()))?;
    Ok(URL_SAFE_NO_PAD.encode_to_string([&master.0.to_be_bytes()[..], &sealed].concat()))
}

/// Where the list goes on.
///
/// # Errors
/// It is no cursor, one of a list with another filter, or of a master that is not here any more.
pub(crate) fn read(masters: &Masters, filter: &Filter, text: &str) -> Result<Cursor, RequestError> {
    let expected = "the `next_cursor` of the page before, and the same filter";
    open(masters, filter, text).ok_or_else(|| RequestError::new("cursor", expected))
}

fn open(masters: &Masters, filter: &Filter, text: &str) -> Option<Cursor> {
    if text.len() > LONGEST {
        return None;
    }
    let bytes = URL_SAFE_NO_PAD.decode_to_vec(text.as_bytes()).ok()?;
    let (master, sealed) = bytes.split_first_chunk()?;
    let key = masters.cursor_sealing(MasterId(u32::from_be_bytes(*master))).ok()?;
    Some(Cursor::new(key.unwrap(&digest_of(filter), sealed).ok()?.expose()))
}

fn digest_of(filter: &Filter) -> [u8; 32] {
    let Filter { token, subject, device, ip, place, client, last_used_from, last_used_before, state } =
        filter;
    let ip = ip.map(|prefix| format!("{:x}/{}", prefix.first(), prefix.bits()));
    let place = place.as_ref().map(|place| place.to_lowercase());
    let state = format!("{state:?}");
    digest(&json!([token, subject, device, ip, place, client, last_used_from, last_used_before, state]))
}

#[cfg(test)]
mod tests {
    use quash_core::ids::Subject;
    use quash_storage::ports::StateFilter;

    use super::*;
    use crate::masters::Master;

    fn masters(current: u32) -> Masters {
        let all = [1, 2].map(|id| (MasterId(id), Master::from_random([u8::try_from(id).unwrap(); 32])));
        Masters::new(MasterId(current), all).unwrap()
    }

    fn written(filter: &Filter, at: &Cursor) -> String {
        write(&masters(1), [7; NONCE_LENGTH], filter, at).unwrap()
    }

    fn alice() -> Filter {
        Filter { subject: Some(Subject::new("alice").unwrap()), ..Filter::default() }
    }

    #[test]
    fn a_cursor_leads_on_in_its_own_list_and_in_no_other() {
        // S31
        let at = Cursor::new(*b"alice\0ses_1");
        let text = written(&alice(), &at);
        assert_eq!(read(&masters(1), &alice(), &text), Ok(at.clone()));
        assert_eq!(read(&masters(2), &alice(), &text), Ok(at), "another master is the current one by now");
        let bob = Filter { subject: Some(Subject::new("bob").unwrap()), ..Filter::default() };
        let ended = Filter { state: StateFilter::Ended, ..alice() };
        for other in [bob, ended, Filter::default()] {
            assert_eq!(read(&masters(1), &other, &text).unwrap_err().field, "cursor");
        }
        let begun = &text.chars().take(10).collect::<String>();
        for bad in ["", "x", "ses_1", begun, &"a".repeat(LONGEST + 1)] {
            assert_eq!(read(&masters(1), &alice(), bad).unwrap_err().field, "cursor", "{bad}");
        }
    }

    #[test]
    fn nobody_makes_a_cursor_or_changes_one() {
        let bytes = URL_SAFE_NO_PAD.decode_to_vec(written(&alice(), &Cursor::new(*b"alice\0ses_1"))).unwrap();
        for place in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[place] ^= 1;
            let text = URL_SAFE_NO_PAD.encode_to_string(changed);
            assert_eq!(read(&masters(1), &alice(), &text).unwrap_err().field, "cursor", "byte {place}");
        }
    }

    #[test]
    fn the_longest_place_has_room() {
        let at = Cursor::new(vec![b'x'; 1 + 3 * 256 + 1 + 256]);
        assert_eq!(read(&masters(1), &alice(), &written(&alice(), &at)), Ok(at));
    }

    #[test]
    fn a_place_is_the_same_in_every_spelling_of_case() {
        let of = |place: &str| Filter { place: Some(place.into()), ..Filter::default() };
        let at = Cursor::new(*b"x");
        assert_eq!(read(&masters(1), &of("VIENNA, at"), &written(&of("Vienna, AT"), &at)), Ok(at));
    }
}
