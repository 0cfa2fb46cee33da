//! Who passes, and what everybody else is told.

use super::client::Request;
use super::house::{House, identity};
use crate::process::running::ISSUER;

pub(super) fn pass_by_what_quash_says(house: &House) {
    a_good_one_passes_with_its_identity(house);
    a_refused_one_gets_the_challenge_and_the_reason(house);
    only_the_authorization_header_counts(house);
}

fn a_good_one_passes_with_its_identity(house: &House) {
    let alice = house.answerer.sign_in("alice", "read write", &["editor", "a,b"]);
    let seen = house.passed(Request::get("/orders/7?page=2").bearer(&alice.token));
    assert_eq!((seen.method.as_str(), seen.target.as_str()), ("GET", "/orders/7?page=2"));
    assert_eq!(identity(&seen), [ISSUER, "alice", &alice.session, "read write", "editor,a%2Cb"]);
    let bob = house.answerer.sign_in("bob smith", "read", &[]);
    let seen = house.passed(Request::get("/").bearer(&bob.token));
    assert_eq!(identity(&seen), [ISSUER, "bob%20smith", &bob.session, "read", ""]);
}

/// RFC 6750 section 3, S09.
fn a_refused_one_gets_the_challenge_and_the_reason(house: &House) {
    let reply = house.refused(Request::get("/orders/7"));
    assert_eq!((reply.status, reply.field("www-authenticate").as_str()), (401, r#"Bearer realm="quash""#));

    let carol = house.answerer.sign_in("carol", "read", &[]);
    house.passed(Request::get("/orders/7").bearer(&carol.token));
    house.answerer.revoke("carol");
    let reply = house.refused(Request::get("/orders/7").bearer(&carol.token));
    let challenge = r#"Bearer realm="quash", error="invalid_token", reason="admin", remedy="sign_in""#;
    assert_eq!((reply.status, reply.field("www-authenticate").as_str()), (401, challenge));
    if house.kind.passes_refusals {
        let problem: serde_json::Value = serde_json::from_slice(&reply.body).unwrap();
        assert_eq!(problem["reason"], "admin", "{problem}");
    }

    let dave = house.answerer.sign_in("dave", "other", &[]);
    // A client can not change what is asked for: the scopes stand in the gateway's configuration.
    for target in ["/orders/7", "/orders/7?scope=", "/orders/7?scope=other"] {
        let reply = house.refused(Request::get(target).bearer(&dave.token));
        let challenge = r#"Bearer realm="quash", error="insufficient_scope""#;
        assert_eq!((reply.status, reply.field("www-authenticate").as_str()), (403, challenge), "{target}");
    }
}

/// Attack row 36; RFC 6750 section 2.3 is not supported on purpose.
fn only_the_authorization_header_counts(house: &House) {
    let token = house.answerer.good_token();
    let elsewhere = [
        Request::get(&format!("/orders/7?access_token={token}")),
        Request::get(&format!("/orders/7?token={token}&authorization=Bearer%20{token}")),
        Request::get("/orders/7").field("Cookie", &format!("access_token={token}; Authorization={token}")),
        Request::get("/orders/7").field("X-Authorization", &format!("Bearer {token}")),
        Request::get("/orders/7").field("Proxy-Authorization", &format!("Bearer {token}")),
        Request::get("/orders/7").field("X-Forwarded-Authorization", &format!("Bearer {token}")),
    ];
    for request in elsewhere {
        assert_eq!(house.refused(request).status, 401);
    }
    // Two are none: the service might read the other one than quash did.
    let two = house.refused(Request::get("/orders/7").bearer(&token).bearer("another"));
    assert!(matches!(two.status, 400 | 401), "{two:?}");
    let twice = house.refused(Request::get("/orders/7").bearer(&token).bearer(&token));
    assert!(matches!(twice.status, 400 | 401), "{twice:?}");
}
