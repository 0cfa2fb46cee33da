//! Attacks row 24, from outside: a cache that mixes tokens up or outlives a revocation (CVE-2026-35039).

use serde_json::json;

use crate::support::{NOW, World, end, target};

#[test]
fn a_forged_token_with_the_tail_of_a_cached_one_is_never_a_hit() {
    let world = World::new();
    let good = world.own(&json!({}));
    assert!(world.accepts(&good, NOW) && world.accepts(&good, NOW));
    let (_, signature) = good.rsplit_once('.').unwrap();
    for number in 0..2_000 {
        let other = world.own(&json!({ "sub": format!("mallory-{number}") }));
        let (input, _) = other.rsplit_once('.').unwrap();
        let forged = format!("{input}.{signature}");
        assert!(!world.accepts(&forged, NOW));
        assert!(world.accepts(&good, NOW), "and the good one is not crowded out");
    }
    assert_eq!(world.verifier.cached_tokens(), 1, "what does not verify never enters");
}

#[test]
fn tokens_that_share_all_but_one_claim_keep_their_own_claims() {
    let world = World::new();
    let tokens: Vec<_> = (0..500)
        .map(|number| (format!("user-{number}"), world.own(&json!({ "sub": format!("user-{number}") }))))
        .collect();
    for _ in 0..3 {
        for (subject, token) in &tokens {
            assert_eq!(world.check(token, NOW).accepted().unwrap().subject(), Some(subject.as_str()));
        }
    }
}

#[test]
fn a_cached_token_is_refused_the_moment_its_revocation_is_applied() {
    let world = World::new();
    let tokens: Vec<_> = (0..200)
        .map(|number| {
            let claims = json!({ "sub": format!("user-{number}"), "sid": format!("s{number}"), "jti": format!("t{number}"), "device_id": format!("d{number}") });
            world.own(&claims)
        })
        .collect();
    assert!(tokens.iter().all(|token| world.accepts(token, NOW) && world.accepts(token, NOW)));
    for (number, token) in tokens.iter().enumerate() {
        assert!(world.accepts(token, NOW));
        world.revoke(end(target::subject(&format!("user-{number}"))));
        assert!(!world.accepts(token, NOW));
    }
    assert!(tokens.iter().all(|token| !world.accepts(token, NOW)));
}

#[test]
fn without_a_cache_every_answer_is_the_same() {
    let world = World::with(|builder| builder.cached_tokens(0));
    let token = world.own(&json!({}));
    assert!(world.accepts(&token, NOW) && world.accepts(&token, NOW));
    assert_eq!(world.verifier.cached_tokens(), 0);
    assert_eq!(world.verifier.counts().first, 2);
    world.revoke(end(target::session("ses_1")));
    assert!(!world.accepts(&token, NOW));
}
