//! Paths and queries out of other people's ids.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What may stand in a path as it is (RFC 3986 section 2.3).
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// `id` as one segment of a path. A segment of dots alone would be taken for a way up.
pub fn segment(id: &str) -> String {
    if id.bytes().all(|byte| byte == b'.') {
        return "%2E".repeat(id.len());
    }
    utf8_percent_encode(id, PLAIN).to_string()
}

/// `path` with those of `pairs` that have a value.
pub fn with_query(path: &str, pairs: &[(&str, Option<&str>)]) -> String {
    let given = pairs.iter().filter_map(|(name, value)| value.map(|value| (name, value)));
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(given).finish();
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_stays_within_its_segment() {
        assert_eq!(segment("ses_01ab"), "ses_01ab");
        assert_eq!(segment("a/b?c#d e%"), "a%2Fb%3Fc%23d%20e%25");
        assert_eq!(segment(".."), "%2E%2E");
    }

    #[test]
    fn a_query_holds_what_was_given() {
        assert_eq!(with_query("/x", &[("a", None)]), "/x");
        assert_eq!(with_query("/x", &[("a", Some("1&2")), ("b", None), ("c", Some(""))]), "/x?a=1%262&c=");
    }
}
