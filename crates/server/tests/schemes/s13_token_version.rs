//! S13: one change makes every older token of a subject worthless, however many there are.

use serde_json::json;

use crate::process::answer::text;
use crate::process::running::Running;

#[test]
fn one_entry_signs_a_user_out_everywhere_and_a_sign_in_of_the_same_second_passes() {
    // Positions are compared, not seconds: that is S14.
    let data = tempfile::tempdir().unwrap();
    let server = Running::dev(data.path());
    let sessions: Vec<_> = (0..20).map(|_| server.sign_in("alice")).collect();
    let bystander = server.sign_in("bob");
    let head = |answer: crate::process::answer::Answer| answer.body["position"].as_u64().unwrap();
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
