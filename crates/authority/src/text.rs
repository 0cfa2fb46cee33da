//! Texts that come with a request: bounded, without control characters.

use crate::error::RequestError;

/// Whether `text` is 1 to `longest` bytes without control characters.
pub(crate) fn check(field: &'static str, text: &str, longest: usize) -> Result<(), RequestError> {
    let good = !text.is_empty() && text.len() <= longest && !text.chars().any(char::is_control);
    let expected = || format!("1 to {longest} bytes without control characters");
    if good { Ok(()) } else { Err(RequestError::new(field, expected())) }
}

/// The same for a text that need not be there.
pub(crate) fn check_optional(
    field: &'static str,
    text: Option<&str>,
    longest: usize,
) -> Result<(), RequestError> {
    text.map_or(Ok(()), |text| check(field, text, longest))
}
