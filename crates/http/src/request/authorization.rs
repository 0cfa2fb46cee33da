//! The `Authorization` header: exactly one, or none. Nowhere else is a credential looked for; never in the URL
//! (RFC 6750 section 5.3 of its security advice, attack row 36).

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use base64_simd::STANDARD;
use zeroize::Zeroizing;

use super::form_decode;

/// What the header says.
pub(crate) enum Authorization<'a> {
    /// There is none.
    Absent,
    /// `Bearer` and a token (RFC 6750 section 2.1).
    Bearer(&'a str),
    /// `Basic`, a client's id and its secret (RFC 6749 section 2.3.1).
    Basic {
        /// `client_id`, decoded.
        id: String,
        /// `client_secret`, decoded.
        secret: Zeroizing<String>,
    },
    /// Several headers, another scheme, or a header that does not read as its scheme.
    Malformed,
}

impl<'a> Authorization<'a> {
    /// Reads the header.
    pub(crate) fn of(headers: &'a HeaderMap) -> Self {
        let mut values = headers.get_all(AUTHORIZATION).iter();
        let Some(value) = values.next() else {
            return Self::Absent;
        };
        if values.next().is_some() {
            return Self::Malformed;
        }
        std::str::from_utf8(value.as_bytes()).ok().and_then(Self::parse).unwrap_or(Self::Malformed)
    }

    fn parse(value: &'a str) -> Option<Self> {
        let (scheme, rest) = value.split_once(' ')?;
        let rest = rest.trim_start_matches(' ');
        if scheme.eq_ignore_ascii_case("bearer") {
            return is_printable(rest).then_some(Self::Bearer(rest));
        }
        if scheme.eq_ignore_ascii_case("basic") {
            return basic(rest);
        }
        None
    }
}

/// Whether `text` is printable ASCII: wider than a token is (RFC 6750 section 2.1), since service keys may use every
/// such character, spaces within them included.
fn is_printable(text: &str) -> bool {
    // Without a way out in the middle: tokens are long, and nearly all are as they should be.
    let other = |others: u8, byte: u8| others | u8::from(!(b' '..=b'~').contains(&byte));
    !text.is_empty() && text.bytes().fold(0, other) == 0
}

fn basic(encoded: &str) -> Option<Authorization<'static>> {
    let bytes = Zeroizing::new(STANDARD.decode_to_vec(encoded).ok()?);
    let (id, secret) = std::str::from_utf8(&bytes).ok()?.split_once(':')?;
    let id = form_decode::decode(id).filter(|id| !id.is_empty())?;
    Some(Authorization::Basic { id, secret: Zeroizing::new(form_decode::decode(secret)?) })
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn headers(values: &[&str]) -> HeaderMap {
        let value = |value: &&str| (AUTHORIZATION, HeaderValue::from_str(value).unwrap());
        values.iter().map(value).collect()
    }

    fn bearer(values: &[&str]) -> Option<String> {
        match Authorization::of(&headers(values)) {
            Authorization::Bearer(token) => Some(token.to_owned()),
            _ => None,
        }
    }

    #[test]
    fn a_bearer_token_is_read_whatever_the_case_of_its_scheme() {
        // RFC 9110 section 11.1
        assert_eq!(bearer(&["bEaReR abc"]).as_deref(), Some("abc"));
        assert_eq!(bearer(&["Bearer  abc"]).as_deref(), Some("abc"));
        assert_eq!(bearer(&["Bearer a key"]).as_deref(), Some("a key"));
    }

    #[test]
    fn two_headers_are_as_good_as_a_broken_one() {
        for values in [&["Bearer a", "Bearer a"] as &[_], &["Bearer "], &["Digest a"], &["Bearer"]] {
            assert!(matches!(Authorization::of(&headers(values)), Authorization::Malformed), "{values:?}");
        }
        assert!(matches!(Authorization::of(&headers(&[])), Authorization::Absent));
    }

    #[test]
    fn a_clients_id_and_secret_are_decoded_after_the_base64() {
        // RFC 6749 section 2.3.1: both are form-encoded before they go into the header. `my app` : `a:b%`
        let encoded = STANDARD.encode_to_string("my+app:a%3Ab%25");
        let headers = headers(&[&format!("Basic {encoded}")]);
        let Authorization::Basic { id, secret } = Authorization::of(&headers) else { panic!("not read") };
        assert_eq!((id.as_str(), secret.as_str()), ("my app", "a:b%"));
    }

    #[test]
    fn a_broken_basic_header_is_refused() {
        for value in ["Basic", "Basic !!!!", "Basic YQ", "Basic YQ==", "Basic OnNlY3JldA=="] {
            assert!(matches!(Authorization::of(&headers(&[value])), Authorization::Malformed), "{value}");
        }
    }
}
