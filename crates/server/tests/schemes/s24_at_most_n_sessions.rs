//! S24: at most N sessions per user or per type of device; one more ends the oldest or the idlest, or is refused. The
//! judgement and its boundaries are tested in `core::session::policy`.

use serde_json::{Value, json};

use crate::process::answer::{Answer, text};
use crate::process::running::Running;

fn tries(server: &Running, client: &str, device: &str, kind: Option<&str>) -> Answer {
    let device = match kind {
        Some(kind) => json!({"id": device, "type": kind}),
        None => json!({"id": device}),
    };
    server.post("/v1/sessions", &json!({"subject": "alice", "client_id": client, "device": device}))
}

fn signs_in(server: &Running, device: &str, kind: Option<&str>) -> Value {
    let answer = tries(server, "web", device, kind);
    assert_eq!(answer.status, 201, "{answer:?}");
    answer.body
}

/// Which of `sessions` pass a check.
fn live(server: &Running, sessions: &[&Value]) -> Vec<bool> {
    sessions.iter().map(|session| server.check(text(session, "access_token")) == 200).collect()
}

#[test]
fn the_oldest_session_goes_whatever_its_use() {
    let data = tempfile::tempdir().unwrap();
    let server = Running::configured(data.path(), "[sessions]\nmax = 2\noverflow = \"replace_oldest\"\n");
    let (a, b) = (signs_in(&server, "a", None), signs_in(&server, "b", None));
    assert_eq!(server.refresh(text(&a, "refresh_token")).status, 200);
    let c = signs_in(&server, "c", None);
    assert_eq!(live(&server, &[&a, &b, &c]), [false, true, true]);
}

#[test]
fn the_session_that_was_not_used_for_the_longest_goes_first() {
    let data = tempfile::tempdir().unwrap();
    let server = Running::configured(data.path(), "[sessions]\nmax = 2\noverflow = \"replace_idle_first\"\n");
    let (a, b) = (signs_in(&server, "a", None), signs_in(&server, "b", None));
    assert_eq!(server.refresh(text(&a, "refresh_token")).status, 200);
    let c = signs_in(&server, "c", None);
    assert_eq!(live(&server, &[&a, &b, &c]), [true, false, true]);
}

#[test]
fn one_more_is_refused_and_a_place_that_was_left_can_be_taken() {
    let data = tempfile::tempdir().unwrap();
    let server = Running::configured(data.path(), "[sessions]\nmax = 2\noverflow = \"refuse\"\n");
    let (a, b) = (signs_in(&server, "a", None), signs_in(&server, "b", None));
    let refused = tries(&server, "web", "c", None);
    assert_eq!((refused.status, refused.text_of("reason")), (409, "session_limit_reached"));
    assert_eq!((&refused.body["live_sessions"], &refused.body["session_limit"]), (&json!(2), &json!(2)));
    assert_eq!(live(&server, &[&a, &b]), [true, true]);
    server.revoke(&json!({"type": "device", "subject": "alice", "id": "a"}));
    signs_in(&server, "c", None);
    assert_eq!(tries(&server, "web", "d", None).status, 409);
}

#[test]
fn each_type_of_device_has_places_of_its_own() {
    let data = tempfile::tempdir().unwrap();
    let server = Running::configured(data.path(), "[sessions]\nmax = 1\nper = \"device_type\"\n");
    let phone = signs_in(&server, "a", Some("phone"));
    let tv = signs_in(&server, "b", Some("tv"));
    let unnamed = signs_in(&server, "c", None);
    assert_eq!(live(&server, &[&phone, &tv, &unnamed]), [true, true, true]);
    let other_tv = signs_in(&server, "d", Some("tv"));
    assert_eq!(live(&server, &[&phone, &tv, &unnamed, &other_tv]), [true, false, true, true]);
}

#[test]
fn a_client_can_have_a_limit_of_its_own_and_is_counted_apart_then() {
    let data = tempfile::tempdir().unwrap();
    let policies = "[sessions]\nmax = 1\noverflow = \"refuse\"\n\
                    [[client]]\nid = \"web\"\n[[client]]\nid = \"app\"\n\
                    [[client]]\nid = \"tv\"\n[client.sessions]\nmax = 2\noverflow = \"refuse\"\n";
    let server = Running::configured(data.path(), policies);
    let statuses = [("web", "a"), ("app", "b"), ("tv", "c"), ("tv", "d"), ("tv", "e")]
        .map(|(client, device)| tries(&server, client, device, None).status);
    assert_eq!(statuses, [201, 409, 201, 201, 409]);
}

#[test]
fn a_limit_that_is_lowered_over_a_restart_is_reached_at_the_next_sign_in() {
    let data = tempfile::tempdir().unwrap();
    let server = Running::dev(data.path());
    let sessions: Vec<_> = ["a", "b", "c", "d", "e"].map(|device| signs_in(&server, device, None)).into();
    server.stop();
    let server = Running::configured(data.path(), "[sessions]\nmax = 2\n");
    let all: Vec<_> = sessions.iter().collect();
    assert_eq!(live(&server, &all), [true; 5], "nobody is signed out by a restart");
    let newcomer = signs_in(&server, "f", None);
    assert_eq!(live(&server, &all), [false, false, false, false, true]);
    assert_eq!(live(&server, &[&newcomer]), [true]);
}

#[test]
fn sessions_that_are_over_take_no_place() {
    let data = tempfile::tempdir().unwrap();
    let server = Running::configured(data.path(), "[sessions]\nmax = 1\noverflow = \"refuse\"\n");
    let first = signs_in(&server, "a", None);
    assert_eq!(server.post_with("/v1/logout", text(&first, "access_token")).status, 200);
    signs_in(&server, "b", None);
    server.revoke(&json!({"type": "subject", "id": "alice"}));
    let third = signs_in(&server, "c", None);
    assert_eq!(live(&server, &[&third]), [true]);
}
