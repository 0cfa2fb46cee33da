//! Who asks, told to the service behind the gateway.

use std::borrow::Cow;

use axum::response::Response;
use quash_verify::TokenRef;
use serde::Deserialize;

use crate::settings::IdentityHeaders;
use crate::{header_text, reply};

/// 200, with all five headers. The issuer is the one whose key proved the token, whatever the token says: a subject
/// is somebody only at an issuer (attack row 21).
pub(super) fn answer(names: &IdentityHeaders, token: &TokenRef<'_>) -> Response {
    let issuer = token.issuer().as_str();
    let token = token.claims();
    let mut response = reply::empty();
    let headers = response.headers_mut();
    headers.insert(names.issuer.clone(), header_text::one(Some(issuer)));
    headers.insert(names.subject.clone(), header_text::one(token.subject()));
    headers.insert(names.session.clone(), header_text::one(token.session()));
    let scope = token.scope().unwrap_or_default().split(' ').filter(|name| !name.is_empty());
    headers.insert(names.scope.clone(), header_text::many(scope, b' '));
    let roles = roles(token.payload());
    headers.insert(names.roles.clone(), header_text::many(roles.iter().map(AsRef::as_ref), b','));
    response
}

/// The one claim that is looked for; every other is skipped unread.
#[derive(Deserialize)]
struct WithRoles<'a> {
    #[serde(borrow, default)]
    roles: Vec<Role<'a>>,
}

#[derive(Deserialize)]
struct Role<'a>(#[serde(borrow)] Cow<'a, str>);

impl AsRef<str> for Role<'_> {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

/// `roles`, where it is a list of texts. In any other form it names no role that anybody could rely on.
fn roles(payload: &str) -> Vec<Role<'_>> {
    // Most tokens have none, and a payload is not parsed for nothing. An escaped spelling is found in the parse of
    // the token and nowhere else: no issuer writes one.
    if !payload.contains("\"roles\"") {
        return Vec::new();
    }
    serde_json::from_str::<WithRoles<'_>>(payload).map(|claims| claims.roles).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(payload: &str) -> Vec<String> {
        roles(payload).iter().map(|role| role.as_ref().to_owned()).collect()
    }

    #[test]
    fn roles_are_a_list_of_texts_or_nothing() {
        assert_eq!(read(r#"{"sub":"a","roles":["admin","a\"b"],"x":{"roles":["no"]}}"#), ["admin", "a\"b"]);
        for payload in [r#"{"roles":"admin"}"#, r#"{"roles":[1]}"#, r#"{"x":{"roles":["no"]}}"#, "{}"] {
            assert!(read(payload).is_empty(), "{payload}");
        }
    }
}
