//! S19: a random code per login, kept at the server and compared at every request (`last_key_used`): here `sid` and the
//! generation of the refresh token are that code, and nothing is looked up for them.

use std::collections::BTreeSet;

use serde_json::json;

use crate::process::answer::text;
use crate::process::running::Running;

#[test]
fn every_login_has_a_code_of_its_own_which_all_its_tokens_carry() {
    let data = tempfile::tempdir().unwrap();
    let server = Running::dev(data.path());
    let logins: Vec<_> = (0..20).map(|_| server.sign_in("alice")).collect();
    let codes: BTreeSet<&str> = logins.iter().map(|login| text(login, "session_id")).collect();
    assert_eq!(codes.len(), logins.len());
    let renewed = server.refresh(text(&logins[0], "refresh_token"));
    for token in [text(&logins[0], "access_token"), renewed.text_of("access_token")] {
        assert_eq!(server.introspect(token)["sid"], logins[0]["session_id"]);
    }
}

#[test]
fn ending_the_code_ends_the_tokens_of_that_login_alone() {
    let data = tempfile::tempdir().unwrap();
    let server = Running::dev(data.path());
    let (one, other) = (server.sign_in("alice"), server.sign_in("alice"));
    server.revoke(&json!({"type": "session", "id": one["session_id"]}));
    assert_eq!(server.check(text(&one, "access_token")), 401);
    assert_eq!(server.refresh(text(&one, "refresh_token")).status, 400);
    assert_eq!(server.check(text(&other, "access_token")), 200);
}
