//! A store that fails: 503 with `Retry-After`, and nothing acknowledged (I3; ory/fosite CVE-2020-15223).

use quash_authority::testing::WhenToFail;
use serde_json::json;

use crate::house::{Call, House, text};

struct Scene {
    house: House,
    access: String,
    refresh: String,
    session: String,
}

async fn scene() -> Scene {
    let house = House::new().await;
    let tokens = house.sign_in("alice").await;
    let [access, refresh, session] =
        ["access_token", "refresh_token", "session_id"].map(|name| text(&tokens[name]));
    Scene { house, access, refresh, session }
}

/// Every call that reads or writes the store.
fn calls(scene: &Scene) -> Vec<(&'static str, Call)> {
    let Scene { house, access, refresh, session } = scene;
    let renew = [("grant_type", "refresh_token"), ("client_id", "web"), ("refresh_token", refresh.as_str())];
    let session = format!("/v1/sessions/{session}");
    vec![
        (
            "sign in",
            house.post("/v1/sessions").admin().json(&json!({ "subject": "bob", "client_id": "web" })),
        ),
        ("list", house.get("/v1/sessions").admin()),
        ("one", house.get(&session).admin()),
        ("join", house.post(&format!("{session}/clients")).admin().json(&json!({ "client_id": "shop" }))),
        ("refresh", house.post("/oauth/token").form(&renew)),
        ("client token", house.post("/oauth/token").shop().form(&[("grant_type", "client_credentials")])),
        ("give back refresh", house.post("/oauth/revoke").form(&[("client_id", "web"), ("token", refresh)])),
        ("introspect refresh", house.post("/oauth/introspect").shop().form(&[("token", refresh)])),
        ("head", house.get("/v1/head").admin()),
        ("revocations", house.get("/v1/revocations").admin()),
        (
            "revoke",
            house
                .post("/v1/revocations")
                .admin()
                .json(&json!({ "target": { "type": "subject", "id": "alice" } })),
        ),
        ("mine", house.get("/v1/me/sessions").bearer(access)),
        ("end others", house.delete("/v1/me/sessions?except=current").bearer(access)),
        ("give back access", house.post("/oauth/revoke").form(&[("client_id", "web"), ("token", access)])),
        ("end", house.delete(&session).admin()),
        ("log out", house.post("/v1/logout").bearer(access)),
        (
            "report activity",
            house.post("/v1/activity").admin().json(&json!({ "sessions": [
                { "sid": "ses_0", "client_id": "web", "at": "2027-01-15T08:00:00Z" },
            ] })),
        ),
        ("rotate", house.post("/v1/keys/rotate").admin()),
        ("credentials", house.get("/v1/credentials").admin()),
        (
            "new credential",
            house.post("/v1/credentials").admin().json(&json!({ "name": "x", "roles": ["auditor"] })),
        ),
        ("no credential", house.delete("/v1/credentials/cred_0").admin()),
    ]
}

#[tokio::test]
async fn every_call_answers_503_and_says_when_to_come_back() {
    let scene = scene().await;
    scene.house.store.fail(WhenToFail::Always);
    for (name, call) in calls(&scene) {
        let reply = call.send().await;
        assert_eq!(reply.status, 503, "{name}: {}", reply.text());
        assert_eq!(reply.header("retry-after"), "1", "{name}");
        assert!(!reply.text().contains("told to fail"), "{name}: the store's own words stay inside");
    }
    scene.house.store.fail(WhenToFail::Never);
    assert_eq!(scene.house.check(&scene.access).await, 200, "nothing was done");
}

#[tokio::test]
async fn a_lost_acknowledgement_is_a_503_and_the_same_request_again_succeeds() {
    // The change may have happened; repeating it with the same key makes it one change.
    let house = House::new().await;
    let token = text(&house.sign_in("alice").await["access_token"]);
    let body = json!({ "target": { "type": "subject", "id": "alice" } });
    let revoke = || house.post("/v1/revocations").admin().header("idempotency-key", "k").json(&body).send();
    house.store.fail(WhenToFail::After(0));
    assert_eq!(revoke().await.status, 503);
    house.store.fail(WhenToFail::Never);
    let done = revoke().await;
    assert_eq!(done.status, 200);
    assert_eq!(house.check(&token).await, 401);
    let entries = house.get("/v1/revocations").admin().send().await.json()["items"].clone();
    assert_eq!(entries.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn checks_go_on_without_the_store_and_a_revoked_token_stays_refused() {
    let house = House::new().await;
    let (alice, bob) = (house.sign_in("alice").await, house.sign_in("bob").await);
    house.revoke(json!({ "target": { "type": "subject", "id": "bob" } })).await;
    house.store.fail(WhenToFail::Always);
    assert_eq!(house.check(&text(&alice["access_token"])).await, 200);
    assert_eq!(house.check(&text(&bob["access_token"])).await, 401);
    assert_eq!(house.store.calls(), 0, "no store read on the request path");
}
