//! S15: one entry ends everything that an issuer issued before it, or what was signed in within a time span.

use std::time::Duration;

use serde_json::json;

use super::clock::{now, rfc3339};
use crate::process::answer::text;
use crate::process::running::Running;

#[test]
fn one_entry_ends_everything_issued_before_it() {
    let data = tempfile::tempdir().unwrap();
    let server = Running::dev(data.path());
    let before: Vec<_> = ["alice", "bob", "carol"].map(|subject| server.sign_in(subject)).into();
    let head = server.get("/v1/head").body["position"].as_u64().unwrap();

    let revoked = server.revoke(&json!({"type": "issuer"}));

    assert_eq!(revoked.body["position"], json!(head + 1), "one entry");
    for session in &before {
        assert_eq!(server.check(text(session, "access_token")), 401);
        assert_eq!(server.refresh(text(session, "refresh_token")).status, 400);
    }
    let after = server.sign_in("alice");
    assert_eq!(server.check(text(&after, "access_token")), 200);
    assert_eq!(server.refresh(text(&after, "refresh_token")).status, 200);
}

#[test]
fn a_breach_window_ends_who_signed_in_within_it_and_nobody_else() {
    let data = tempfile::tempdir().unwrap();
    let server = Running::dev(data.path());
    let now = now();
    let signed_in = |ago: u64| {
        let at = rfc3339(now.seconds() - ago);
        let body = json!({"subject": "alice", "client_id": "web", "authenticated_at": at});
        let answer = server.post("/v1/sessions", &body);
        assert_eq!(answer.status, 201, "{answer:?}");
        answer.body
    };
    let [early, first, last, late] = [601, 600, 300, 299].map(signed_in);
    let at = |ago: u64| rfc3339(now.minus(Duration::from_secs(ago)).seconds());
    let body = json!({
        "target": {"type": "issuer"}, "window": {"from": at(600), "to": at(300)}, "reason": "breach",
    });
    assert_eq!(server.post("/v1/revocations", &body).status, 200);

    for (session, status) in [(&early, 200), (&first, 401), (&last, 401), (&late, 200)] {
        assert_eq!(server.check(text(session, "access_token")), status, "{session}");
        let renewed = server.refresh(text(session, "refresh_token")).status;
        assert_eq!(renewed == 200, status == 200, "{session}");
    }
}
