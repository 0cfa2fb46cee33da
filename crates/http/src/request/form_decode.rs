//! `application/x-www-form-urlencoded`, decoded strictly.

/// The name-value pairs of `text`, in order. An empty text has none.
///
/// None when a `%` is not followed by two hexadecimal digits or the outcome is no UTF-8: a lenient reader would
/// make one name out of two spellings.
pub(crate) fn pairs(text: &str) -> Option<Vec<(String, String)>> {
    let pieces = text.split('&').filter(|piece| !piece.is_empty());
    pieces
        .map(|piece| {
            let (name, value) = piece.split_once('=').unwrap_or((piece, ""));
            Some((decode(name)?, decode(value)?))
        })
        .collect()
}

/// One name or value.
pub(crate) fn decode(text: &str) -> Option<String> {
    // Tokens and names hold nothing to decode.
    let encoded = |encoded: u8, byte: u8| encoded | u8::from(byte == b'+') | u8::from(byte == b'%');
    if text.bytes().fold(0, encoded) == 0 {
        return Some(text.to_owned());
    }
    let mut bytes = text.bytes();
    let mut decoded = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'+' => b' ',
            b'%' => digit(bytes.next()?)? << 4 | digit(bytes.next()?)?,
            plain => plain,
        });
    }
    String::from_utf8(decoded).ok()
}

fn digit(byte: u8) -> Option<u8> {
    let digit = char::from(byte).to_digit(16)?;
    u8::try_from(digit).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_decoded_in_order() {
        let expected = [("a", "1 2"), ("b", "é="), ("c", ""), ("a", "")];
        let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(pairs("a=1+2&b=%C3%a9%3D&c&&a=").unwrap(), expected);
        assert_eq!(pairs("").unwrap(), []);
    }

    #[test]
    fn what_does_not_decode_to_utf8_is_refused() {
        for text in ["a=%", "a=%4", "a=%zz", "%FF=1", "a=%C3"] {
            assert_eq!(pairs(text), None, "{text}");
        }
    }
}
