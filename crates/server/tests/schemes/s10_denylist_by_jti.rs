//! S10: one token ends, by its `jti`; the entry lives as long as the token could be accepted, and no longer.

use serde_json::json;

use super::clock::rfc3339;
use crate::process::answer::text;
use crate::process::running::Running;

#[test]
fn one_token_ends_and_its_session_and_its_sisters_go_on() {
    let data = tempfile::tempdir().unwrap();
    let server = Running::dev(data.path());
    let session = server.sign_in("alice");
    let renewed = server.refresh(text(&session, "refresh_token"));
    let first = text(&session, "access_token");
    let jti = server.introspect(first)["jti"].clone();

    server.revoke(&json!({"type": "token", "id": jti}));

    assert_eq!(server.check(first), 401);
    assert_eq!(server.introspect(first), json!({"active": false}));
    assert_eq!(server.check(renewed.text_of("access_token")), 200);
    assert_eq!(server.refresh(renewed.text_of("refresh_token")).status, 200);
}

#[test]
fn the_entry_of_a_token_that_is_given_is_kept_until_its_exp_and_the_largest_leeway() {
    // Gone afterwards and never earlier: `core::revocation::fact` and the store's contract suite have the instant itself.
    let data = tempfile::tempdir().unwrap();
    let server = Running::dev(data.path());
    let session = server.sign_in("alice");
    let token = text(&session, "access_token");
    let claims = server.introspect(token);

    let position = server.revoke(&json!({"type": "token", "token": token})).body["position"].clone();

    let entry = &server.get("/v1/revocations").body["items"][0];
    assert_eq!(entry["position"], position);
    assert_eq!(entry["target"], json!({"type": "token", "id": claims["jti"]}));
    let exp = claims["exp"].as_u64().unwrap();
    assert_eq!(entry["retain_until"], rfc3339(exp + 60));
    let answered = server.get("/v1/revocations").text;
    assert!(!answered.contains(token), "the token itself is forgotten");
}
