//! `POST /v1/revocations`: each of the eight targets, and nothing beside what it names.

use std::time::Duration;

use serde_json::{Value, json};

use crate::house::{House, ISSUER, text};

struct Two {
    house: House,
    hit: Value,
    spared: Value,
}

/// Two sign-ins that differ in everything that a target can name.
async fn two() -> Two {
    let house = House::new().await;
    let sign_in = |subject: &str, client: &str, device: &str, tenant: &str| {
        json!({
            "subject": subject, "client_id": client, "device": { "id": device }, "claims": { "tenant": tenant },
        })
    };
    let hit = house.sign_in_as(sign_in("alice", "web", "phone", "t1")).await;
    let spared = house.sign_in_as(sign_in("bob", "shop", "phone", "t2")).await;
    Two { house, hit, spared }
}

async fn claims(house: &House, token: &Value) -> Value {
    let token = text(token);
    house.post("/oauth/introspect").admin().form(&[("token", &token)]).send().await.json()
}

async fn hits_one(two: &Two, target: Value) {
    two.house.revoke(json!({ "target": target })).await;
    assert_eq!(two.house.check(&text(&two.hit["access_token"])).await, 401, "{target}");
    assert_eq!(two.house.check(&text(&two.spared["access_token"])).await, 200, "{target}");
}

#[tokio::test]
async fn a_token_is_hit_by_its_id() {
    // S10
    let two = two().await;
    let jti = claims(&two.house, &two.hit["access_token"]).await["jti"].clone();
    hits_one(&two, json!({ "type": "token", "id": jti })).await;
}

#[tokio::test]
async fn a_token_is_hit_by_its_own_text_and_the_entry_is_gone_with_it() {
    // S10: the entry lives to the token's `exp` and the largest leeway.
    let two = two().await;
    hits_one(&two, json!({ "type": "token", "token": two.hit["access_token"] })).await;
    let listed = two.house.get("/v1/revocations").admin().send().await.json();
    let entry = &listed["items"][0];
    assert_eq!(entry["target"]["type"], "token");
    assert_eq!(entry["retain_until"], "2027-01-15T08:11:00Z", "600 s of life and 60 s of leeway");
    two.house.clock.advance(Duration::from_secs(660));
    two.house.authority.maintain().await.unwrap();
    assert_eq!(two.house.verifier.live_entries(), 0);
}

#[tokio::test]
async fn a_session_is_hit() {
    let two = two().await;
    hits_one(&two, json!({ "type": "session", "id": two.hit["session_id"], "issuer": ISSUER })).await;
}

#[tokio::test]
async fn a_subject_is_hit() {
    // S13
    let two = two().await;
    hits_one(&two, json!({ "type": "subject", "id": "alice" })).await;
}

#[tokio::test]
async fn a_device_of_a_subject_is_hit_and_not_the_same_device_of_another() {
    // S32: both devices have the same id.
    let two = two().await;
    hits_one(&two, json!({ "type": "device", "subject": "alice", "id": "phone" })).await;
}

#[tokio::test]
async fn a_client_is_hit() {
    let two = two().await;
    hits_one(&two, json!({ "type": "client", "id": "web" })).await;
}

#[tokio::test]
async fn a_claim_value_is_hit() {
    // S16
    let two = two().await;
    hits_one(&two, json!({ "type": "claim", "name": "tenant", "value": "t1" })).await;
}

#[tokio::test]
async fn a_key_is_hit_and_one_that_was_made_after_is_not() {
    // S21
    let Two { house, hit, .. } = two().await;
    let rotated = house.post("/v1/keys/rotate").admin().send().await.json();
    let spared = house.sign_in("carol").await;
    hits_one(&Two { house, hit, spared }, json!({ "type": "key", "id": rotated["retired"] })).await;
}

#[tokio::test]
async fn a_whole_issuer_is_hit_and_a_sign_in_of_the_same_second_passes() {
    // S15
    let named = [json!({}), json!({ "id": ISSUER }), json!({ "issuer": ISSUER })];
    for mut target in named {
        let Two { house, hit, spared } = two().await;
        target["type"] = json!("issuer");
        house.revoke(json!({ "target": target })).await;
        for reply in [hit, spared] {
            assert_eq!(house.check(&text(&reply["access_token"])).await, 401, "{target}");
        }
        assert_eq!(house.check(&text(&house.sign_in("alice").await["access_token"])).await, 200);
    }
}

#[tokio::test]
async fn a_target_takes_its_own_fields_and_no_others() {
    let house = House::new().await;
    let cases = [
        (json!({ "type": "planet", "id": "x" }), "target.type"),
        (json!({ "type": "subject" }), "target.id"),
        (json!({ "type": "subject", "id": "a", "name": "b" }), "target.name"),
        (json!({ "type": "device", "id": "a" }), "target.subject"),
        (json!({ "type": "claim", "name": "a" }), "target.value"),
        (json!({ "type": "claim", "name": "a", "value": 1 }), "target.value"),
        (json!({ "type": "claim", "name": "sub", "value": "a" }), "target.name"),
        (json!({ "type": "token" }), "target.id"),
        (json!({ "type": "token", "id": "a", "token": "b" }), "target.token"),
        (json!({ "type": "token", "token": "a.b.c" }), "target.token"),
        (json!({ "type": "session", "id": "a", "expires_at": "2027-02-01T00:00:00Z" }), "target.expires_at"),
        (json!({ "type": "subject", "id": "a", "issuer": "https://unknown.example" }), "target.issuer"),
        (json!("alice"), "target"),
    ];
    for (target, field) in cases {
        let reply = house.post("/v1/revocations").admin().json(&json!({ "target": target })).send().await;
        assert_eq!(reply.status, 400, "{target}");
        assert_eq!(reply.json()["field"], field, "{target}: {}", reply.text());
    }
}
