//! Who asks, told to the service behind the gateway.

use axum::response::Response;
use quash_verify::TokenRef;

use crate::settings::IdentityHeaders;
use crate::{header_text, reply};

/// The five, and what every answer carries.
const HEADERS: usize = 12;

/// 200, with all five headers. The issuer is the one whose key proved the token, whatever the token says: a subject
/// is somebody only at an issuer (attack row 21).
pub(super) fn answer(names: &IdentityHeaders, token: &TokenRef<'_>) -> Response {
    let issuer = token.issuer().as_str();
    let token = token.claims();
    let mut response = reply::empty();
    let headers = response.headers_mut();
    headers.reserve(HEADERS);
    headers.insert(names.issuer.clone(), header_text::one(Some(issuer)));
    headers.insert(names.subject.clone(), header_text::one(token.subject()));
    headers.insert(names.session.clone(), header_text::one(token.session()));
    let scope = token.scope().unwrap_or_default().split(' ').filter(|name| !name.is_empty());
    headers.insert(names.scope.clone(), header_text::many(scope, b' '));
    let roles = token.roles();
    headers.insert(names.roles.clone(), header_text::many(roles.iter().map(AsRef::as_ref), b','));
    response
}
