//! S28: a denylist that is emptied every day, with tokens that are prolonged. Here each entry has its own end (S10) and each
//! prolongation is another token (S04), so that nothing has to be emptied, and nothing on the list is prolonged.

use serde_json::json;

use super::clock::rfc3339;
use crate::process::answer::text;
use crate::process::running::Running;

#[test]
fn what_is_on_the_list_stays_refused_while_its_session_is_prolonged() {
    let data = tempfile::tempdir().unwrap();
    let server = Running::dev(data.path());
    let session = server.sign_in("alice");
    let listed = text(&session, "access_token");
    let claims = server.introspect(listed);
    server.revoke(&json!({"type": "token", "token": listed}));

    let mut refresh = text(&session, "refresh_token").to_owned();
    for _ in 0..3 {
        let prolonged = server.refresh(&refresh);
        assert_eq!(prolonged.status, 200, "{prolonged:?}");
        assert_eq!(server.check(prolonged.text_of("access_token")), 200, "another token");
        assert_eq!(server.check(listed), 401, "and the listed one is none");
        refresh = prolonged.text_of("refresh_token").to_owned();
    }
    let entries = server.get("/v1/revocations").body;
    let exp = claims["exp"].as_u64().unwrap();
    assert_eq!(entries["items"].as_array().unwrap().len(), 1, "one entry, whatever was prolonged");
    assert_eq!(entries["items"][0]["retain_until"], rfc3339(exp + 60), "its own end, not the day's");
}

#[test]
fn a_session_on_the_list_is_not_prolonged() {
    let data = tempfile::tempdir().unwrap();
    let server = Running::dev(data.path());
    let session = server.sign_in("alice");
    server.revoke(&json!({"type": "session", "id": session["session_id"]}));
    let refused = server.refresh(text(&session, "refresh_token"));
    assert_eq!((refused.status, refused.text_of("reason")), (400, "admin"));
    server.kill();
    let server = Running::dev(data.path());
    assert_eq!(server.refresh(text(&session, "refresh_token")).status, 400, "nor after the night");
    assert_eq!(server.check(text(&session, "access_token")), 401);
}
