//! `POST /v1/sessions`

use insta::assert_json_snapshot;
use serde_json::json;

use crate::house::{House, text};

#[tokio::test]
async fn a_backend_opens_a_session_and_gets_a_token_pair() {
    let house = House::new().await;
    let body = json!({
        "subject": "alice",
        "client_id": "web",
        "device": { "id": "phone-1", "name": "Alice's phone", "type": "phone" },
        "ip": "192.0.2.7",
        "user_agent": "Browser/1.0",
        "scope": "read write",
        "amr": ["pwd", "otp"],
        "claims": { "tenant": "t1", "roles": ["editor"] },
        "lifetimes": { "idle_seconds": 3600 },
        "authenticated_at": "2027-01-15T07:59:00Z",
    });
    let reply = house.post("/v1/sessions").admin().json(&body).send().await;
    assert_eq!(reply.status, 201);
    assert_eq!(reply.header("cache-control"), "no-store");
    let session = text(&reply.json()["session_id"]);
    assert_eq!(reply.header("location"), format!("/v1/sessions/{session}"));
    assert_json_snapshot!(reply.json(), { ".access_token" => "[token]", ".refresh_token" => "[token]" });
    assert_eq!(house.check(&text(&reply.json()["access_token"])).await, 200);
}

#[tokio::test]
async fn a_device_id_is_minted_where_none_is_given() {
    let house = House::new().await;
    let reply = house.sign_in("alice").await;
    assert!(text(&reply["device_id"]).starts_with("dev_"));
    assert!(text(&reply["session_id"]).starts_with("ses_"));
}

#[tokio::test]
async fn a_request_that_is_sent_again_opens_one_session() {
    let house = House::new().await;
    let open = |subject: &str| {
        let body = json!({ "subject": subject, "client_id": "web" });
        house.post("/v1/sessions").admin().header("idempotency-key", "sign-in 17").json(&body).send()
    };
    let first = open("alice").await;
    let again = open("alice").await;
    assert_eq!((first.status, again.status), (201, 201));
    assert_eq!(first.json()["session_id"], again.json()["session_id"]);
    assert_eq!(first.json()["refresh_token"], again.json()["refresh_token"]);
    let other = open("bob").await;
    assert_eq!(other.status, 409);
    assert_json_snapshot!(other.json());
}

#[tokio::test]
async fn a_request_that_is_sent_again_after_its_session_ended_is_told_so() {
    let house = House::new().await;
    let body = json!({ "subject": "alice", "client_id": "web" });
    let open = || house.post("/v1/sessions").admin().header("idempotency-key", "k").json(&body).send();
    let session = text(&open().await.json()["session_id"]);
    house.revoke(json!({ "target": { "type": "session", "id": session }, "reason": "kicked" })).await;
    let again = open().await;
    assert_eq!(again.status, 409);
    assert_eq!(
        (again.reason().as_str(), again.json()["session_reason"].clone()),
        ("session_over", json!("kicked"))
    );
}

#[tokio::test]
async fn a_password_change_between_the_head_and_the_sign_in_hits_the_new_session() {
    // Design, section 2: `as_of` is read before the password is checked.
    let house = House::new().await;
    let head = house.get("/v1/head").admin().send().await.json()["position"].clone();
    house
        .revoke(json!({ "target": { "type": "subject", "id": "alice" }, "reason": "password_changed" }))
        .await;
    let early = house.sign_in_as(json!({ "subject": "alice", "client_id": "web", "as_of": head })).await;
    let late = house.sign_in("alice").await;
    assert_eq!(house.check(&text(&early["access_token"])).await, 401);
    assert_eq!(house.check(&text(&late["access_token"])).await, 200, "same second, after the change (S14)");
}

#[tokio::test]
async fn what_a_use_case_refuses_names_its_field() {
    let house = House::new().await;
    let refused = [
        ("client_id", json!({ "subject": "a", "client_id": "nobody" })),
        ("as_of", json!({ "subject": "a", "client_id": "web", "as_of": 9_007_199_254_740_991_u64 })),
        ("claims.sub", json!({ "subject": "a", "client_id": "web", "claims": { "sub": "bob" } })),
        ("scope", json!({ "subject": "a", "client_id": "shop", "scope": "admin" })),
        (
            "lifetimes.idle_seconds",
            json!({ "subject": "a", "client_id": "web", "lifetimes": { "idle_seconds": 99_999_999 } }),
        ),
        (
            "authenticated_at",
            json!({ "subject": "a", "client_id": "web", "authenticated_at": "2027-01-15T09:00:00Z" }),
        ),
    ];
    for (field, body) in refused {
        let reply = house.post("/v1/sessions").admin().json(&body).send().await;
        assert_eq!(reply.status, 400, "{body}");
        assert_eq!((reply.reason().as_str(), reply.json()["field"].clone()), ("invalid_field", json!(field)));
    }
}
