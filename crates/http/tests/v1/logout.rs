//! `POST /v1/logout`

use serde_json::json;

use crate::house::{House, text};

#[tokio::test]
async fn logging_out_ends_access_and_refresh_token_of_that_sign_in_and_no_other() {
    // S08
    let house = House::new().await;
    let (one, two) = (house.sign_in("alice").await, house.sign_in("alice").await);
    let token = text(&one["access_token"]);
    let reply = house.post("/v1/logout").bearer(&token).send().await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.json()["complete"], true);
    assert!(reply.json()["position"].is_u64());
    let refused = house.get("/auth/check").bearer(&token).send().await;
    assert_eq!((refused.status, refused.reason().as_str()), (401, "logged_out"));
    let refresh = text(&one["refresh_token"]);
    let form = [("grant_type", "refresh_token"), ("client_id", "web"), ("refresh_token", refresh.as_str())];
    let refused = house.post("/oauth/token").form(&form).send().await;
    assert_eq!((refused.status, refused.oauth_error().as_str()), (400, "invalid_grant"));
    assert_eq!(refused.json()["reason"], "logged_out");
    assert_eq!(house.check(&text(&two["access_token"])).await, 200);
}

#[tokio::test]
async fn a_bad_wait_is_refused_before_anything_is_done() {
    let house = House::new().await;
    let token = text(&house.sign_in("alice").await["access_token"]);
    let call = |body| house.post("/v1/logout").bearer(&token).json(&body).send();
    assert_eq!(call(json!({ "wait": "soon" })).await.status, 400);
    assert_eq!(call(json!({ "wait": "everywhere", "timeout_ms": 120_001 })).await.status, 400);
    assert_eq!(house.check(&token).await, 200);
    assert_eq!(call(json!({ "wait": "durable" })).await.status, 200);
    assert_eq!(call(json!({})).await.status, 401, "the token is over");
}

#[tokio::test]
async fn a_logout_everywhere_names_the_verifiers() {
    // Design section 3
    let house = House::new().await;
    let token = text(&house.sign_in("alice").await["access_token"]);
    let _silent = house.follower("silent", 1).await;
    let body = json!({ "wait": "everywhere", "timeout_ms": 0 });
    let reply = house.post("/v1/logout").bearer(&token).json(&body).send().await;
    assert_eq!((reply.status, reply.json()["complete"].clone()), (200, json!(false)));
    assert!(reply.json()["position"].is_u64(), "durable all the same");
    assert_eq!(reply.json()["pending"][0]["verifier"], "silent");
    assert_eq!(house.check(&token).await, 401);
}
