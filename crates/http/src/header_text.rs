//! Text of a token as the value of a header: never a way to write a second header.

use axum::http::HeaderValue;

/// `text` with every byte percent-encoded that is not a visible ASCII character, and with `%` and whatever is in
/// `also` encoded too: so two texts never share a value, and decoding gives the text back.
pub(crate) fn encode(text: &str, also: &[u8], into: &mut Vec<u8>) {
    for byte in text.bytes() {
        if byte.is_ascii_graphic() && byte != b'%' && !also.contains(&byte) {
            into.push(byte);
        } else {
            into.extend([b'%', digit(byte >> 4), digit(byte & 0xF)]);
        }
    }
}

const fn digit(nibble: u8) -> u8 {
    if nibble < 10 { b'0' + nibble } else { b'A' + nibble - 10 }
}

/// One text, empty when there is none.
pub(crate) fn one(text: Option<&str>) -> HeaderValue {
    let text = text.unwrap_or_default();
    let special =
        |special: u8, byte: u8| special | u8::from(!byte.is_ascii_graphic()) | u8::from(byte == b'%');
    if text.bytes().fold(0, special) == 0
        && let Ok(value) = HeaderValue::from_str(text)
    {
        return value;
    }
    let mut encoded = Vec::with_capacity(text.len() + 16);
    encode(text, b"", &mut encoded);
    value(encoded)
}

/// Several texts, divided by `divider`.
pub(crate) fn many<'a>(texts: impl Iterator<Item = &'a str>, divider: u8) -> HeaderValue {
    let mut encoded = Vec::new();
    for (place, text) in texts.enumerate() {
        if place > 0 {
            encoded.push(divider);
        }
        encode(text, &[divider], &mut encoded);
    }
    value(encoded)
}

fn value(encoded: Vec<u8>) -> HeaderValue {
    // INVARIANT: only visible ASCII and dividers are in it, so it always is a value.
    HeaderValue::from_maybe_shared(axum::body::Bytes::from(encoded)).unwrap_or(HeaderValue::from_static(""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_stays_as_it_is() {
        assert_eq!(one(Some("alice@example.com")), "alice@example.com");
        assert_eq!(one(None), "");
        assert_eq!(many(["read", "write"].into_iter(), b' '), "read write");
    }

    #[test]
    fn no_text_can_end_its_header_or_begin_another_item() {
        // attack rows 15 and 30
        assert_eq!(one(Some("a\r\nX-Auth-Roles: admin")), "a%0D%0AX-Auth-Roles:%20admin");
        assert_eq!(many(["user", "x,admin"].into_iter(), b','), "user,x%2Cadmin");
        assert_eq!(one(Some("é\0")), "%C3%A9%00");
    }

    #[test]
    fn two_texts_never_share_a_value() {
        assert_ne!(one(Some("a b")), one(Some("a%20b")));
        assert_eq!(one(Some("a%20b")), "a%2520b");
    }
}
