//! The token of a request.

use http::HeaderMap;
use http::header::AUTHORIZATION;

/// What a request says about its token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bearer<'a> {
    /// No `Authorization` header.
    Absent,
    /// One such header, with a token (RFC 6750 section 2.1).
    Token(&'a str),
    /// One such header, of another scheme.
    OtherScheme,
    /// Several such headers, or one that names the scheme and brings no token.
    Malformed,
}

impl<'a> Bearer<'a> {
    /// Reads the one `Authorization` header. A token in the query or in a form is no token (RFC 6750 sections 2.2,
    /// 2.3 and 5.3; attack row 36).
    pub(crate) fn of(headers: &'a HeaderMap) -> Self {
        Self::among(headers.get_all(AUTHORIZATION).iter().map(http::HeaderValue::as_bytes))
    }

    /// The same, of the values of all `Authorization` headers.
    pub(crate) fn among(mut values: impl Iterator<Item = &'a [u8]>) -> Self {
        match (values.next(), values.next()) {
            (None, _) => Self::Absent,
            (Some(value), None) => std::str::from_utf8(value).map_or(Self::Malformed, Self::in_value),
            (Some(_), Some(_)) => Self::Malformed,
        }
    }

    /// `Bearer token`: the scheme in any case, spaces, then one token.
    fn in_value(value: &'a str) -> Self {
        let (scheme, rest) = value.split_once(' ').unwrap_or((value, ""));
        let token = rest.trim_matches(' ');
        if !scheme.eq_ignore_ascii_case("bearer") {
            Self::OtherScheme
        } else if is_token(token) {
            Self::Token(token)
        } else {
            Self::Malformed
        }
    }
}

/// Whether `text` is a `b64token` (RFC 6750 section 2.1).
fn is_token(text: &str) -> bool {
    let word = text.trim_end_matches('=');
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte);
    !word.is_empty() && word.bytes().all(is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read<'a>(values: &[&'a str]) -> Bearer<'a> {
        let values: Vec<&'a str> = values.to_vec();
        Bearer::among(values.into_iter().map(str::as_bytes))
    }

    #[test]
    fn a_token_stands_in_one_authorization_header_behind_the_scheme() {
        // RFC 6750 section 2.1; RFC 9110 section 11.1: schemes have no case
        for value in ["Bearer abc.def.g-_", "bearer abc.def.g-_", "BEARER  abc.def.g-_ "] {
            assert_eq!(read(&[value]), Bearer::Token("abc.def.g-_"));
        }
        assert_eq!(read(&["Bearer ab+/~=="]), Bearer::Token("ab+/~=="));
        assert_eq!(read(&[]), Bearer::Absent);
    }

    #[test]
    fn another_scheme_is_no_attempt_at_this_one() {
        // RFC 6750 section 3.1: "attempted using an unsupported authentication method" is no error of the request
        for value in ["Basic YTpi", "Bearerabc", "abc", "", "DPoP abc"] {
            assert_eq!(read(&[value]), Bearer::OtherScheme, "{value:?}");
        }
    }

    #[test]
    fn the_scheme_without_one_token_is_malformed() {
        for value in
            ["Bearer", "Bearer ", "Bearer a b", "Bearer a\tb", "Bearer a,Bearer b", "Bearer =", "Bearer a=b"]
        {
            assert_eq!(read(&[value]), Bearer::Malformed, "{value:?}");
        }
        assert_eq!(Bearer::among([&b"Bearer \xff"[..]].into_iter()), Bearer::Malformed);
    }

    #[test]
    fn two_credentials_are_malformed_even_when_they_are_the_same() {
        assert_eq!(read(&["Bearer a", "Bearer b"]), Bearer::Malformed);
        assert_eq!(read(&["Bearer a", "Bearer a"]), Bearer::Malformed);
        assert_eq!(read(&["Basic a", "Bearer a"]), Bearer::Malformed);
    }
}
