//! `Idempotency-Key`: makes a request that is sent again the same request.

use axum::http::HeaderMap;

use super::bad_input::BadInput;

/// The header's name, as it is said in errors.
pub(crate) const NAME: &str = "Idempotency-Key";

/// The longest key, in bytes.
const LONGEST: usize = 255;

/// The key, if the header is there.
///
/// # Errors
/// Several headers, or a value that is not 1 to 255 printable ASCII characters.
pub(crate) fn read(headers: &HeaderMap) -> Result<Option<&str>, BadInput> {
    let mut values = headers.get_all(NAME).iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    if values.next().is_some() {
        return Err(BadInput::duplicate("", NAME));
    }
    let good = |key: &&str| {
        (1..=LONGEST).contains(&key.len()) && key.bytes().all(|byte| (b' '..=b'~').contains(&byte))
    };
    let key = value.to_str().ok().filter(good);
    key.map(Some).ok_or_else(|| BadInput::invalid(NAME, "1 to 255 printable ASCII characters"))
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn headers(value: &[u8]) -> HeaderMap {
        HeaderMap::from_iter([("idempotency-key".parse().unwrap(), HeaderValue::from_bytes(value).unwrap())])
    }

    #[test]
    fn a_key_is_1_to_255_printable_characters() {
        assert_eq!(read(&headers(b"order 17")), Ok(Some("order 17")));
        assert!(read(&headers(&[b'x'; 255])).is_ok());
        for bad in [b"".as_slice(), &[b'x'; 256], b"\xC3\xA9", b"a\tb"] {
            assert!(read(&headers(bad)).is_err(), "{bad:?}");
        }
        assert_eq!(read(&HeaderMap::new()), Ok(None));
    }
}
