//! `POST /oauth/revoke` (RFC 7009)

use std::time::Duration;

use quash_authority::Clock as _;
use serde_json::json;

use crate::house::{House, Reply, text};

async fn give_back(house: &House, token: &str) -> Reply {
    house.post("/oauth/revoke").form(&[("client_id", "web"), ("token", token)]).send().await
}

#[tokio::test]
async fn a_refresh_token_given_back_ends_its_session() {
    // RFC 7009 section 2.1
    let house = House::new().await;
    let tokens = house.sign_in("alice").await;
    let reply = give_back(&house, &text(&tokens["refresh_token"])).await;
    assert_eq!((reply.status, reply.text()), (200, ""));
    let refused = house.get("/auth/check").bearer(&text(&tokens["access_token"])).send().await;
    assert_eq!((refused.status, refused.reason().as_str()), (401, "client_revoked"));
}

#[tokio::test]
async fn an_access_token_given_back_is_refused_and_its_session_lives() {
    let house = House::new().await;
    let tokens = house.sign_in("alice").await;
    let token = text(&tokens["access_token"]);
    assert_eq!(give_back(&house, &token).await.status, 200);
    assert_eq!(house.check(&token).await, 401);
    let refresh = text(&tokens["refresh_token"]);
    let form = [("grant_type", "refresh_token"), ("client_id", "web"), ("refresh_token", refresh.as_str())];
    assert_eq!(house.post("/oauth/token").form(&form).send().await.status, 200);
}

#[tokio::test]
async fn a_token_that_the_clock_finds_early_is_given_back_all_the_same() {
    // I10: 200 was said, so it may not come to life when the clock catches up.
    let house = House::new().await;
    let token = text(&house.sign_in("alice").await["access_token"]);
    let then = house.clock.now();
    house.clock.set(then.minus(Duration::from_secs(60)));
    let early = house.get("/auth/check").bearer(&token).send().await;
    assert_eq!((early.status, early.reason().as_str()), (401, "issued_in_future"));
    assert_eq!(give_back(&house, &token).await.status, 200);
    house.clock.set(then);
    let refused = house.get("/auth/check").bearer(&token).send().await;
    assert_eq!((refused.status, refused.reason().as_str()), (401, "client_revoked"));
}

#[tokio::test]
async fn a_wrong_hint_does_no_harm() {
    // RFC 7009 section 2.1: the search goes on over all types.
    let house = House::new().await;
    let tokens = house.sign_in("alice").await;
    for (token, hint) in
        [("refresh_token", "access_token"), ("access_token", "refresh_token"), ("access_token", "x")]
    {
        let token = text(&tokens[token]);
        let form = [("client_id", "web"), ("token", token.as_str()), ("token_type_hint", hint)];
        assert_eq!(house.post("/oauth/revoke").form(&form).send().await.status, 200);
    }
    assert_eq!(house.check(&text(&tokens["access_token"])).await, 401);
}

#[tokio::test]
async fn unknown_foreign_and_repeated_tokens_are_answered_alike() {
    // attack row 26; RFC 7009 section 2.2
    let house = House::new().await;
    let tokens = house.sign_in("alice").await;
    let (access, refresh) = (text(&tokens["access_token"]), text(&tokens["refresh_token"]));
    let head = house.get("/v1/head").admin().send().await.json();
    for token in [access.as_str(), refresh.as_str()] {
        let reply = house.post("/oauth/revoke").shop().form(&[("token", token)]).send().await;
        assert_eq!((reply.status, reply.text()), (200, ""), "a token of another client");
    }
    for token in ["nonsense", "qrt_nonsense", "a.b.c"] {
        let reply = give_back(&house, token).await;
        assert_eq!((reply.status, reply.text()), (200, ""), "{token}");
    }
    assert_eq!(house.get("/v1/head").admin().send().await.json(), head, "nothing was appended");
    assert_eq!(house.check(&access).await, 200);
    assert_eq!(give_back(&house, &refresh).await.status, 200);
    assert_eq!(give_back(&house, &refresh).await.status, 200);
}

#[tokio::test]
async fn nothing_wider_than_a_session_is_hit() {
    // attack row 26
    let house = House::new().await;
    let (one, two) = (house.sign_in("alice").await, house.sign_in("alice").await);
    give_back(&house, &text(&one["refresh_token"])).await;
    assert_eq!(house.check(&text(&two["access_token"])).await, 200);
}

#[tokio::test]
async fn nobody_revokes_anonymously() {
    // attack row 26
    let house = House::new().await;
    let token = text(&house.sign_in("alice").await["access_token"]);
    let reply = house.post("/oauth/revoke").form(&[("token", &token)]).send().await;
    assert_eq!((reply.status, reply.oauth_error().as_str()), (401, "invalid_client"));
    assert_eq!(house.check(&token).await, 200);
}

#[tokio::test]
async fn whether_a_token_is_known_does_not_show_in_waiting_for_everywhere() {
    // RFC 7009 section 2.2, and design section 3
    let house = House::new().await;
    let token = text(&house.sign_in("alice").await["access_token"]);
    let refresh = text(&house.sign_in("bob").await["refresh_token"]);
    let _silent = house.follower("silent", 1).await;
    let mut replies = Vec::new();
    for token in [token.as_str(), token.as_str(), refresh.as_str(), "no.such.token"] {
        let form = [("client_id", "web"), ("token", token), ("wait", "everywhere"), ("timeout_ms", "0")];
        let reply = house.post("/oauth/revoke").form(&form).send().await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        replies.push(reply.json());
    }
    assert_eq!(replies[0]["pending"], json!([{ "verifier": "silent", "lease_ends_in_ms": 10_100 }]));
    assert!(replies.windows(2).all(|pair| pair[0] == pair[1]), "{replies:?}");
    assert_eq!(house.check(&token).await, 401);
}

#[tokio::test]
async fn a_bad_wait_is_refused_before_anything_is_done() {
    let house = House::new().await;
    let token = text(&house.sign_in("alice").await["access_token"]);
    for (name, value) in
        [("wait", "soon"), ("timeout_ms", "soon"), ("timeout_ms", "-1"), ("timeout_ms", "120001")]
    {
        let form = [("client_id", "web"), ("token", token.as_str()), (name, value)];
        let reply = house.post("/oauth/revoke").form(&form).send().await;
        assert_eq!(
            (reply.status, reply.json()["reason"].clone()),
            (400, json!("invalid_field")),
            "{name}={value}"
        );
        assert!(reply.json()["error_description"].as_str().unwrap().contains(&format!("`{name}`")));
    }
    assert_eq!(house.check(&token).await, 200);
}
