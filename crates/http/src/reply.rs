//! What a request that was done is answered with.

use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, LOCATION, PRAGMA};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

/// Kept nowhere: for everything that holds a token, a session or a decision (RFC 9111 section 5.2.2.5).
pub(crate) const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

/// The codes of success, as the OpenAPI document names them.
pub(crate) const OK: &str = "200";
/// The other one.
pub(crate) const CREATED: &str = "201";
/// The code of a change of the protocol.
pub(crate) const SWITCHING: &str = "101";

const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// `body` as JSON, 200, not to be stored.
pub(crate) fn json<T: Serialize>(body: &T) -> Response {
    // The replies of this crate are plain structs with text keys: there is nothing in them that can not be written.
    let text = serde_json::to_vec(body).unwrap_or_default();
    let mut response = Response::new(Body::from(text));
    response.headers_mut().insert(CONTENT_TYPE, JSON);
    response.headers_mut().insert(CACHE_CONTROL, NO_STORE);
    response
}

/// The same as 201, with the place of what was made.
pub(crate) fn created<T: Serialize>(body: &T, location: Option<&str>) -> Response {
    let mut response = (StatusCode::CREATED, json(body)).into_response();
    if let Some(location) = location.and_then(|location| HeaderValue::from_str(location).ok()) {
        response.headers_mut().insert(LOCATION, location);
    }
    response
}

/// The same for tokens, with the header that HTTP/1.0 caches know (RFC 6749 section 5.1).
pub(crate) fn token<T: Serialize>(body: &T) -> Response {
    let mut response = json(body);
    response.headers_mut().insert(PRAGMA, HeaderValue::from_static("no-cache"));
    response
}

/// 200 without a body.
pub(crate) fn empty() -> Response {
    let mut response = Response::new(Body::empty());
    response.headers_mut().insert(CACHE_CONTROL, NO_STORE);
    response
}

/// 304: what the caller holds is what there is.
pub(crate) fn not_modified() -> Response {
    StatusCode::NOT_MODIFIED.into_response()
}
