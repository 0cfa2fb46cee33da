//! A disk that takes no more: 503, nothing acknowledged, nothing lost.

use serde_json::json;

use super::answer::text;
use super::running::Running;

#[test]
fn a_full_disk_is_answered_with_503_and_never_with_an_acknowledgement() {
    // Threat model: failing open on a store error is the default elsewhere.
    let data = tempfile::tempdir().unwrap();
    let server = Running::start(data.path(), &["--dev"], Some(2_048));
    let session = server.sign_in("alice");
    let mut acknowledged = Vec::new();
    let refused = loop {
        let subject = format!("{}{}", "x".repeat(200), acknowledged.len());
        let answer = server.post("/v1/revocations", &json!({"target": {"type": "subject", "id": subject}}));
        if answer.status != 200 {
            break answer;
        }
        acknowledged.push(answer.body["position"].as_u64().unwrap());
        assert!(acknowledged.len() < 100_000, "the limit was never met");
    };
    assert_eq!(refused.status, 503, "{refused:?}");
    assert!(!refused.header("Retry-After").is_empty());
    assert_eq!(server.check(text(&session, "access_token")), 200, "checks need no disk");
    assert_eq!(server.refresh(text(&session, "refresh_token")).status, 503);
    server.kill();

    let server = Running::dev(data.path());
    let head = server.get("/v1/head").body["position"].as_u64().unwrap();
    assert!(head >= *acknowledged.last().unwrap());
    assert_eq!(server.refresh(text(&session, "refresh_token")).status, 200);
}
