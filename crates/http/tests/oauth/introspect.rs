//! `POST /oauth/introspect` (RFC 7662)

use std::time::Duration;

use insta::assert_json_snapshot;
use quash_authority::testing::WhenToFail;
use serde_json::json;

use crate::house::{House, Reply, spoiled, text};

const URI: &str = "/oauth/introspect";
const INACTIVE: &str = r#"{"active":false}"#;

async fn ask(house: &House, token: &str) -> Reply {
    house.post(URI).shop().form(&[("token", token)]).send().await
}

#[tokio::test]
async fn an_access_token_is_told_with_all_its_claims() {
    let house = House::new().await;
    let body = json!({
        "subject": "alice", "client_id": "web", "scope": "read", "amr": ["pwd"], "claims": { "tenant": "t1", "active": false },
    });
    let tokens = house.sign_in_as(body).await;
    let reply = ask(&house, &text(&tokens["access_token"])).await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("cache-control"), "no-store");
    assert_json_snapshot!(reply.json(), { ".pos" => "[position]" });
}

#[tokio::test]
async fn a_refresh_token_is_told_too() {
    let house = House::new().await;
    let tokens = house.sign_in("alice").await;
    let reply = ask(&house, &text(&tokens["refresh_token"])).await;
    assert_eq!(reply.status, 200);
    assert_json_snapshot!(reply.json());
}

#[tokio::test]
async fn whatever_may_not_be_used_is_inactive_and_nothing_else_is_said() {
    // RFC 7662 section 2.2
    let house = House::new().await;
    let tokens = house.sign_in("alice").await;
    let (access, refresh) = (text(&tokens["access_token"]), text(&tokens["refresh_token"]));
    for token in ["x", "a.b.c", "qrt_x", &spoiled(&access), &spoiled(&refresh)] {
        assert_eq!(ask(&house, token).await.text(), INACTIVE, "{token}");
    }
    house.revoke(json!({ "target": { "type": "session", "id": tokens["session_id"] } })).await;
    for token in [&access, &refresh] {
        let reply = ask(&house, token).await;
        assert_eq!((reply.status, reply.text()), (200, INACTIVE), "revoked");
    }
    let later = text(&house.sign_in("alice").await["access_token"]);
    house.clock.advance(Duration::from_secs(600));
    assert_eq!(ask(&house, &later).await.text(), INACTIVE, "expired on `exp` exactly");
}

#[tokio::test]
async fn clients_with_a_secret_and_verifier_credentials_may_ask_and_nobody_else() {
    // RFC 7662 section 2.1
    let house = House::new().await;
    let token = text(&house.sign_in("alice").await["access_token"]);
    let key = house.key_of("verifier").await;
    let reply = house.post(URI).bearer(&key).form(&[("token", &token)]).send().await;
    assert_eq!((reply.status, reply.json()["active"].clone()), (200, json!(true)));

    let issuer = house.key_of("issuer").await;
    let reply = house.post(URI).bearer(&issuer).form(&[("token", &token)]).send().await;
    assert_eq!((reply.status, reply.oauth_error().as_str()), (403, "access_denied"));

    let public = [("client_id", "web"), ("token", token.as_str())];
    let calls = [
        house.post(URI).form(&public),
        house.post(URI).form(&public[1..]),
        house.post(URI).bearer(&token).form(&public[1..]),
    ];
    for call in calls {
        let reply = call.send().await;
        assert_eq!((reply.status, reply.oauth_error().as_str()), (401, "invalid_client"));
    }
}

#[tokio::test]
async fn to_a_credential_for_one_client_the_tokens_of_others_are_inactive() {
    // Attack row 37
    let house = House::new().await;
    let body = json!({ "name": "gateway", "roles": ["verifier"], "client_id": "shop" });
    let key = text(&house.post("/v1/credentials").admin().json(&body).send().await.json()["key"]);
    let tokens = house.sign_in("alice").await;
    for name in ["access_token", "refresh_token"] {
        let reply = house.post(URI).bearer(&key).form(&[("token", &text(&tokens[name]))]).send().await;
        assert_eq!((reply.status, reply.text()), (200, INACTIVE), "{name}");
    }
    let own = house.sign_in_as(json!({ "subject": "alice", "client_id": "shop" })).await;
    for name in ["access_token", "refresh_token"] {
        let reply = house.post(URI).bearer(&key).form(&[("token", &text(&own[name]))]).send().await;
        assert_eq!((reply.status, reply.json()["active"].clone()), (200, json!(true)), "{name}");
    }
}

#[tokio::test]
async fn an_access_token_is_answered_for_without_the_store() {
    let house = House::new().await;
    let tokens = house.sign_in("alice").await;
    house.store.fail(WhenToFail::Always);
    let reply = ask(&house, &text(&tokens["access_token"])).await;
    assert_eq!((reply.status, reply.json()["active"].clone()), (200, json!(true)));
    assert_eq!(house.store.calls(), 0);
    let reply = ask(&house, &text(&tokens["refresh_token"])).await;
    assert_eq!((reply.status, reply.oauth_error().as_str()), (503, "temporarily_unavailable"));
}
