//! `GET /.well-known/jwks.json`: the public keys (RFC 7517 section 5).

use std::hash::{DefaultHasher, Hasher};

use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use crate::access::Access;
use crate::error::Failure;
use crate::node::Node;
use crate::openapi::Description;
use crate::reply;
use crate::request::body::JSON;
use crate::route::{Route, RouteInfo, RouteMethod};

pub(super) const PATH: &str = "/.well-known/jwks.json";

/// Long enough to spare the server, short enough that a key which is gone is forgotten soon. Whoever meets a new
/// `kid` asks again before that.
const FOR_FIVE_MINUTES: HeaderValue = HeaderValue::from_static("public, max-age=300");

pub(crate) fn routes<N: Node>() -> Vec<Route<N>> {
    let description = Description::new("The public keys that tokens are signed with").gives_text(JSON);
    let info = RouteInfo::public(RouteMethod::Get, PATH, Access::Open);
    vec![Route::new(info, get(jwks::<N>), description)]
}

async fn jwks<N: Node>(State(node): State<N>, headers: HeaderMap) -> Result<Response, Failure> {
    let keys = node.published_keys()?;
    let tag = tag(&keys);
    let known = headers.get(IF_NONE_MATCH).is_some_and(|held| names(held, &tag));
    let mut response = if known {
        reply::not_modified()
    } else {
        ([(CONTENT_TYPE, HeaderValue::from_static(JSON))], keys).into_response()
    };
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, FOR_FIVE_MINUTES);
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        headers.insert(ETAG, tag);
    }
    Ok(response)
}

/// A tag that changes with the keys.
fn tag(keys: &str) -> String {
    let mut hasher = DefaultHasher::new();
    hasher.write(keys.as_bytes());
    format!("\"{:016x}\"", hasher.finish())
}

/// Whether `If-None-Match` names the tag, or anything (RFC 9110 section 13.1.2).
fn names(held: &HeaderValue, tag: &str) -> bool {
    let held = held.to_str().unwrap_or_default();
    held.split(',').map(str::trim).any(|one| one == "*" || one.trim_start_matches("W/") == tag)
}
