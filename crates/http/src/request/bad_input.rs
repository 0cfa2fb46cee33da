//! What is wrong with a request, said once and clearly: which field, and what was expected there.
//!
//! INVARIANT: nothing here holds a value that the caller sent. Names of unknown members are shown only when they
//! are too short to be a key or a token.

use std::borrow::Cow;
use std::fmt;

/// The longest name of a caller's own choosing that an answer repeats. Service keys have 32 characters or more.
const LONGEST_SHOWN: usize = 31;

/// How a request fails to be one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The body, or the whole query, is not of its format.
    Malformed,
    /// A field that has to be there is not.
    Missing,
    /// A field holds something else than expected.
    Invalid,
    /// A field that nobody knows.
    Unknown,
    /// A field occurs twice.
    Duplicate,
}

impl Fault {
    /// The word for machines.
    pub(crate) const fn reason(self) -> &'static str {
        match self {
            Self::Malformed => "malformed_request",
            Self::Missing => "missing_field",
            Self::Invalid => "invalid_field",
            Self::Unknown => "unknown_field",
            Self::Duplicate => "duplicate_field",
        }
    }
}

/// One thing that is wrong with a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BadInput {
    /// How it is wrong.
    pub(crate) fault: Fault,
    /// Where: a dotted path (`device.id`), a parameter, or a header. None when the whole is meant.
    pub(crate) field: Option<Box<str>>,
    /// What was expected there.
    pub(crate) expected: Cow<'static, str>,
}

impl BadInput {
    /// The whole body or query is not `expected`.
    pub(crate) fn malformed(expected: impl Into<Cow<'static, str>>) -> Self {
        Self { fault: Fault::Malformed, field: None, expected: expected.into() }
    }

    /// The field `name` is missing.
    pub(crate) fn missing(name: &str, expected: impl Into<Cow<'static, str>>) -> Self {
        Self { fault: Fault::Missing, field: Some(name.into()), expected: expected.into() }
    }

    /// The field `name` holds something else than `expected`.
    pub(crate) fn invalid(name: &str, expected: impl Into<Cow<'static, str>>) -> Self {
        Self { fault: Fault::Invalid, field: Some(name.into()), expected: expected.into() }
    }

    /// A field of the caller's own naming is not among `known`.
    pub(crate) fn unknown(path: &str, name: &str, known: &[&str]) -> Self {
        let expected = if known.is_empty() { "nothing".into() } else { one_of(known) };
        Self { fault: Fault::Unknown, field: shown(path, name), expected: expected.into() }
    }

    /// A field of the caller's own naming occurs twice.
    pub(crate) fn duplicate(path: &str, name: &str) -> Self {
        Self { fault: Fault::Duplicate, field: shown(path, name), expected: "each field once".into() }
    }
}

impl fmt::Display for BadInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.field {
            Some(field) => write!(f, "`{field}` ")?,
            None if self.fault == Fault::Malformed => f.write_str("the request ")?,
            None => f.write_str("a field ")?,
        }
        let what = match self.fault {
            Fault::Malformed => "can not be read",
            Fault::Missing => "is missing",
            Fault::Invalid => "is not what it has to be",
            Fault::Unknown => "is not known here",
            Fault::Duplicate => "occurs twice",
        };
        write!(f, "{what}: expected {}", self.expected)
    }
}

/// `a`, `b` or `c`, in backticks, as "one of".
pub(crate) fn one_of(names: &[&str]) -> String {
    let quoted: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
    format!("one of {}", quoted.join(", "))
}

fn shown(path: &str, name: &str) -> Option<Box<str>> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    let short = !name.is_empty() && name.len() <= LONGEST_SHOWN && name.bytes().all(plain);
    short.then(|| format!("{path}{name}").into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_names_the_field_and_what_was_expected() {
        let missing = BadInput::missing("device.id", "text");
        assert_eq!(missing.to_string(), "`device.id` is missing: expected text");
        let unknown = BadInput::unknown("device.", "nmae", &["id", "name"]);
        assert_eq!(unknown.to_string(), "`device.nmae` is not known here: expected one of `id`, `name`");
    }

    #[test]
    fn a_name_that_could_be_a_key_or_a_token_is_not_repeated() {
        // I13: an admin key has 32 characters or more; a token holds dots.
        assert_eq!(BadInput::unknown("", &"a".repeat(32), &[]).field, None);
        assert_eq!(BadInput::unknown("", "ey.ey.x", &[]).field, None);
        assert_eq!(BadInput::unknown("", "a\r\nb", &[]).field, None);
        assert!(BadInput::duplicate("", "subject").field.is_some());
    }
}
