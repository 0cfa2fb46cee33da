//! The token of a request.

use http::HeaderMap;
use http::header::AUTHORIZATION;

/// What a request says about its token.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bearer<'a> {
    /// No `Authorization` header.
    Absent,
    /// One such header, with a token (RFC 6750 section 2.1).
    Token(&'a str),
    /// Several such headers, another scheme, or something that is no token.
    Malformed,
}

impl<'a> Bearer<'a> {
    /// Reads the one `Authorization` header. A token in the query or in a form is no token (RFC 6750 sections 2.2,
    /// 2.3 and 5.3; attack row 36).
    pub(crate) fn of(headers: &'a HeaderMap) -> Self {
        let mut values = headers.get_all(AUTHORIZATION).iter();
        match (values.next(), values.next()) {
            (None, _) => Self::Absent,
            (Some(value), None) => value.to_str().ok().and_then(token).map_or(Self::Malformed, Self::Token),
            (Some(_), Some(_)) => Self::Malformed,
        }
    }
}

/// The token of `Bearer token`: the scheme in any case, spaces, then one word of printable ASCII.
fn token(value: &str) -> Option<&str> {
    let (scheme, rest) = value.split_once(' ')?;
    let token = rest.trim_matches(' ');
    let is_word = !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic());
    (scheme.eq_ignore_ascii_case("bearer") && is_word).then_some(token)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn read(values: &[&str]) -> Result<Option<String>, ()> {
        let headers: HeaderMap =
            values.iter().map(|value| (AUTHORIZATION, HeaderValue::from_str(value).unwrap())).collect();
        match Bearer::of(&headers) {
            Bearer::Absent => Ok(None),
            Bearer::Token(token) => Ok(Some(token.to_owned())),
            Bearer::Malformed => Err(()),
        }
    }

    #[test]
    fn a_token_stands_in_one_authorization_header_behind_the_scheme() {
        // RFC 6750 section 2.1; RFC 9110 section 11.1: schemes have no case
        for value in ["Bearer abc.def.g-_", "bearer abc.def.g-_", "BEARER  abc.def.g-_ "] {
            assert_eq!(read(&[value]), Ok(Some("abc.def.g-_".to_owned())));
        }
        assert_eq!(read(&[]), Ok(None));
    }

    #[test]
    fn everything_else_is_malformed() {
        for value in ["Basic abc", "Bearer", "Bearer ", "Bearer a b", "Bearerabc", "abc", "Bearer a\tb", ""] {
            assert_eq!(read(&[value]), Err(()), "{value:?}");
        }
        assert_eq!(read(&["Bearer a", "Bearer b"]), Err(()));
        assert_eq!(read(&["Bearer a", "Bearer a"]), Err(()));
    }
}
