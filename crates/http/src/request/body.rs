//! Reading a request's body: of the right type, and not too long.

use axum::body::{Body, Bytes, to_bytes};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderMap, Request};

use super::bad_input::BadInput;
use super::fields::Fields;
use super::params::Params;
use super::tree;
use crate::error::Failure;

/// The longest body, in bytes.
pub(crate) const LONGEST: usize = 64 * 1024;

/// The type of a JSON body.
pub(crate) const JSON: &str = "application/json";
/// The type of a form body.
pub(crate) const FORM: &str = "application/x-www-form-urlencoded";

/// The members of a JSON object.
///
/// # Errors
/// Another content type, a body over [`LONGEST`], or no strict JSON object.
pub(crate) async fn json(request: Request<Body>) -> Result<Fields, Failure> {
    let bytes = read(request, JSON).await?;
    Ok(Fields::of("", tree::parse(&bytes)?)?)
}

/// The parameters of a form.
///
/// # Errors
/// Another content type, a body over [`LONGEST`], or no strict form.
pub(crate) async fn form(request: Request<Body>) -> Result<Params, Failure> {
    let bytes = read(request, FORM).await?;
    let text = std::str::from_utf8(&bytes).map_err(|_| BadInput::malformed("a form in UTF-8"))?;
    Ok(Params::parse(text)?)
}

/// Whether the request has a body at all, as far as its headers say.
pub(crate) fn is_absent(headers: &HeaderMap) -> bool {
    let none = headers.get(CONTENT_LENGTH).is_none_or(|length| length.as_bytes() == b"0");
    none && !headers.contains_key(CONTENT_TYPE)
}

async fn read(request: Request<Body>, expected: &'static str) -> Result<Bytes, Failure> {
    if !is_of_type(request.headers(), expected) {
        return Err(Failure::UnsupportedMediaType { expected });
    }
    let stated = request.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    if stated.is_some_and(|length: u64| length > LONGEST as u64) {
        return Err(Failure::BodyTooLong { longest: LONGEST });
    }
    // Beyond the limit and a connection that breaks off look alike here; the second has nobody to answer to.
    to_bytes(request.into_body(), LONGEST).await.map_err(|_| Failure::BodyTooLong { longest: LONGEST })
}

/// Whether there is exactly one content type and it is `expected`, parameters aside.
fn is_of_type(headers: &HeaderMap, expected: &str) -> bool {
    let mut values = headers.get_all(CONTENT_TYPE).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return false;
    };
    let essence = value.to_str().unwrap_or_default().split(';').next().unwrap_or_default();
    essence.trim().eq_ignore_ascii_case(expected)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn a_content_type_is_compared_without_case_and_parameters() {
        let with =
            |value: &'static str| HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(value))]);
        assert!(is_of_type(&with("Application/JSON; charset=utf-8"), JSON));
        assert!(!is_of_type(&with("application/jsonp"), JSON));
        assert!(!is_of_type(&with("text/plain"), JSON));
        assert!(!is_of_type(&HeaderMap::new(), JSON));
    }
}
