//! Who is let in.

use http::StatusCode;
use quash_core::revocation::entry::Effect;
use quash_middleware::RequireToken;

use crate::house::{House, NOW, ask_with};

#[tokio::test]
async fn a_good_token_reaches_the_handler_with_its_claims() {
    let house = House::new();
    let api = House::api(RequireToken::new(house.gate()));
    let reply = ask_with(&api, "/", &house.token("")).await;
    assert_eq!((reply.status, reply.body.as_str()), (StatusCode::OK, "alice"));
}

#[tokio::test]
async fn the_injected_clock_rules() {
    // RFC 7519 section 4.1.4: over at `exp` exactly
    let house = House::new();
    let api = House::api(RequireToken::new(house.gate()));
    let token = house.token("");
    house.set_clock(NOW + 299);
    assert_eq!(ask_with(&api, "/", &token).await.status, StatusCode::OK);
    house.set_clock(NOW + 300);
    let reply = ask_with(&api, "/", &token).await;
    assert_eq!((reply.status, reply.json()["reason"].clone()), (StatusCode::UNAUTHORIZED, "expired".into()));
    assert_eq!(reply.json()["remedy"], "renew");
}

#[tokio::test]
async fn a_revocation_counts_from_the_next_request_on() {
    // S08, S09
    let house = House::new();
    let api = House::api(RequireToken::new(house.gate()));
    let token = house.token("");
    assert_eq!(ask_with(&api, "/", &token).await.status, StatusCode::OK);
    house.end_session(Effect::Refresh, "stale_claims");
    let reply = ask_with(&api, "/", &token).await;
    assert_eq!(
        (reply.json()["reason"].clone(), reply.json()["remedy"].clone()),
        ("stale_claims".into(), "renew".into())
    );
    house.end_session(Effect::End, "logged_out");
    let reply = ask_with(&api, "/", &token).await;
    assert_eq!(
        (reply.json()["reason"].clone(), reply.json()["remedy"].clone()),
        ("logged_out".into(), "sign_in".into())
    );
    let challenge = reply.challenge.unwrap();
    assert!(challenge.contains(r#"error="invalid_token""#) && challenge.contains(r#"reason="logged_out""#));
}

#[tokio::test]
async fn a_scope_is_asked_for_by_the_layer_or_by_the_handler() {
    // RFC 6750 section 3.1
    let house = House::new();
    let scoped = House::api(RequireToken::new(house.gate().scope("orders").realm("shop")));
    let reply = ask_with(&scoped, "/", &house.token("profile")).await;
    assert_eq!(reply.status, StatusCode::FORBIDDEN);
    let expected = r#"Bearer realm="shop", error="insufficient_scope", scope="orders""#;
    assert_eq!(reply.challenge.as_deref(), Some(expected));
    assert_eq!(ask_with(&scoped, "/", &house.token("profile orders")).await.status, StatusCode::OK);

    let api = House::api(RequireToken::new(house.gate()));
    let reply = ask_with(&api, "/orders", &house.token("profile")).await;
    assert_eq!(
        (reply.status, reply.json()["reason"].clone()),
        (StatusCode::FORBIDDEN, "insufficient_scope".into())
    );
    assert_eq!(ask_with(&api, "/orders", &house.token("orders")).await.body, "the orders");
}
