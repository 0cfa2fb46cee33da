//! What was decided before is in force after: over a restart, and over a sign-in that began earlier.

use serde_json::json;

use super::answer::text;
use super::running::Running;

#[test]
fn a_password_change_between_head_and_sign_in_hits_the_new_token() {
    // Design section 2, "what pos is": `as_of` is the head that the backend read before it checked the password.
    let data = tempfile::tempdir().unwrap();
    let server = Running::dev(data.path());
    let as_of = server.get("/v1/head").body["position"].clone();
    server.revoke(&json!({"type": "subject", "id": "alice"}));
    let body = json!({"subject": "alice", "client_id": "web", "as_of": as_of});
    let late = server.post("/v1/sessions", &body);
    if late.status == 201 {
        assert_eq!(server.check(late.text_of("access_token")), 401);
        assert_eq!(server.refresh(late.text_of("refresh_token")).status, 400);
    } else {
        assert!((400..500).contains(&late.status), "{late:?}");
    }
}

#[test]
fn a_revocation_a_session_and_the_signing_key_survive_a_restart() {
    // I3, I9: what was refused stays refused, what was good stays good.
    let data = tempfile::tempdir().unwrap();
    let server = Running::dev(data.path());
    let (ended, kept) = (server.sign_in("alice"), server.sign_in("bob"));
    server.revoke(&json!({"type": "session", "id": text(&ended, "session_id")}));
    server.kill();

    let server = Running::dev(data.path());
    assert_eq!(server.check(text(&ended, "access_token")), 401);
    assert_eq!(server.check(text(&kept, "access_token")), 200);
    assert_eq!(server.refresh(text(&kept, "refresh_token")).status, 200);
}
