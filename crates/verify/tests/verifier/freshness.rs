//! Staleness turns accepts into the policy's answer and leaves refusals alone (I2).

use std::time::Duration;

use quash_core::revocation::freshness::{Freshness, StalePolicy, Undecided};
use quash_core::time::Timestamp;
use quash_verify::Moment;
use serde_json::json;

use crate::support::{NOW, World, end, target};

const AGE: Duration = Duration::from_secs(11);

fn stale(policy: StalePolicy) -> Moment {
    Moment { now: Timestamp::from_seconds(NOW), freshness: Freshness::Stale { age: AGE, policy } }
}

const INCOMPLETE: Moment = Moment { now: Timestamp::from_seconds(NOW), freshness: Freshness::Incomplete };

#[test]
fn a_good_token_gets_the_answer_of_the_policy_first_and_repeated() {
    let world = World::new();
    for warm in [false, true] {
        let token = world.own(&json!({ "jti": format!("tok_{warm}") }));
        if warm {
            assert!(world.accepts(&token, NOW) && world.accepts(&token, NOW));
        }
        let ask = |moment| world.verifier.check(&token, moment).map(|checked| checked.accepted().is_some());
        assert_eq!(ask(stale(StalePolicy::Deny)), Err(Undecided::Stale { age: AGE }));
        assert_eq!(ask(stale(StalePolicy::Ask)), Err(Undecided::Ask { age: AGE }));
        assert_eq!(ask(stale(StalePolicy::Allow)), Ok(true));
        assert_eq!(ask(INCOMPLETE), Err(Undecided::Incomplete));
    }
    assert_eq!(world.verifier.counts().undecided, 6);
}

#[test]
fn a_token_that_the_last_state_refuses_stays_refused_under_every_policy() {
    let world = World::new();
    let token = world.own(&json!({}));
    world.revoke(end(target::subject("alice")));
    let expired = world.own(&json!({ "iat": NOW - 300, "exp": NOW }));
    let forged = format!("{token}A");
    for moment in [stale(StalePolicy::Deny), stale(StalePolicy::Ask), stale(StalePolicy::Allow), INCOMPLETE] {
        for token in [&token, &expired, &forged] {
            assert!(world.verifier.check(token, moment).unwrap().rejection().is_some());
        }
    }
}

#[test]
fn a_stale_look_is_remembered_as_no_pass() {
    let world = World::new();
    let token = world.own(&json!({}));
    assert!(world.verifier.check(&token, stale(StalePolicy::Deny)).is_err());
    world.revoke(end(target::subject("alice")));
    assert!(!world.accepts(&token, NOW));
}
