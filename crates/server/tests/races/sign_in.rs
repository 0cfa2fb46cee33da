//! Sign-ins against each other where there is no room for all (S23, S24), against a ban (S27) and against a change of the
//! password (S26, `as_of`).

use serde_json::{Value as Json, json};

use super::at_once;
use crate::process::answer::{Answer, text};
use crate::process::running::Running;

const POLICIES: &str = "
[[client]]
id = \"replacing\"
[client.sessions]
max = 2

[[client]]
id = \"refusing\"
[client.sessions]
max = 2
overflow = \"refuse\"

[[client]]
id = \"sharing\"
[client.sessions]
max = 1
overflow = \"share\"

[[client]]
id = \"web\"
";

const ROUNDS: usize = 24;
const AT_ONCE: usize = 6;

fn sign_in(server: &Running, client: &str, subject: &str, device: usize) -> Answer {
    let device = json!({"id": format!("device-{device}")});
    server.post("/v1/sessions", &json!({"subject": subject, "client_id": client, "device": device}))
}

/// The bodies of those that were let in; the others were refused with `reason`.
fn let_in<'a>(answers: &'a [Answer], reason: &str) -> Vec<&'a Json> {
    for answer in answers.iter().filter(|answer| answer.status != 201) {
        assert_eq!((answer.status, answer.text_of("reason")), (409, reason), "{answer:?}");
    }
    answers.iter().filter(|answer| answer.status == 201).map(|answer| &answer.body).collect()
}

/// How many different sessions of `opened` live. Checks and refreshes are of one mind about each.
fn living(server: &Running, client: &str, opened: &[&Json]) -> usize {
    let mut live: Vec<&str> = opened
        .iter()
        .filter(|session| {
            let accepted = server.check(text(session, "access_token")) == 200;
            let renewed = server.refresh_as(client, text(session, "refresh_token"));
            assert_eq!(renewed.status == 200, accepted, "{session}: {renewed:?}");
            accepted
        })
        .map(|session| text(session, "session_id"))
        .collect();
    live.sort_unstable();
    live.dedup();
    live.len()
}

/// `client` leaves room for so many: parallel sign-ins of one subject, round after round, never leave more.
fn limit_holds(server: &Running, client: &str, most: usize) {
    for round in 0..ROUNDS {
        let subject = format!("{client}-{round}");
        let racing = (0..AT_ONCE).map(|device| {
            let subject = &subject;
            Box::new(move || sign_in(server, client, subject, device))
                as Box<dyn FnOnce() -> Answer + Send + '_>
        });
        let answers = at_once(racing.collect());
        let opened = let_in(&answers, "session_limit_reached");
        let let_in = if client == "refusing" { most } else { AT_ONCE };
        assert_eq!(opened.len(), let_in, "{answers:?}");
        assert_eq!(living(server, client, &opened), most);
        let listed = server.get(&format!("/v1/sessions?subject={subject}&state=active")).body;
        assert_eq!(listed["items"].as_array().unwrap().len(), most, "{listed}");
    }
}

#[test]
fn of_sign_ins_at_the_limit_exactly_as_many_live_as_may() {
    let data = tempfile::tempdir().unwrap();
    let server = Running::configured(data.path(), POLICIES);
    limit_holds(&server, "replacing", 2);
    limit_holds(&server, "refusing", 2);
    limit_holds(&server, "sharing", 1);
}

/// Sign-ins of `subject` against one other call: what was opened, and the answer of that call.
fn against<'a>(
    sign_in: impl Fn(usize) -> Answer + Send + Sync + 'a,
    other: impl FnOnce() -> Answer + Send + 'a,
) -> Vec<Answer> {
    let sign_in = &sign_in;
    let mut racing: Vec<Box<dyn FnOnce() -> Answer + Send + '_>> = vec![Box::new(other)];
    racing.extend(
        (1..AT_ONCE)
            .map(|device| Box::new(move || sign_in(device)) as Box<dyn FnOnce() -> Answer + Send + '_>),
    );
    let mut answers = at_once(racing);
    let other = answers.remove(0);
    assert_eq!(other.status, 200, "{other:?}");
    answers
}

#[test]
fn of_sign_ins_against_a_ban_none_lives_once_it_is_acknowledged() {
    let data = tempfile::tempdir().unwrap();
    let server = Running::dev(data.path());
    for (round, service) in ["*", "web"].into_iter().cycle().take(ROUNDS).enumerate() {
        let subject = format!("banned-{round}");
        let answers = against(
            |device| sign_in(&server, "web", &subject, device),
            || server.put(&format!("/v1/subjects/{subject}/bans/{service}"), &json!({})),
        );
        assert_eq!(living(&server, "web", &let_in(&answers, "banned")), 0, "{answers:?}");
    }
}

#[test]
fn of_sign_ins_as_of_the_head_before_a_change_of_the_password_none_lives_once_it_is_acknowledged() {
    let data = tempfile::tempdir().unwrap();
    let server = Running::dev(data.path());
    for round in 0..ROUNDS {
        let subject = format!("subject-{round}");
        let head = server.get("/v1/head").body["position"].clone();
        let body = json!({"subject": subject, "client_id": "web", "as_of": head});
        let answers = against(
            |_| server.post("/v1/sessions", &body),
            || server.post("/v1/events", &json!({"type": "password_changed", "subject": subject})),
        );
        assert!(answers.iter().all(|answer| answer.status == 201), "{answers:?}");
        let opened: Vec<&Json> = answers.iter().map(|answer| &answer.body).collect();
        assert_eq!(living(&server, "web", &opened), 0, "{answers:?}");
    }
}
