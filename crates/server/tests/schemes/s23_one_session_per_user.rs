//! S23: one session per user. A new sign-in replaces the old one or is refused; two devices do not knock each other out
//! for ever. The judgement is tested in `core::session::policy`, the transaction in the contract suite (`limits`).

use serde_json::{Value, json};

use crate::edge::authority::Authority;
use crate::edge::node::Plan;
use crate::process::answer::{Answer, text};
use crate::process::running::Running;

const REPLACE: &str = "[sessions]\nmax = 1\n";
const REFUSE: &str = "[sessions]\nmax = 1\noverflow = \"refuse\"\n";

fn tries(server: &Running, device: &str) -> Answer {
    let device = json!({"id": device, "name": format!("Alice's {device}")});
    server.post("/v1/sessions", &json!({"subject": "alice", "client_id": "web", "device": device}))
}

fn signs_in(server: &Running, device: &str) -> Value {
    let answer = tries(server, device);
    assert_eq!(answer.status, 201, "{answer:?}");
    answer.body
}

fn check(server: &Running, session: &Value) -> u16 {
    server.check(text(session, "access_token"))
}

/// Asserts that neither token of `session` does anything, and that its holder is told that `device` took its place.
fn assert_replaced(server: &Running, session: &Value, device: &str) {
    let checked = server.get_with("/auth/check", text(session, "access_token"));
    assert_eq!(checked.status, 401, "{checked:?}");
    assert_eq!((checked.text_of("reason"), checked.text_of("remedy")), ("replaced", "sign_in"));
    assert!(checked.header("www-authenticate").contains("reason=\"replaced\""), "{checked:?}");
    let renewed = server.refresh(text(session, "refresh_token"));
    assert_eq!((renewed.status, renewed.text_of("error")), (400, "invalid_grant"), "{renewed:?}");
    assert_eq!((renewed.text_of("reason"), renewed.text_of("remedy")), ("replaced", "sign_in"));
    let by = json!({"device_id": device, "device_name": format!("Alice's {device}")});
    assert_eq!(renewed.body["replaced_by"], by);
}

#[test]
fn a_new_sign_in_replaces_the_old_one_which_is_told_by_which_device() {
    let data = tempfile::tempdir().unwrap();
    let server = Running::configured(data.path(), REPLACE);
    let phone = signs_in(&server, "phone");
    let bystander = server.sign_in("bob");
    let laptop = signs_in(&server, "laptop");
    assert_replaced(&server, &phone, "laptop");
    assert_eq!((check(&server, &laptop), check(&server, &bystander)), (200, 200));
    let ended = server.get(&format!("/v1/sessions/{}", text(&phone, "session_id")));
    assert_eq!(ended.body["ended"]["replaced_by"]["device_id"], "laptop");
}

#[test]
fn a_replaced_device_that_keeps_renewing_does_not_knock_the_new_one_out() {
    let data = tempfile::tempdir().unwrap();
    let server = Running::configured(data.path(), REPLACE);
    let phone = signs_in(&server, "phone");
    let mut laptop = signs_in(&server, "laptop");
    for _ in 0..10 {
        assert_replaced(&server, &phone, "laptop");
        laptop = server.refresh(text(&laptop, "refresh_token")).body;
        assert_eq!(check(&server, &laptop), 200);
    }
    // Only a person who signs in takes the place back, and then the other device is told so.
    let phone = signs_in(&server, "phone");
    assert_replaced(&server, &laptop, "phone");
    assert_eq!(check(&server, &phone), 200);
}

#[test]
fn where_the_policy_refuses_the_live_session_stays_until_it_ends() {
    let data = tempfile::tempdir().unwrap();
    let server = Running::configured(data.path(), REFUSE);
    let phone = signs_in(&server, "phone");
    for _ in 0..5 {
        let refused = tries(&server, "laptop");
        assert_eq!((refused.status, refused.text_of("reason")), (409, "session_limit_reached"));
        let told = (&refused.body["live_sessions"], &refused.body["session_limit"]);
        assert_eq!(told, (&json!(1), &json!(1)));
        assert_eq!(check(&server, &phone), 200);
    }
    // The same device is not locked out by its own session.
    let again = signs_in(&server, "phone");
    assert_replaced(&server, &phone, "phone");
    assert_eq!(server.post_with("/v1/logout", text(&again, "access_token")).status, 200);
    let laptop = signs_in(&server, "laptop");
    assert_eq!(check(&server, &laptop), 200);
}

#[test]
fn a_restart_revives_nobody_and_the_limit_holds_after_it() {
    let data = tempfile::tempdir().unwrap();
    let server = Running::configured(data.path(), REPLACE);
    let phone = signs_in(&server, "phone");
    let laptop = signs_in(&server, "laptop");
    server.kill();
    let server = Running::configured(data.path(), REPLACE);
    assert_replaced(&server, &phone, "laptop");
    assert_eq!(check(&server, &laptop), 200);
    let tv = signs_in(&server, "tv");
    assert_replaced(&server, &laptop, "tv");
    assert_eq!(check(&server, &tv), 200);
}

#[test]
fn of_sign_ins_that_race_exactly_one_lives() {
    for (policy, opened) in [(REPLACE, 8), (REFUSE, 1)] {
        let data = tempfile::tempdir().unwrap();
        let server = Running::configured(data.path(), policy);
        let answers: Vec<Answer> = std::thread::scope(|scope| {
            let devices = ["a", "b", "c", "d", "e", "f", "g", "h"];
            let racing = devices.map(|device| scope.spawn(|| tries(&server, device)));
            racing.into_iter().map(|racing| racing.join().unwrap()).collect()
        });
        let sessions: Vec<_> = answers.iter().filter(|answer| answer.status == 201).collect();
        assert_eq!(sessions.len(), opened, "{answers:?}");
        let live = sessions.iter().filter(|session| check(&server, &session.body) == 200).count();
        assert_eq!(live, 1);
    }
}

#[test]
fn two_devices_can_share_the_session_and_neither_is_knocked_out() {
    let data = tempfile::tempdir().unwrap();
    let share = "[sessions]\nmax = 1\noverflow = \"share\"\n";
    let server = Running::configured(data.path(), share);
    let phone = signs_in(&server, "phone");
    let mut laptop = signs_in(&server, "laptop");
    for _ in 0..5 {
        assert_eq!((check(&server, &phone), check(&server, &laptop)), (200, 200));
        laptop = signs_in(&server, "laptop");
        assert_eq!(text(&laptop, "session_id"), text(&phone, "session_id"));
    }
    server.kill();
    let server = Running::configured(data.path(), share);
    for session in [&phone, &laptop] {
        assert_eq!(check(&server, session), 200);
        let renewed = server.refresh(text(session, "refresh_token"));
        assert_eq!(renewed.text_of("device_id"), text(session, "device_id"), "{renewed:?}");
    }
    // It is one session: whoever signs out ends it for both.
    assert_eq!(server.post_with("/v1/logout", text(&laptop, "access_token")).status, 200);
    assert_eq!((check(&server, &phone), check(&server, &laptop)), (401, 401));
}

#[test]
fn an_edge_refuses_what_was_replaced_from_memory_and_says_so() {
    let authority = Authority::configured(REPLACE);
    let edge = Plan::of("one", &authority).start();
    let phone = signs_in(authority.server(), "phone");
    edge.assert_accepts(text(&phone, "access_token"));
    let laptop = signs_in(authority.server(), "laptop");
    // Once everything up to this later entry is in force, what came before it is.
    assert_eq!(authority.revoke_everywhere("nobody", 30_000).body["complete"], true);
    let refused = edge.answer(text(&phone, "access_token"));
    assert_eq!(refused.status, 401, "{refused:?}");
    assert_eq!((refused.text_of("reason"), refused.text_of("remedy")), ("replaced", "sign_in"));
    edge.assert_accepts(text(&laptop, "access_token"));
}
