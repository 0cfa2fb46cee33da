//! `POST /v1/revocations`: what every target has in common.

use insta::assert_json_snapshot;
use serde_json::json;

use crate::house::{House, text};

const URI: &str = "/v1/revocations";

#[tokio::test]
async fn a_revocation_answers_with_its_place_and_is_enforced_by_then() {
    // Design, section 9: before any reply the answering server's own verifier has applied the position.
    let house = House::new().await;
    let token = text(&house.sign_in("alice").await["access_token"]);
    assert_eq!(house.check(&token).await, 200);
    let body = json!({ "target": { "type": "subject", "id": "alice" } });
    let reply = house.post(URI).admin().json(&body).send().await;
    assert_eq!(reply.status, 200);
    assert_eq!(house.check(&token).await, 401);
    assert_eq!(reply.json()["position"], house.verifier.watermark().number());
    assert_json_snapshot!(reply.json(), { ".position" => "[position]" });
}

#[tokio::test]
async fn a_dry_run_counts_and_does_nothing() {
    // S25
    let house = House::new().await;
    let token = text(&house.sign_in("alice").await["access_token"]);
    house.sign_in("alice").await;
    let head = house.get("/v1/head").admin().send().await.json();
    let body = json!({ "target": { "type": "subject", "id": "alice" }, "dry_run": true });
    let counted = house.revoke(body).await;
    assert_eq!((counted["position"].clone(), counted["matched_sessions"].clone()), (json!(null), json!(2)));
    assert_eq!(house.get("/v1/head").admin().send().await.json(), head);
    assert_eq!(house.check(&token).await, 200);
}

#[tokio::test]
async fn more_sessions_than_expected_stop_a_revocation() {
    let house = House::new().await;
    let token = text(&house.sign_in("alice").await["access_token"]);
    house.sign_in("alice").await;
    let revoke = |most: u64| {
        let body = json!({ "target": { "type": "subject", "id": "alice" }, "expect_max": most });
        house.post(URI).admin().json(&body).send()
    };
    let refused = revoke(1).await;
    assert_eq!(refused.status, 409);
    assert_json_snapshot!(refused.json());
    assert_eq!(house.check(&token).await, 200);
    let done = revoke(2).await;
    assert_eq!((done.status, done.json()["matched_sessions"].clone()), (200, json!(2)));
    assert_eq!(house.check(&token).await, 401);
}

#[tokio::test]
async fn a_revocation_that_is_sent_again_is_one_entry() {
    let house = House::new().await;
    let revoke = |subject: &str| {
        let body = json!({ "target": { "type": "subject", "id": subject } });
        house.post(URI).admin().header("idempotency-key", "ticket-9").json(&body).send()
    };
    let (first, again) = (revoke("alice").await, revoke("alice").await);
    assert_eq!((first.status, again.status), (200, 200));
    assert_eq!(first.json()["position"], again.json()["position"]);
    let other = revoke("bob").await;
    assert_eq!((other.status, other.reason().as_str()), (409, "idempotency_key_reused"));
    let bad = house.post(URI).admin().header("idempotency-key", "").json(&json!({})).send().await;
    assert_eq!((bad.status, bad.json()["field"].clone()), (400, json!("Idempotency-Key")));
}

#[tokio::test]
async fn a_spread_that_can_not_be_is_refused_before_anything_is_done() {
    let house = House::new().await;
    let target = json!({ "type": "subject", "id": "alice" });
    let asked = [
        json!({ "target": target, "spread_s": 60 }),
        json!({ "target": target, "effect": "refresh", "spread_s": 0 }),
        json!({ "target": target, "effect": "refresh", "spread_s": 100_000 }),
        json!({ "target": target, "effect": "refresh", "spread_s": "60" }),
        json!({ "target": { "type": "token", "id": "t1" }, "effect": "refresh", "spread_s": 60 }),
    ];
    let head = house.get("/v1/head").admin().send().await.json();
    for body in asked {
        let reply = house.post(URI).admin().json(&body).send().await;
        assert_eq!((reply.status, &reply.json()["field"]), (400, &json!("spread_s")), "{body}");
    }
    assert_eq!(house.get("/v1/head").admin().send().await.json(), head);
    let durable = json!({ "target": target, "wait": "durable", "timeout_ms": 5000 });
    assert_eq!(house.post(URI).admin().json(&durable).send().await.status, 200);
    let spread = json!({ "target": target, "effect": "refresh", "spread_s": 60 });
    assert_eq!(house.post(URI).admin().json(&spread).send().await.status, 200);
    assert_eq!(house.get(URI).admin().send().await.json()["items"][0]["spread_s"], 60);
}

#[tokio::test]
async fn a_stale_token_is_told_to_renew_and_an_ended_one_to_sign_in() {
    // S09, S26
    let house = House::new().await;
    let tokens = house.sign_in("alice").await;
    let token = text(&tokens["access_token"]);
    let target = json!({ "type": "subject", "id": "alice" });
    house.revoke(json!({ "target": target, "effect": "refresh", "reason": "stale_claims" })).await;
    let stale = house.get("/auth/check").bearer(&token).send().await;
    assert_eq!(stale.status, 401);
    assert_eq!(stale.json()["remedy"], "renew");
    assert_eq!(
        stale.header("www-authenticate"),
        r#"Bearer realm="quash", error="invalid_token", reason="stale_claims", remedy="renew""#
    );
    let refresh = text(&tokens["refresh_token"]);
    let form = [("grant_type", "refresh_token"), ("client_id", "web"), ("refresh_token", refresh.as_str())];
    let renewed = house.post("/oauth/token").form(&form).send().await;
    assert_eq!(renewed.status, 200, "the session lives");
    assert_eq!(house.check(&text(&renewed.json()["access_token"])).await, 200);
    house.revoke(json!({ "target": target, "reason": "password_changed" })).await;
    let ended = house.get("/auth/check").bearer(&token).send().await;
    assert_eq!(
        (ended.reason().as_str(), ended.json()["remedy"].clone()),
        ("password_changed", json!("sign_in"))
    );
}

#[tokio::test]
async fn an_exception_spares_one_session_and_has_to_name_exactly_one_thing() {
    // S14
    let house = House::new().await;
    let (one, two) = (house.sign_in("alice").await, house.sign_in("alice").await);
    let target = json!({ "type": "subject", "id": "alice" });
    for except in
        [json!({}), json!({ "sid": one["session_id"], "jti": "tok_1" }), json!({ "sid": null }), json!(null)]
    {
        let body = json!({ "target": target, "except": except });
        let reply = house.post(URI).admin().json(&body).send().await;
        assert_eq!(reply.status, 400, "a forgotten exception must not end the session that asks: {except}");
    }
    house.revoke(json!({ "target": target, "except": { "sid": one["session_id"] } })).await;
    assert_eq!(house.check(&text(&one["access_token"])).await, 200);
    assert_eq!(house.check(&text(&two["access_token"])).await, 401);
}

#[tokio::test]
async fn a_breach_window_hits_the_sign_ins_within_it() {
    // S15
    let house = House::new().await;
    let at = |at: &str| json!({ "subject": "alice", "client_id": "web", "authenticated_at": at });
    let before = house.sign_in_as(at("2027-01-15T07:00:00Z")).await;
    let within = house.sign_in_as(at("2027-01-15T07:30:00Z")).await;
    let window = json!({ "from": "2027-01-15T07:30:00Z", "to": "2027-01-15T07:45:00Z" });
    house
        .revoke(json!({ "target": { "type": "issuer", "id": "https://auth.example" }, "window": window }))
        .await;
    assert_eq!(house.check(&text(&before["access_token"])).await, 200);
    assert_eq!(house.check(&text(&within["access_token"])).await, 401);
    let future = json!({ "from": "2027-01-15T07:30:00Z", "to": "2027-01-15T08:30:00Z" });
    let body = json!({ "target": { "type": "issuer", "id": "https://auth.example" }, "window": future });
    let reply = house.post(URI).admin().json(&body).send().await;
    assert_eq!((reply.status, reply.reason().as_str()), (400, "invalid_field"));
}
