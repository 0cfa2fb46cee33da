//! `/auth/check`

use std::time::Duration;

use insta::assert_json_snapshot;
use quash_authority::testing::WhenToFail;
use quash_core::revocation::freshness::{Freshness, StalePolicy};
use serde_json::json;

use crate::house::{House, ISSUER, Reply, settings, text};

const URI: &str = "/auth/check";

async fn token(house: &House, subject: &str) -> String {
    text(&house.sign_in(subject).await["access_token"])
}

fn identity(reply: &Reply) -> [&str; 5] {
    ["x-auth-issuer", "x-auth-subject", "x-auth-session", "x-auth-scope", "x-auth-roles"]
        .map(|name| reply.header(name))
}

#[tokio::test]
async fn a_good_token_passes_and_tells_who_asks() {
    let house = House::new().await;
    let body = json!({
        "subject": "alice", "client_id": "web", "scope": "read write", "claims": { "roles": ["editor", "a,b"] },
    });
    let tokens = house.sign_in_as(body).await;
    let reply = house.get(URI).bearer(&text(&tokens["access_token"])).send().await;
    assert_eq!((reply.status, reply.text()), (200, ""));
    assert_eq!(reply.header("cache-control"), "no-store");
    let session = text(&tokens["session_id"]);
    assert_eq!(identity(&reply), [ISSUER, "alice", &session, "read write", "editor,a%2Cb"]);
}

#[tokio::test]
async fn every_method_is_answered_alike() {
    // Gateways ask with their client's method, or with GET.
    let house = House::new().await;
    let token = token(&house, "alice").await;
    for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "X-OWN"] {
        assert_eq!(house.call(method, URI).bearer(&token).send().await.status, 200, "{method}");
        assert_eq!(house.call(method, URI).send().await.status, 401, "{method}");
    }
}

#[tokio::test]
async fn all_five_headers_are_there_even_when_the_token_says_nothing() {
    // A gateway that copies them then overwrites what its client sent.
    let house = House::new().await;
    let reply = house.get(URI).bearer(&token(&house, "alice").await).send().await;
    for name in ["x-auth-scope", "x-auth-roles"] {
        assert_eq!(reply.headers.get(name).unwrap(), "", "{name}");
    }
}

#[tokio::test]
async fn no_subject_can_break_out_of_its_header() {
    // attack row 15
    let house = House::new().await;
    for (subject, header) in
        [("用户", "%E7%94%A8%E6%88%B7"), ("a b", "a%20b"), ("100%", "100%25"), ("x,y;z=\"1\"", "x,y;z=\"1\"")]
    {
        let reply = house.get(URI).bearer(&token(&house, subject).await).send().await;
        assert_eq!((reply.status, reply.header("x-auth-subject")), (200, header));
    }
}

#[tokio::test]
async fn without_a_token_the_challenge_has_no_error() {
    // RFC 6750 section 3.1
    let house = House::new().await;
    let reply = house.get(URI).send().await;
    assert_eq!(reply.status, 401);
    assert_eq!(reply.header("www-authenticate"), "Bearer realm=\"quash\"");
    assert_json_snapshot!(reply.json());
}

#[tokio::test]
async fn a_revoked_token_is_told_why_and_what_to_do() {
    // S09
    let house = House::new().await;
    let token = token(&house, "alice").await;
    house
        .revoke(json!({ "target": { "type": "subject", "id": "alice" }, "reason": "password_changed" }))
        .await;
    let reply = house.get(URI).bearer(&token).send().await;
    assert_eq!(reply.status, 401);
    assert_eq!(
        reply.header("www-authenticate"),
        r#"Bearer realm="quash", error="invalid_token", reason="password_changed", remedy="sign_in""#
    );
    assert_json_snapshot!(reply.json());
    assert_eq!(identity(&reply), [""; 5]);
}

#[tokio::test]
async fn a_token_is_over_on_its_exp_and_says_renew() {
    // S01; RFC 7519 section 4.1.4: on or after.
    let house = House::new().await;
    let token = token(&house, "alice").await;
    house.clock.advance(Duration::from_millis(599_999));
    assert_eq!(house.check(&token).await, 200);
    house.clock.advance(Duration::from_millis(1));
    let reply = house.get(URI).bearer(&token).send().await;
    assert_eq!(reply.status, 401);
    assert_eq!((reply.reason().as_str(), reply.json()["remedy"].clone()), ("expired", json!("renew")));
}

#[tokio::test]
async fn a_scope_is_asked_for_in_the_url_of_the_check() {
    // RFC 6750 section 3.1
    let house = House::new().await;
    let body = json!({ "subject": "alice", "client_id": "web", "scope": "read write" });
    let token = text(&house.sign_in_as(body).await["access_token"]);
    let check = |query: &str| house.get(&format!("{URI}?{query}")).bearer(&token).send();
    for query in
        ["scope=read", "scope=read%20write", "scope=read+write", "scope=", "x=%FF", "page=2&scope=read"]
    {
        assert_eq!(check(query).await.status, 200, "{query}");
    }
    for query in ["scope=admin", "scope=read%20admin", "scope=rea", "scope=read&scope=admin", "scope=%FF"] {
        let reply = check(query).await;
        assert_eq!((reply.status, reply.reason().as_str()), (403, "insufficient_scope"), "{query}");
        assert_eq!(reply.header("www-authenticate"), r#"Bearer realm="quash", error="insufficient_scope""#);
        assert_eq!(identity(&reply), [""; 5]);
    }
}

#[tokio::test]
async fn stale_knowledge_is_503_and_a_refused_token_stays_401() {
    // Design, section 3: staleness only turns accepts into the policy's answer.
    let house = House::new().await;
    let (good, revoked) = (token(&house, "alice").await, token(&house, "bob").await);
    house.revoke(json!({ "target": { "type": "subject", "id": "bob" } })).await;
    assert_eq!(house.check(&good).await, 200);
    let age = Duration::from_secs(11);
    for (freshness, status, reason) in [
        (Freshness::Stale { age, policy: StalePolicy::Deny }, 503, "stale"),
        (Freshness::Stale { age, policy: StalePolicy::Ask }, 503, "stale"),
        (Freshness::Incomplete, 503, "not_ready"),
        (Freshness::Stale { age, policy: StalePolicy::Allow }, 200, ""),
    ] {
        *house.freshness.lock().unwrap() = freshness;
        let reply = house.get(URI).bearer(&good).send().await;
        assert_eq!(reply.status, status, "{freshness:?}");
        if status == 503 {
            assert_eq!((reply.header("retry-after"), reply.reason().as_str()), ("1", reason));
        }
        assert_eq!(house.check(&revoked).await, 401, "{freshness:?}");
    }
}

#[tokio::test]
async fn nothing_but_the_four_codes_is_ever_answered() {
    // nginx makes a 500 of every other.
    let house = House::new().await;
    let token = token(&house, "alice").await;
    let long = "a".repeat(70_000);
    let requests = [
        house.post(URI).bearer(&token).raw("application/json", long.clone()),
        house.post(URI).bearer(&token).raw("nonsense", "{").header("content-length", "99"),
        house.get(&format!("{URI}?{}", "a=1&".repeat(2000))).bearer(&token),
        house.get(&format!("{URI}?%%%&=&scope")).bearer(&token),
        house.get(URI).bearer(&long),
        house.get(URI).bearer(&token).bearer(&token),
        house.get(URI).basic("a", "b"),
        house.get(URI).header("authorization", ""),
        house.get(URI).header("authorization", "Bearer"),
        house.get(URI).bearer("ü"),
        house.get(URI).bearer(&token).header("expect", "100-continue"),
    ];
    for request in requests {
        let reply = request.send().await;
        assert!(matches!(reply.status, 200 | 401 | 403 | 503), "{reply:?}");
    }
}

#[tokio::test]
async fn spoofed_headers_are_neither_believed_nor_echoed() {
    // attack row 30, CVE-2025-64484, CVE-2025-48865, CVE-2026-40575
    let house = House::new().await;
    let token = token(&house, "alice").await;
    let spoofed = [
        ("x-auth-issuer", "root"),
        ("x-auth-subject", "root"),
        ("x_auth_subject", "root"),
        ("x-auth-roles", "admin"),
        ("x-forwarded-user", "root"),
        ("x_forwarded_user", "root"),
        ("x-forwarded-uri", "/auth/check?scope="),
        ("x-forwarded-method", "GET"),
        ("x-forwarded-for", "127.0.0.1"),
        ("x-original-url", "/public"),
        ("forwarded", "for=127.0.0.1"),
        ("connection", "x-auth-subject"),
        ("cookie", "access_token=root"),
    ];
    let with = |mut call: crate::house::Call| {
        for (name, value) in spoofed {
            call = call.header(name, value);
        }
        call.send()
    };
    assert_eq!(with(house.get(URI)).await.status, 401);
    let plain = house.get(URI).bearer(&token).send().await;
    let reply = with(house.get(URI).bearer(&token)).await;
    assert_eq!(identity(&reply), identity(&plain));
    for (name, value) in &reply.headers {
        assert!(!value.to_str().unwrap().contains("root"), "{name}");
    }
    let asked = with(house.get(&format!("{URI}?scope=admin")).bearer(&token)).await;
    assert_eq!(asked.status, 403, "the URL of the check counts, not a forwarded one");
}

async fn sliding() -> House {
    let mut settings = settings();
    settings.clients[0].sliding = true;
    House::with(settings, Vec::new()).await
}

#[tokio::test]
async fn a_token_that_is_about_to_end_is_answered_with_a_new_one() {
    // S04: 600 s of life, so from 480 s on.
    let house = sliding().await;
    let token = text(&house.sign_in("alice").await["access_token"]);
    house.clock.advance(Duration::from_secs(479));
    let early = house.get("/auth/check").bearer(&token).send().await;
    assert_eq!((early.status, early.header("x-auth-renewed-token")), (200, ""));
    house.clock.advance(Duration::from_secs(1));
    let answer = house.get("/auth/check").bearer(&token).send().await;
    assert_eq!((answer.status, answer.header("x-auth-subject")), (200, "alice"));
    let renewed = answer.header("x-auth-renewed-token").to_owned();
    house.clock.advance(Duration::from_secs(120));
    assert_eq!((house.check(&token).await, house.check(&renewed).await), (401, 200));
}

#[tokio::test]
async fn without_a_store_a_token_passes_and_does_not_slide() {
    // S04: it is answered for from memory, like any other.
    let house = sliding().await;
    let token = text(&house.sign_in("alice").await["access_token"]);
    house.clock.advance(Duration::from_secs(500));
    house.store.fail(WhenToFail::Always);
    let answer = house.get("/auth/check").bearer(&token).send().await;
    assert_eq!((answer.status, answer.header("x-auth-renewed-token")), (200, ""));
}

#[tokio::test]
async fn a_refused_token_gets_no_new_one() {
    let house = sliding().await;
    let session = house.sign_in("alice").await;
    house.clock.advance(Duration::from_secs(500));
    house.revoke(json!({ "target": { "type": "subject", "id": "alice" } })).await;
    let answer = house.get("/auth/check").bearer(&text(&session["access_token"])).send().await;
    assert_eq!((answer.status, answer.header("x-auth-renewed-token")), (401, ""));
}
