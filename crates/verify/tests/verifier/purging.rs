//! What is over is forgotten, and nothing sooner (I6, I8, I10; S10, S58).

use quash_core::time::Timestamp;
use serde_json::json;

use crate::support::{NOW, World, end, target};

fn second(second: u64) -> Timestamp {
    Timestamp::from_seconds(second)
}

#[test]
fn an_entry_is_held_until_its_retention_and_then_forgotten() {
    let world = World::new();
    world.revoke(end(target::token("tok_1")).retained(NOW + 360));
    let token = world.own(&json!({}));
    assert_eq!(world.verifier.purge(second(NOW + 359)).entries, 0);
    assert!(!world.accepts(&token, NOW));
    assert_eq!(world.verifier.purge(second(NOW + 360)).entries, 1);
    assert_eq!(world.verifier.live_entries(), 0);
}

#[test]
fn a_clock_that_jumps_back_over_a_purge_revives_nothing() {
    // I10
    let world = World::new();
    let token = world.own(&json!({}));
    world.revoke(end(target::token("tok_1")).retained(NOW + 360));
    assert!(!world.accepts(&token, NOW));
    world.verifier.purge(second(NOW + 400));
    assert_eq!(world.verifier.ratchet(), second(NOW + 400));
    assert_eq!(world.refusal(&token, NOW), "expired", "judged at the purge, at the earliest");
    // A restart keeps the ratchet.
    let again = World::with(|builder| builder.ratchet(second(NOW + 400)));
    assert_eq!(again.refusal(&token, NOW), "expired");
}

#[test]
fn a_ratchet_never_goes_back() {
    let world = World::new();
    world.verifier.purge(second(NOW + 10));
    world.verifier.purge(second(NOW));
    assert_eq!(world.verifier.ratchet(), second(NOW + 10));
}

#[test]
fn memory_follows_the_living_tokens_and_entries_not_the_age_of_the_system() {
    // I8: 40 generations of tokens and entries, each alive for 60 s
    let world = World::with(|builder| builder.cached_tokens(1_000));
    for generation in 0..40 {
        let now = NOW + generation * 60;
        for number in 0..50 {
            let id = format!("{generation}-{number}");
            let claims = json!({ "jti": id, "sub": id, "sid": id, "iat": now, "exp": now + 60, "pos": world.verifier.watermark() });
            assert!(world.accepts(&world.own(&claims), now));
            let entry = end(target::token(&id)).recorded(now).retained(now + 60);
            world.revoke(entry);
        }
        let purged = world.verifier.purge(second(now + 60));
        assert_eq!((purged.entries, purged.tokens), (50, 50));
    }
    assert_eq!(world.verifier.live_entries(), 0);
    assert_eq!(world.verifier.cached_tokens(), 0);
}

#[test]
fn many_entries_about_one_target_go_one_by_one() {
    let world = World::new();
    for late in 1..=5 {
        world.revoke(end(target::subject("alice")).retained(NOW + late));
    }
    let token = world.own(&json!({}));
    for late in 1..=4 {
        assert_eq!(world.verifier.purge(second(NOW + late)).entries, 1);
        assert!(!world.accepts(&token, NOW), "an entry that is still held hits");
    }
    assert_eq!(world.verifier.purge(second(NOW + 5)).entries, 1);
    assert_eq!(world.verifier.live_entries(), 0);
}
