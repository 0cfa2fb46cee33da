//! S22: a subject gets another id: what it was signed in as ends, the old id never resolves again, and bans follow the
//! person. The races are in the contract suite (`aliases`).

use serde_json::{Value, json};

use crate::process::answer::{Answer, text};
use crate::process::running::Running;

fn change(server: &Running, old: &str, new: &str) -> Answer {
    server.post(&format!("/v1/subjects/{old}/alias"), &json!({"new": new}))
}

fn tries(server: &Running, subject: &str) -> Answer {
    server.post("/v1/sessions", &json!({"subject": subject, "client_id": "web"}))
}

/// Asserts that nobody signs in as `old`, and that whoever tries is told `new`.
fn assert_left(answer: &Answer, new: &str) {
    assert_eq!((answer.status, answer.text_of("reason")), (409, "alias"), "{answer:?}");
    assert_eq!(answer.body["new_subject"], new, "{answer:?}");
}

/// Asserts that neither token of `session` does anything.
fn assert_ended(server: &Running, session: &Value) {
    let checked = server.get_with("/auth/check", text(session, "access_token"));
    assert_eq!((checked.status, checked.text_of("reason")), (401, "alias_changed"), "{checked:?}");
    let renewed = server.refresh(text(session, "refresh_token"));
    assert_eq!((renewed.status, renewed.text_of("reason")), (400, "alias_changed"), "{renewed:?}");
}

#[test]
fn every_token_of_the_old_id_dies_and_the_old_id_never_resolves_again() {
    let data = tempfile::tempdir().unwrap();
    let server = Running::dev(data.path());
    let (old, bystander) = (server.sign_in("alice"), server.sign_in("bob"));
    let changed = change(&server, "alice", "alicia");
    assert_eq!((changed.status, &changed.body["complete"]), (200, &json!(true)), "{changed:?}");
    assert_ended(&server, &old);
    assert_left(&tries(&server, "alice"), "alicia");
    let new = server.sign_in("alicia");
    server.kill();

    let server = Running::dev(data.path());
    assert_ended(&server, &old);
    assert_left(&tries(&server, "alice"), "alicia");
    for live in [&new, &bystander] {
        assert_eq!(server.check(text(live, "access_token")), 200);
    }
    assert_eq!(server.get("/v1/subjects/alice").body["alias"], "alicia");
    // The same call again is the same change; another one, and the way back, are refused.
    let again = change(&server, "alice", "alicia");
    assert_eq!((again.status, &again.body["position"]), (200, &changed.body["position"]), "{again:?}");
    assert_eq!(server.check(text(&new, "access_token")), 200, "nothing ends twice");
    assert_left(&change(&server, "alice", "alison"), "alicia");
    assert_left(&change(&server, "bob", "alice"), "alicia");
    let itself = change(&server, "bob", "bob");
    assert_eq!((itself.status, itself.text_of("field")), (400, "new"), "{itself:?}");
}

#[test]
fn a_ban_follows_the_person_and_the_ending_is_not_undone() {
    let data = tempfile::tempdir().unwrap();
    let server = Running::dev(data.path());
    let ban = server.put("/v1/subjects/alice/bans/*", &json!({"reason": "spam"}));
    assert_eq!(ban.status, 200, "{ban:?}");
    let changed = change(&server, "alice", "alicia");
    let refused = tries(&server, "alicia");
    assert_eq!((refused.status, refused.text_of("reason")), (409, "banned"), "{refused:?}");
    assert_left(&server.put("/v1/subjects/alice/bans/*", &json!({})), "alicia");
    assert_eq!(server.get("/v1/subjects/alicia").body["bans"][0]["reason"], "spam");
    assert_eq!(server.get("/v1/subjects/alice").body["bans"], json!([]));
    let undone = server.post(&format!("/v1/revocations/{}/undo", changed.body["position"]), &json!({}));
    assert_eq!((undone.status, undone.text_of("reason")), (409, "not_undoable"), "{undone:?}");
    assert_eq!(server.delete("/v1/subjects/alicia/bans/*"), 200);
    server.sign_in("alicia");
}
