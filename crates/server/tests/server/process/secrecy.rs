//! I13: no token, key or secret in anything the process writes, or says to somebody else.

use serde_json::json;

use super::answer::{Answer, text};
use super::running::{ADMIN_KEY, Running};

#[test]
fn no_secret_that_went_through_the_server_is_found_in_its_log_its_errors_or_its_metrics() {
    // Attack row 36: a canary in every place that a secret can come from.
    let data = tempfile::tempdir().unwrap();
    let server = Running::dev(data.path());
    let session = server.sign_in("alice");
    let (access, refresh) = (text(&session, "access_token"), text(&session, "refresh_token"));
    let canary = "canary-5e1f-0123456789abcdefghijklmnop";
    let created = server.post("/v1/credentials", &json!({"name": "support", "roles": ["support"]}));
    assert_eq!(created.status, 201, "{created:?}");
    let key = created.body.as_object().unwrap().values().filter_map(|value| value.as_str());
    let key = key.max_by_key(|text| text.len()).unwrap().to_owned();

    let said = provoke(&server, access, refresh, canary);
    server.revoke(&json!({"type": "token", "token": access}));
    let mut outputs = vec![server.log(), server.get("/metrics").text];
    outputs.extend(said.into_iter().map(|answer| format!("{answer:?}")));

    let signature = access.rsplit('.').next().unwrap();
    let payload = access.split('.').nth(1).unwrap();
    for secret in [access, refresh, signature, payload, refresh.get(8..40).unwrap(), ADMIN_KEY, &key, canary]
    {
        for output in &outputs {
            assert!(!output.contains(secret), "`{secret}` is in: {output}");
        }
    }
}

/// Requests that go wrong, each with something secret in it. What came back.
fn provoke(server: &Running, access: &str, refresh: &str, canary: &str) -> Vec<Answer> {
    let broken = format!("{access}x");
    let mut said = vec![
        server.get_with("/auth/check", &broken),
        server.get_with("/auth/check", canary),
        server.get_with("/v1/sessions", canary),
        server.get_with("/v1/me/sessions", &broken),
        server.refresh(&format!("{refresh}A")),
        server.refresh(canary),
        server
            .form("/oauth/token", &[("grant_type", canary), ("client_secret", canary), ("client_id", "web")]),
        server
            .form("/oauth/introspect", &[("token", access), ("client_secret", canary), ("client_id", "web")]),
        server.form("/oauth/revoke", &[("token", canary), ("client_id", canary)]),
        server.get(&format!("/auth/check?access_token={access}")),
    ];
    for body in [
        json!({"subject": "alice", "client_id": "web", canary: 1}),
        json!({"subject": 7, "client_id": canary}),
        json!({"target": {"type": "token", "token": broken}}),
        json!({"target": {"type": canary}}),
    ] {
        said.push(server.post("/v1/sessions", &body));
        said.push(server.post("/v1/revocations", &body));
    }
    said
}
