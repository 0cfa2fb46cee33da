//! What a verifier says that it did (S17: the share of shortcuts is published).

use serde_json::json;

use crate::support::{NOW, World, end, target};

#[test]
fn every_check_is_counted_once_by_the_way_it_went() {
    let world = World::new();
    let token = world.own(&json!({}));
    for _ in 0..10 {
        assert!(world.accepts(&token, NOW));
    }
    let counts = world.verifier.counts();
    assert_eq!((counts.first, counts.shortcuts, counts.repeated), (1, 9, 0));
    world.revoke(end(target::subject("alice")).because("banned"));
    for _ in 0..4 {
        assert!(!world.accepts(&token, NOW));
    }
    assert!(!world.accepts("no token", NOW));
    assert!(!world.accepts(&world.own(&json!({ "aud": "x" })), NOW));
    assert!(!world.accepts(&world.own(&json!({ "iat": NOW - 300, "exp": NOW })), NOW));
    let counts = world.verifier.counts();
    assert_eq!((counts.first, counts.shortcuts, counts.repeated, counts.unverified), (2, 9, 4, 2));
    assert_eq!(counts.checks(), 17);
    assert_eq!(counts.cache_hits(), 13);
    let rejected = [("banned", 4), ("expired", 1), ("not_compact", 1), ("wrong_audience", 1)];
    assert_eq!(counts.rejected, rejected.map(|(name, count)| (name.to_owned(), count)));
}

#[test]
fn an_entry_costs_those_it_names_one_full_pass_and_nobody_else_any() {
    // S17: a closer look only when something in the group changed. Buckets may coincide, so subjects are few.
    let world = World::new();
    let tokens: Vec<_> = (0..20)
        .map(|number| world.own(&json!({ "sub": format!("u{number}"), "sid": format!("s{number}"), "jti": format!("t{number}"), "device_id": null })))
        .collect();
    let all_pass = || tokens.iter().all(|token| world.accepts(token, NOW));
    assert!(all_pass());
    world.revoke(end(target::subject("somebody else")));
    let before = world.verifier.counts();
    assert!(all_pass() && all_pass());
    let after = world.verifier.counts();
    assert_eq!(
        after.repeated, before.repeated,
        "nobody shares a bucket with that subject under this log key"
    );
    assert_eq!(after.shortcuts, before.shortcuts + 40);
    // A wide entry concerns everybody once.
    world.revoke(end(target::client("mobile")));
    assert!(all_pass() && all_pass());
    let last = world.verifier.counts();
    assert_eq!((last.repeated, last.shortcuts), (after.repeated + 20, after.shortcuts + 20));
}
