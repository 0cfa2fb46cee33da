//! Who is not let in, and what they are told.

use std::time::Duration;

use axum::Router;
use axum::routing::get;
use http::StatusCode;
use quash_core::revocation::entry::Effect;
use quash_core::revocation::freshness::{Freshness, StalePolicy};
use quash_middleware::{Authenticated, RequireToken};

use crate::house::{House, ask, ask_with};

#[tokio::test]
async fn whoever_brings_no_token_is_asked_for_one_without_an_error_code() {
    // RFC 6750 section 3.1
    let house = House::new();
    let api = House::api(RequireToken::new(house.gate()));
    let reply = ask(&api, "/", &[]).await;
    assert_eq!(reply.status, StatusCode::UNAUTHORIZED);
    assert_eq!(reply.challenge.as_deref(), Some(r#"Bearer realm="api""#));
    assert_eq!(reply.json()["reason"], "token_missing");
}

#[tokio::test]
async fn a_token_in_the_url_is_no_token() {
    // RFC 6750 section 5.3, attack row 36
    let house = House::new();
    let api = House::api(RequireToken::new(house.gate()));
    let reply = ask(&api, &format!("/?access_token={}", house.token("")), &[]).await;
    assert_eq!(reply.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_malformed_request_and_one_with_two_credentials_are_400() {
    // RFC 6750 section 3.1, invalid_request
    let house = House::new();
    let api = House::api(RequireToken::new(house.gate()));
    let good = format!("Bearer {}", house.token(""));
    for headers in
        [vec![good.as_str(), good.as_str()], vec!["Basic YTpi", &good], vec!["Bearer"], vec!["Bearer a b"]]
    {
        let reply = ask(&api, "/", &headers).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST);
        assert_eq!(reply.json()["reason"], "authorization_malformed");
        assert!(reply.challenge.unwrap().starts_with(r#"Bearer realm="api", error="invalid_request""#));
    }
}

#[tokio::test]
async fn another_scheme_is_asked_for_a_token_without_an_error_code() {
    // RFC 6750 section 3.1: an unsupported method is no authentication information
    let house = House::new();
    let api = House::api(RequireToken::new(house.gate()));
    let reply = ask(&api, "/", &["Basic YTpi"]).await;
    assert_eq!(reply.status, StatusCode::UNAUTHORIZED);
    assert_eq!(reply.challenge.as_deref(), Some(r#"Bearer realm="api""#));
    assert_eq!(reply.json()["reason"], "scheme_not_supported");
}

#[tokio::test]
async fn forged_tokens_hear_one_answer_whatever_is_wrong_with_them() {
    // the threat model: the reason of what does not verify goes into metrics only
    let house = House::new();
    let api = House::api(RequireToken::new(house.gate()));
    let good = house.token("");
    let (input, _) = good.rsplit_once('.').unwrap();
    let mut bodies = Vec::new();
    for token in [format!("{good}="), format!("{input}.AAAA"), "a.b.c".to_owned(), "x".repeat(20_000)] {
        let reply = ask_with(&api, "/", &token).await;
        assert_eq!(reply.status, StatusCode::UNAUTHORIZED);
        assert!(!reply.body.contains(&token) && !reply.challenge.unwrap().contains(&token));
        bodies.push(reply.body);
    }
    bodies.dedup();
    assert_eq!(bodies.len(), 1);
}

#[tokio::test]
async fn what_can_not_be_decided_is_503_and_a_refusal_stands() {
    // I2
    let house = House::new();
    let age = Duration::from_secs(30);
    let stale = Freshness::Stale { age, policy: StalePolicy::Deny };
    for (freshness, reason) in [(stale, "stale"), (Freshness::Incomplete, "not_ready")] {
        let api = House::api(RequireToken::new(house.gate().freshness(freshness)));
        let reply = ask_with(&api, "/", &house.token("")).await;
        assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!((reply.retry_after.as_deref(), reply.challenge), (Some("1"), None));
        let body: serde_json::Value = serde_json::from_str(&reply.body).unwrap();
        assert_eq!(body["reason"], reason);
    }
    house.end_session(Effect::End, "banned");
    let api = House::api(RequireToken::new(house.gate().freshness(stale)));
    assert_eq!(ask_with(&api, "/", &house.token("")).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_handler_that_nobody_guards_answers_nobody() {
    async fn secret(_user: Authenticated) -> &'static str {
        "secret"
    }
    let house = House::new();
    let bare = Router::new().route("/", get(secret));
    assert_eq!(ask_with(&bare, "/", &house.token("")).await.status, StatusCode::UNAUTHORIZED);
}
