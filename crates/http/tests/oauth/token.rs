//! `POST /oauth/token`

use std::time::Duration;

use insta::assert_json_snapshot;
use serde_json::{Value, json};

use crate::house::{House, Reply, spoiled, text};

async fn refresh(house: &House, token: &Value) -> Reply {
    let token = text(token);
    let form = [("grant_type", "refresh_token"), ("client_id", "web"), ("refresh_token", token.as_str())];
    house.post("/oauth/token").form(&form).send().await
}

#[tokio::test]
async fn a_refresh_token_is_used_with_its_public_client_and_no_secret() {
    // RFC 6749 sections 5.1 and 6
    let house = House::new().await;
    let first = house.sign_in("alice").await;
    let reply = refresh(&house, &first["refresh_token"]).await;
    assert_eq!(reply.status, 200);
    assert_eq!((reply.header("cache-control"), reply.header("pragma")), ("no-store", "no-cache"));
    assert_json_snapshot!(reply.json(), { ".access_token" => "[token]", ".refresh_token" => "[token]" });
    assert_eq!(reply.json()["session_id"], first["session_id"]);
    assert_ne!(reply.json()["refresh_token"], first["refresh_token"]);
    assert_eq!(house.check(&text(&reply.json()["access_token"])).await, 200);
    assert_eq!(house.check(&text(&first["access_token"])).await, 200, "parallel requests still use it");
}

#[tokio::test]
async fn a_lost_reply_gets_the_same_successor_again_and_a_late_use_ends_the_session() {
    // S02, S03
    let house = House::new().await;
    let first = house.sign_in("alice").await;
    let one = refresh(&house, &first["refresh_token"]).await.json();
    house.clock.advance(Duration::from_millis(29_999));
    let again = refresh(&house, &first["refresh_token"]).await.json();
    assert_eq!(one["refresh_token"], again["refresh_token"]);
    house.clock.advance(Duration::from_millis(1));
    let theft = refresh(&house, &first["refresh_token"]).await;
    assert_eq!(theft.status, 400);
    assert_json_snapshot!(theft.json());
    let after = refresh(&house, &one["refresh_token"]).await;
    assert_eq!((after.status, after.json()["reason"].clone()), (400, json!("refresh_reuse")));
    assert_eq!(house.check(&text(&one["access_token"])).await, 401);
}

#[tokio::test]
async fn every_end_of_a_session_is_told_by_name() {
    // S09
    let house = House::new().await;
    let sign_in = || async {
        let body = json!({ "subject": "alice", "client_id": "web", "lifetimes": { "idle_seconds": 60, "absolute_seconds": 90 } });
        house.sign_in_as(body).await
    };
    let idle = sign_in().await;
    house.clock.advance(Duration::from_secs(60));
    assert_eq!(refresh(&house, &idle["refresh_token"]).await.json()["reason"], "idle");
    let absolute = sign_in().await;
    house.clock.advance(Duration::from_secs(45));
    let renewed = refresh(&house, &absolute["refresh_token"]).await.json();
    house.clock.advance(Duration::from_secs(45));
    let over = refresh(&house, &renewed["refresh_token"]).await;
    assert_eq!(
        (over.json()["reason"].clone(), over.json()["remedy"].clone()),
        (json!("absolute_limit"), json!("sign_in"))
    );
    let cut = sign_in().await;
    house.revoke(json!({ "target": { "type": "subject", "id": "alice" }, "reason": "banned" })).await;
    assert_eq!(refresh(&house, &cut["refresh_token"]).await.json()["reason"], "banned");
}

#[tokio::test]
async fn a_refresh_token_of_another_client_or_of_nobody_is_refused_alike() {
    let house = House::new().await;
    let token = text(&house.sign_in("alice").await["refresh_token"]);
    let form = [("grant_type", "refresh_token"), ("refresh_token", token.as_str())];
    let others = house.post("/oauth/token").shop().form(&form).send().await;
    let forged = refresh(&house, &json!(spoiled(&token))).await;
    let nonsense = refresh(&house, &json!("qrt_")).await;
    for reply in [&others, &forged, &nonsense] {
        assert_eq!((reply.status, reply.oauth_error().as_str()), (400, "invalid_grant"));
        assert_eq!(reply.json()["reason"], "invalid_token");
    }
    assert_eq!(others.text(), forged.text());
}

#[tokio::test]
async fn a_client_gets_a_token_of_its_own() {
    // RFC 6749 section 4.4: no refresh token.
    let house = House::new().await;
    let reply = house.post("/oauth/token").shop().form(&[("grant_type", "client_credentials")]).send().await;
    assert_eq!(reply.status, 200);
    assert_json_snapshot!(reply.json(), { ".access_token" => "[token]" });
    let checked = house.get("/auth/check").bearer(&text(&reply.json()["access_token"])).send().await;
    assert_eq!((checked.status, checked.header("x-auth-subject")), (200, "shop"));
    assert_eq!((checked.header("x-auth-scope"), checked.header("x-auth-session")), ("read", ""));
}

#[tokio::test]
async fn errors_have_the_standards_codes() {
    // RFC 6749 section 5.2
    let house = House::new().await;
    let post = |form: &[(&str, &str)]| house.post("/oauth/token").shop().form(form).send();
    let cases: [(&[(&str, &str)], &str); 6] = [
        (&[("grant_type", "password")], "unsupported_grant_type"),
        (&[], "invalid_request"),
        (&[("grant_type", "")], "invalid_request"),
        (&[("grant_type", "refresh_token")], "invalid_request"),
        (&[("grant_type", "client_credentials"), ("scope", "admin")], "invalid_scope"),
        (&[("grant_type", "client_credentials"), ("scope", "read  write")], "invalid_scope"),
    ];
    for (form, error) in cases {
        let reply = post(form).await;
        assert_eq!((reply.status, reply.oauth_error().as_str()), (400, error), "{form:?}");
    }
    let form = [("grant_type", "client_credentials"), ("client_id", "web")];
    let public = house.post("/oauth/token").form(&form).send().await;
    assert_eq!((public.status, public.oauth_error().as_str()), (400, "unauthorized_client"));
}

#[tokio::test]
async fn a_parameter_twice_is_refused_and_an_unknown_one_ignored() {
    // RFC 6749 section 3.2
    let house = House::new().await;
    let twice = "grant_type=client_credentials&grant_type=client_credentials";
    let reply =
        house.post("/oauth/token").shop().raw("application/x-www-form-urlencoded", twice).send().await;
    assert_eq!((reply.status, reply.json()["reason"].clone()), (400, json!("duplicate_field")));
    let form = [("grant_type", "client_credentials"), ("resource", "https://api.example")];
    assert_eq!(house.post("/oauth/token").shop().form(&form).send().await.status, 200);
}

#[tokio::test]
async fn sixty_four_parallel_refreshes_get_one_successor() {
    // S03, I4
    let house = House::new().await;
    let first = house.sign_in("alice").await;
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..64 {
        let token = text(&first["refresh_token"]);
        let form = [("grant_type", "refresh_token"), ("client_id", "web"), ("refresh_token", token.as_str())];
        tasks.spawn(house.post("/oauth/token").form(&form).send());
    }
    let replies = tasks.join_all().await;
    assert!(replies.iter().all(|reply| reply.status == 200));
    let successors: std::collections::HashSet<_> =
        replies.iter().map(|reply| text(&reply.json()["refresh_token"])).collect();
    assert_eq!(successors.len(), 1);
}
