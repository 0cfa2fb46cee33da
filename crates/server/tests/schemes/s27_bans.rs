//! S27: a ban is durable state: it ends what is live, refuses what comes, and ends when it says.
//! The races are in the contract suite (`bans`), the time rule is exact in `core::session::ban`.

use serde_json::{Value, json};

use super::clock::{before_and_after, now, rfc3339};
use crate::process::answer::{Answer, text};
use crate::process::running::Running;

const APP: &str = "[[client]]\nid = \"web\"\n[[client]]\nid = \"app\"\n";

fn ban(server: &Running, service: &str, body: &Value) -> Answer {
    let answer = server.put(&format!("/v1/subjects/alice/bans/{service}"), body);
    assert_eq!(answer.status, 200, "{answer:?}");
    answer
}

fn tries(server: &Running, client: &str) -> Answer {
    server.post("/v1/sessions", &json!({"subject": "alice", "client_id": client}))
}

fn check(server: &Running, session: &Value) -> u16 {
    server.check(text(session, "access_token"))
}

/// Asserts that neither token of `session` does anything, and that its holder is told why.
fn assert_banned(server: &Running, session: &Value) {
    let checked = server.get_with("/auth/check", text(session, "access_token"));
    assert_eq!((checked.status, checked.text_of("reason")), (401, "banned"), "{checked:?}");
    let renewed = server.refresh(text(session, "refresh_token"));
    assert_eq!((renewed.status, renewed.text_of("error")), (400, "invalid_grant"), "{renewed:?}");
    assert_eq!((renewed.text_of("reason"), renewed.text_of("remedy")), ("banned", "sign_in"));
}

#[test]
fn a_ban_ends_live_sessions_refuses_sign_ins_and_survives_a_kill() {
    let data = tempfile::tempdir().unwrap();
    let server = Running::dev(data.path());
    let (alice, bob) = (server.sign_in("alice"), server.sign_in("bob"));
    let put = ban(&server, "*", &json!({"level": 3, "reason": "spam", "until": "2100-01-01T00:00:00Z"}));
    assert_eq!((&put.body["complete"], put.body["position"].is_u64()), (&json!(true), true), "{put:?}");
    assert_banned(&server, &alice);
    server.kill();

    let server = Running::dev(data.path());
    assert_banned(&server, &alice);
    let refused = tries(&server, "web");
    assert_eq!((refused.status, refused.text_of("reason")), (409, "banned"), "{refused:?}");
    let told = &refused.body["ban"];
    assert_eq!((&told["level"], &told["reason"]), (&json!(3), &json!("spam")));
    assert_eq!(told["until"], "2100-01-01T00:00:00Z");
    let join = server
        .post(&format!("/v1/sessions/{}/clients", text(&alice, "session_id")), &json!({"client_id": "web"}));
    assert_eq!((join.status, join.text_of("reason")), (409, "banned"), "{join:?}");
    let renewed = server.refresh(text(&alice, "refresh_token"));
    assert_eq!(renewed.body["banned_until"], 4_102_444_800_u64);
    let state = server.get("/v1/subjects/alice");
    assert_eq!(
        (&state.body["bans"][0]["service"], &state.body["bans"][0]["level"]),
        (&json!("*"), &json!(3))
    );
    assert_eq!(check(&server, &bob), 200);
}

#[test]
fn a_ban_ends_at_the_instant_that_it_names_and_lifting_revives_nothing() {
    let data = tempfile::tempdir().unwrap();
    let server = Running::dev(data.path());
    let before = server.sign_in("alice");
    // The second after next, so that there is time to ask before it.
    let end = now().seconds() + 3;
    ban(&server, "*", &json!({"until": rfc3339(end)}));
    let (during, after) =
        before_and_after(quash_core::time::Timestamp::from_seconds(end), || tries(&server, "web").status);
    assert_eq!((during, after), (409, 201));
    assert_eq!(server.get("/v1/subjects/alice").body["bans"], json!([]));
    assert_eq!(check(&server, &before), 401);

    ban(&server, "*", &json!({}));
    assert_eq!(tries(&server, "web").status, 409);
    assert_eq!(server.delete("/v1/subjects/alice/bans/*"), 200);
    assert_eq!(server.delete("/v1/subjects/alice/bans/*"), 404);
    assert_eq!(tries(&server, "web").status, 201);
    assert_eq!(check(&server, &before), 401);
    assert_eq!(server.refresh(text(&before, "refresh_token")).status, 400);
}

#[test]
fn a_ban_at_one_service_leaves_the_others_alone() {
    let data = tempfile::tempdir().unwrap();
    let server = Running::configured(data.path(), APP);
    let at_web = server.sign_in("alice");
    let at_app = tries(&server, "app").body;
    ban(&server, "web", &json!({"level": 1}));
    assert_banned(&server, &at_web);
    assert_eq!(check(&server, &at_app), 200);
    assert_eq!((tries(&server, "web").status, tries(&server, "app").status), (409, 201));
    let renewed = server.refresh_as("app", text(&at_app, "refresh_token"));
    assert_eq!(renewed.status, 200, "{renewed:?}");
}

#[test]
fn a_warning_refuses_nothing_and_a_bad_ban_is_refused_with_the_field() {
    let data = tempfile::tempdir().unwrap();
    let server = Running::dev(data.path());
    let alice = server.sign_in("alice");
    let warned = ban(&server, "*", &json!({"level": 0, "reason": "first_offence"}));
    assert_eq!(warned.body["position"], Value::Null);
    assert_eq!((check(&server, &alice), tries(&server, "web").status), (200, 201));
    assert_eq!(server.get("/v1/subjects/alice").body["bans"][0]["reason"], "first_offence");
    for (service, body, field) in [
        ("*", json!({"level": 10}), "level"),
        ("*", json!({"until": "2001-01-01T00:00:00Z"}), "until"),
        ("*", json!({"until": "tomorrow"}), "until"),
        ("*", json!({"untill": "2100-01-01T00:00:00Z"}), "untill"),
        ("nobody-s-client", json!({}), "service"),
    ] {
        let bad = server.put(&format!("/v1/subjects/alice/bans/{service}"), &body);
        assert_eq!((bad.status, bad.text_of("field")), (400, field), "{bad:?}");
        assert!(!bad.text_of("expected").is_empty(), "{bad:?}");
    }
}
