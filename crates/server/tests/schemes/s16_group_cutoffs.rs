//! S16: any value of any claim is a group that one entry ends.

use std::time::Duration;

use serde_json::{Value as Json, json};

use super::clock::now;
use crate::process::answer::text;
use crate::process::running::Running;

fn sign_in(server: &Running, claims: &Json) -> Json {
    let body = json!({"subject": "alice", "client_id": "web", "claims": claims});
    let answer = server.post("/v1/sessions", &body);
    assert_eq!(answer.status, 201, "{answer:?}");
    answer.body
}

#[test]
fn a_tenant_a_role_among_several_and_a_client_are_one_entry_each() {
    let data = tempfile::tempdir().unwrap();
    let clients = "[[client]]\nid = \"web\"\n\n[[client]]\nid = \"app\"\n";
    let server = Running::configured(data.path(), clients);
    let t1 = sign_in(&server, &json!({"tenant": "t1", "roles": ["user"]}));
    let admin = sign_in(&server, &json!({"tenant": "t2", "roles": ["user", "admin"]}));
    let t2 = sign_in(&server, &json!({"tenant": "t2", "roles": ["user"]}));
    let app = server.post("/v1/sessions", &json!({"subject": "alice", "client_id": "app"})).body;
    let passes =
        || [&t1, &admin, &t2, &app].map(|session| server.check(text(session, "access_token")) == 200);
    assert_eq!(passes(), [true; 4]);

    server.revoke(&json!({"type": "claim", "name": "tenant", "value": "t1"}));
    assert_eq!(passes(), [false, true, true, true]);
    server.revoke(&json!({"type": "claim", "name": "roles", "value": "admin"}));
    assert_eq!(passes(), [false, false, true, true]);
    server.revoke(&json!({"type": "client", "id": "app"}));
    assert_eq!(passes(), [false, false, true, false]);

    assert_eq!(server.refresh(text(&t1, "refresh_token")).status, 400);
    assert_eq!(server.refresh(text(&t2, "refresh_token")).status, 200);
    let again = sign_in(&server, &json!({"tenant": "t1", "roles": ["admin"]}));
    assert_eq!(server.check(text(&again, "access_token")), 200, "issued after the entries");
}

#[test]
fn all_android_sessions_of_one_tenant_are_one_entry_about_a_claim_that_says_both() {
    // A group of two conditions is a claim of its own, as the backend that opens the session makes it.
    let data = tempfile::tempdir().unwrap();
    let server = Running::dev(data.path());
    let group = |tenant: &str, kind: &str| json!({"group": format!("{tenant}/{kind}")});
    let [android, iphone, other] = [("t1", "android"), ("t1", "iphone"), ("t2", "android")]
        .map(|(tenant, kind)| sign_in(&server, &group(tenant, kind)));
    server.revoke(&json!({"type": "claim", "name": "group", "value": "t1/android"}));
    let statuses = [&android, &iphone, &other].map(|session| server.check(text(session, "access_token")));
    assert_eq!(statuses, [401, 200, 200]);
}

#[test]
fn a_wide_refresh_that_is_spread_reaches_everybody_by_its_end_and_not_all_at_once() {
    let data = tempfile::tempdir().unwrap();
    let server = Running::dev(data.path());
    let people: Vec<_> = (0..30).map(|_| sign_in(&server, &json!({"roles": ["user"]}))).collect();
    let live = || people.iter().filter(|tokens| server.check(text(tokens, "access_token")) == 200).count();
    let target = json!({"type": "claim", "name": "roles", "value": "user"});
    let body = json!({"target": target, "effect": "refresh", "reason": "stale_claims", "spread_s": 10});
    let answer = server.post("/v1/revocations", &body);
    let end = now().plus(Duration::from_secs(10));
    assert_eq!(answer.status, 200, "{answer:?}");
    let (mut seen, mut between) = (people.len(), 0);
    while now() < end {
        let alive = live();
        assert!(alive <= seen, "who was reached stays reached");
        between += usize::from((1..people.len()).contains(&alive));
        seen = alive;
        std::thread::sleep(Duration::from_millis(100));
    }
    assert!(between > 1, "they were reached one after another");
    assert_eq!(live(), 0, "at the end of the spread everybody is reached");
    let renewed = server.refresh(text(&people[0], "refresh_token"));
    assert_eq!(server.check(text(&renewed.body, "access_token")), 200);
}
