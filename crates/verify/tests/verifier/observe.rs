//! Observe mode: count what would be refused before refusing it (S54).

use std::time::Duration;

use quash_core::revocation::freshness::{Freshness, StalePolicy};
use quash_core::revocation::target::Target;
use quash_core::time::Timestamp;
use quash_verify::{Mode, Moment, Verifier};
use serde_json::json;

use crate::support::{NOW, World, end, foreign_config, own_config, signing_key, target};

fn observing() -> World {
    let (own, foreign) = (signing_key(1, "own-1"), signing_key(2, "foreign-1"));
    let observed = foreign_config(&foreign).with_mode(Mode::Observe);
    World::with(|_| Verifier::builder().issuer(own_config(&own)).issuer(observed))
}

#[test]
fn a_revoked_token_of_an_observed_issuer_is_accepted_and_counted_by_reason() {
    let world = observing();
    let token = world.foreign(&json!({}));
    world.revoke(end(target::subject("alice")).foreign().because("banned"));
    for _ in 0..3 {
        assert!(world.accepts(&token, NOW));
    }
    let counts = world.verifier.counts();
    assert_eq!(counts.would_refuse, vec![("banned".to_owned(), 3)]);
    assert!(counts.rejected.is_empty());
}

#[test]
fn enforcing_it_later_refuses_what_was_accepted_before() {
    let world = observing();
    let token = world.foreign(&json!({}));
    world.revoke(end(Target::Issuer).foreign());
    assert!(world.accepts(&token, NOW) && world.accepts(&token, NOW));
    world.verifier.set_issuer(&foreign_config(&world.foreign_key)).unwrap();
    assert_eq!(world.refusal(&token, NOW), "admin");
}

#[test]
fn observing_one_issuer_spares_no_other() {
    let world = observing();
    let own = world.own(&json!({}));
    world.revoke(end(target::subject("alice")));
    assert_eq!(world.refusal(&own, NOW), "admin");
}

#[test]
fn what_is_forged_expired_or_not_yet_valid_is_refused_all_the_same() {
    let world = observing();
    let token = world.foreign(&json!({ "nbf": NOW }));
    assert_eq!(world.refusal(&token, NOW + 300), "expired");
    assert_eq!(world.refusal(&token, NOW - 1), "not_yet_valid");
    let stranger = signing_key(9, "foreign-1").mint("at+jwt", &crate::support::foreign_claims()).unwrap();
    assert_eq!(world.defect(&stranger, NOW), "bad_signature");
}

#[test]
fn rules_that_only_revocation_needs_are_counted_and_a_stale_state_costs_nothing() {
    let world = observing();
    assert!(world.accepts(&world.foreign(&json!({ "exp": NOW + 100_000 })), NOW));
    assert!(world.accepts(&world.foreign(&json!({ "iat": NOW + 100 })), NOW));
    let counts = world.verifier.counts();
    let expected = [("issued_in_future".to_owned(), 1), ("life_too_long".to_owned(), 1)];
    assert_eq!(counts.would_refuse, expected);
    let age = Duration::from_secs(60);
    let stale = Moment {
        now: Timestamp::from_seconds(NOW),
        freshness: Freshness::Stale { age, policy: StalePolicy::Deny },
    };
    assert!(world.verifier.check(&world.foreign(&json!({})), stale).unwrap().accepted().is_some());
    assert!(world.verifier.check(&world.own(&json!({})), stale).is_err());
}
