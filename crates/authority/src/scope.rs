//! Scopes: names divided by single spaces (RFC 6749 section 3.3).

use std::collections::BTreeSet;

/// The most bytes of a scope.
const LONGEST_SCOPE: usize = 1024;

/// The names in `scope`; `None` unless it is 1 to 1,024 bytes of the characters that the standard allows, with
/// one space between two names.
pub(crate) fn names(scope: &str) -> Option<BTreeSet<&str>> {
    let allowed = |byte: u8| matches!(byte, 0x21 | 0x23..=0x5B | 0x5D..=0x7E);
    let named = |name: &str| !name.is_empty() && name.bytes().all(allowed);
    (scope.len() <= LONGEST_SCOPE && scope.split(' ').all(named)).then(|| scope.split(' ').collect())
}

/// Whether every name in `part` is one of `whole`; an empty `part` is part of everything.
pub(crate) fn is_within(part: &BTreeSet<&str>, whole: &str) -> bool {
    let whole: BTreeSet<&str> = whole.split(' ').collect();
    part.is_subset(&whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_is_names_divided_by_single_spaces() {
        // RFC 6749 section 3.3
        assert_eq!(names("read write"), Some(BTreeSet::from(["read", "write"])));
        for bad in ["", " ", "a  b", " a", "a ", "a\tb", "a\"b", "a\\b", "ä", &"a".repeat(1025)] {
            assert_eq!(names(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn a_scope_is_within_another_by_whole_names() {
        let part = |scope| names(scope).unwrap();
        assert!(is_within(&part("b a"), "a b c"));
        assert!(!is_within(&part("a d"), "a b c"));
        assert!(!is_within(&part("a"), ""));
        assert!(!is_within(&part("a"), "ab"));
    }
}
