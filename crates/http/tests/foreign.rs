//! Tokens of other issuers (S54): accepted unchanged, refused once revoked here, or only observed.

use std::time::Duration;

use quash_core::ids::Issuer;
use quash_core::revocation::decide::TimeRules;
use quash_jose::{Algorithm, KeySet, Secret, SigningKey};
use quash_verify::{IssuerConfig, Mode, Relaxation};
use serde_json::{Value, json};

use crate::house::{House, ISSUER, START, settings, spoiled, text};

const SECRET: &[u8] = b"a tutorial's secret of 32 bytes!";

/// An issuer whose tokens are like those of ordinary tutorials.
fn tutorial(mode: Mode) -> IssuerConfig {
    named("shop", mode)
}

fn named(issuer: &str, mode: Mode) -> IssuerConfig {
    let rules = TimeRules { longest_life: Duration::from_secs(3600), ..TimeRules::default() };
    let start = IssuerConfig::foreign(Issuer::new(issuer).unwrap(), Vec::new(), KeySet::default());
    let relaxations = [
        Relaxation::MissingIssuer,
        Relaxation::MissingAudience,
        Relaxation::TypeJwt,
        Relaxation::SubjectClaim("id".to_owned()),
        Relaxation::DeviceClaim("deviceId".to_owned()),
    ];
    let relaxed = relaxations.into_iter().fold(start.with_rules(rules).with_mode(mode), IssuerConfig::relax);
    relaxed.with_secret(Algorithm::Hs256, &Secret::new(SECRET.to_vec())).unwrap()
}

fn token(jti: Option<&str>) -> String {
    let now = START.seconds();
    let mut claims = json!({
        "id": "42", "username": "mia", "role": "seller", "deviceId": "pixel", "iat": now, "exp": now + 3600,
    });
    if let Some(jti) = jti {
        claims["jti"] = jti.into();
    }
    let key = SigningKey::from_private_bytes(Algorithm::Hs256, SECRET, None).unwrap();
    key.sign_compact(br#"{"alg":"HS256","typ":"JWT"}"#, claims.to_string().as_bytes()).unwrap()
}

async fn house(mode: Mode) -> House {
    House::with(settings(), vec![tutorial(mode)]).await
}

async fn introspect(house: &House, token: &str) -> Value {
    house.post("/oauth/introspect").admin().form(&[("token", token)]).send().await.json()
}

#[tokio::test]
async fn a_tutorials_token_passes_unchanged_and_is_told_in_the_usual_names() {
    let house = house(Mode::Enforce).await;
    let token = token(Some("t1"));
    let reply = house.get("/auth/check").bearer(&token).send().await;
    assert_eq!((reply.status, reply.header("x-auth-subject")), (200, "42"));
    let told = introspect(&house, &token).await;
    assert_eq!((&told["active"], &told["sub"], &told["iss"]), (&json!(true), &json!("42"), &json!("shop")));
    assert_eq!(told["username"], "mia");
}

#[tokio::test]
async fn one_subject_of_two_issuers_is_told_apart_behind_the_gateway() {
    // attack row 21
    let house = house(Mode::Enforce).await;
    let own = text(&house.sign_in("42").await["access_token"]);
    for (token, issuer) in [(own, ISSUER), (token(Some("t1")), "shop")] {
        let reply = house.get("/auth/check").bearer(&token).send().await;
        assert_eq!((reply.header("x-auth-subject"), reply.header("x-auth-issuer")), ("42", issuer));
    }
}

#[tokio::test]
async fn no_name_of_an_issuer_can_break_out_of_its_header() {
    // attack row 15; an observed issuer's tokens name it too
    let house = House::with(settings(), vec![named("магазин 1%", Mode::Observe)]).await;
    let reply = house.get("/auth/check").bearer(&token(Some("t1"))).send().await;
    let encoded = "%D0%BC%D0%B0%D0%B3%D0%B0%D0%B7%D0%B8%D0%BD%201%25";
    assert_eq!((reply.status, reply.header("x-auth-issuer")), (200, encoded));
}

#[tokio::test]
async fn it_is_revoked_by_id_by_digest_by_subject_by_device_and_by_claim() {
    let targets = [
        (Some("t1"), json!({ "type": "token", "id": "t1", "issuer": "shop" })),
        (Some("t1"), json!({ "type": "token", "token": token(Some("t1")), "issuer": "shop" })),
        (None, json!({ "type": "token", "token": token(None), "issuer": "shop" })),
        (None, json!({ "type": "subject", "id": "42", "issuer": "shop" })),
        (None, json!({ "type": "device", "subject": "42", "id": "pixel", "issuer": "shop" })),
        (None, json!({ "type": "claim", "name": "role", "value": "seller", "issuer": "shop" })),
        (None, json!({ "type": "issuer", "id": "shop" })),
    ];
    for (jti, target) in targets {
        let house = house(Mode::Enforce).await;
        let token = token(jti);
        assert_eq!(house.check(&token).await, 200);
        let reply = house.post("/v1/revocations").admin().json(&json!({ "target": target })).send().await;
        assert_eq!(reply.status, 200, "{target}: {}", reply.text());
        assert_eq!(house.check(&token).await, 401, "{target}");
        assert_eq!(introspect(&house, &token).await, json!({ "active": false }), "{target}");
    }
}

#[tokio::test]
async fn an_observed_issuer_passes_and_is_counted() {
    let house = house(Mode::Observe).await;
    let token = token(Some("t1"));
    house.revoke(json!({ "target": { "type": "subject", "id": "42", "issuer": "shop" } })).await;
    assert_eq!(house.check(&token).await, 200);
    assert_eq!(introspect(&house, &token).await["active"], true);
    let page = house.get("/metrics").admin().send().await;
    assert!(
        page.text().contains(r#"quash_verifier_would_refuse_total{reason="admin"} 2"#),
        "{}",
        page.text()
    );
    assert_eq!(house.check(&spoiled(&token)).await, 401, "observing lets no forged token in");
}

#[tokio::test]
async fn a_foreign_token_opens_nobodys_own_sessions() {
    let house = house(Mode::Enforce).await;
    let reply = house.get("/v1/me/sessions").bearer(&token(Some("t1"))).send().await;
    assert_eq!((reply.status, reply.reason().as_str()), (403, "forbidden"));
    let reply = house.post("/v1/logout").bearer(&token(Some("t1"))).send().await;
    assert_eq!((reply.status, reply.reason().as_str()), (403, "forbidden"));
}
