//! S25: an administrator forces a sign-out: each target, now or later, once or again and again.

use std::time::Duration;

use serde_json::{Value as Json, json};

use super::clock;
use crate::process::answer::text;
use crate::process::running::Running;

/// A sign-in with everything that an entry can name.
fn sign_in(server: &Running, subject: &str) -> Json {
    let body = json!({
        "subject": subject, "client_id": "web", "claims": {"tenant": "blue"}, "device": {"id": "phone", "name": "A phone"},
    });
    server.post("/v1/sessions", &body).body
}

#[test]
fn every_target_is_counted_and_then_signed_out_with_reason_and_actor() {
    let data = tempfile::tempdir().unwrap();
    let server = Running::dev(data.path());
    let targets = |of: &Json| {
        [
            json!({"type": "token", "token": text(of, "access_token")}),
            json!({"type": "session", "id": text(of, "session_id")}),
            json!({"type": "device", "subject": "alice", "id": "phone"}),
            json!({"type": "subject", "id": "alice"}),
            json!({"type": "client", "id": "web"}),
            json!({"type": "claim", "name": "tenant", "value": "blue"}),
            json!({"type": "issuer"}),
        ]
    };
    for place in 0..7 {
        let alice = sign_in(&server, "alice");
        let target = &targets(&alice)[place];
        let counted = server.post("/v1/revocations", &json!({"target": target, "dry_run": true}));
        // One token is no session.
        let expected = u64::from(place > 0);
        assert_eq!(counted.body["matched_sessions"], expected, "{target}");
        assert_eq!(server.check(text(&alice, "access_token")), 200, "{target}");
        let made = server.post("/v1/revocations", &json!({"target": target, "reason": "forced"}));
        let refused = server.get_with("/auth/check", text(&alice, "access_token"));
        assert_eq!((refused.status, refused.text_of("reason")), (401, "forced"), "{target}");
        let entry = &server.get("/v1/revocations?limit=1").body["items"][0];
        assert_eq!((&entry["position"], &entry["reason"]), (&made.body["position"], &json!("forced")));
        assert!(!text(entry, "actor").is_empty());
        // What lives on is not to be counted with the next one.
        server.revoke(&json!({"type": "subject", "id": "alice"}));
    }
}

#[test]
fn a_sign_out_that_is_scheduled_is_made_once_though_the_server_was_down_when_it_was_due() {
    let data = tempfile::tempdir().unwrap();
    let server = Running::dev(data.path());
    let alice = server.sign_in("alice");
    let token = text(&alice, "access_token");
    let target = json!({"type": "subject", "id": "alice"});
    let due = clock::now().seconds() + 2;
    let made = server
        .post("/v1/revocations", &json!({"target": target, "at": clock::rfc3339(due), "reason": "moved"}));
    assert_eq!((made.status, &made.body["position"]), (200, &Json::Null), "{made:?}");
    let recurring =
        json!({"target": target, "at": clock::rfc3339(due), "every_seconds": 3_600, "reason": "nightly"});
    assert_eq!(server.post("/v1/schedules", &recurring).status, 201);
    server.kill();
    while clock::now().seconds() < due {
        std::thread::sleep(Duration::from_millis(20));
    }
    let server = Running::dev(data.path());
    while server.get("/v1/schedules").body["items"].as_array().unwrap().len() > 1
        || server.get("/v1/revocations").body["items"].as_array().unwrap().len() < 2
    {
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(server.check(token), 401);
    let schedules = server.get("/v1/schedules").body["items"].clone();
    assert_eq!(schedules[0]["due_at"], json!(clock::rfc3339(due + 3_600)), "the other is over");

    // Neither is made twice, whoever starts again.
    server.kill();
    let server = Running::dev(data.path());
    let id = text(&schedules[0], "id");
    assert_eq!(server.delete(&format!("/v1/schedules/{id}")), 200);
    let entries = server.get("/v1/revocations").body["items"].clone();
    let reasons: Vec<&str> = entries.as_array().unwrap().iter().map(|entry| text(entry, "reason")).collect();
    assert_eq!(reasons.len(), 2, "{entries}");
    assert!(reasons.contains(&"moved") && reasons.contains(&"nightly"));
    assert_eq!(server.check(text(&server.sign_in("alice"), "access_token")), 200);
}
