//! Ending one sign-in, and ending all of a user's, over the real API.

use serde_json::json;

use super::answer::text;
use super::running::Running;

#[test]
fn logout_ends_access_and_refresh_token_of_that_sign_in_and_no_other() {
    // S08
    let data = tempfile::tempdir().unwrap();
    let server = Running::dev(data.path());
    let (here, there) = (server.sign_in("alice"), server.sign_in("alice"));
    assert_eq!(server.check(text(&here, "access_token")), 200);

    let ended = server.post_with("/v1/logout", text(&here, "access_token"));
    assert!((200..300).contains(&ended.status), "{ended:?}");

    assert_eq!(server.check(text(&here, "access_token")), 401);
    let refused = server.refresh(text(&here, "refresh_token"));
    assert_eq!((refused.status, refused.text_of("error")), (400, "invalid_grant"));
    assert_eq!(server.check(text(&there, "access_token")), 200);
    assert_eq!(server.refresh(text(&there, "refresh_token")).status, 200);
}

#[test]
fn one_entry_signs_a_user_out_everywhere_and_a_sign_in_of_the_same_second_passes() {
    // S13, S14: positions are compared, not seconds.
    let data = tempfile::tempdir().unwrap();
    let server = Running::dev(data.path());
    let sessions: Vec<_> = (0..20).map(|_| server.sign_in("alice")).collect();
    let bystander = server.sign_in("bob");
    let head = |answer: super::answer::Answer| answer.body["position"].as_u64().unwrap();
    let before = head(server.get("/v1/head"));

    server.revoke(&json!({"type": "subject", "id": "alice"}));
    let again = server.sign_in("alice");

    assert_eq!(head(server.get("/v1/head")), before + 1, "one entry");
    for session in &sessions {
        assert_eq!(server.check(text(session, "access_token")), 401);
        assert_eq!(server.refresh(text(session, "refresh_token")).status, 400);
    }
    assert_eq!(server.check(text(&again, "access_token")), 200);
    assert_eq!(server.refresh(text(&again, "refresh_token")).status, 200);
    assert_eq!(server.check(text(&bystander, "access_token")), 200);
}

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
