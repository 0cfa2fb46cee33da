//! Which sessions were used, as a verifier tells it (S05).

use std::collections::BTreeMap;

use quash_core::position::Position;
use quash_core::revocation::freshness::{Freshness, StalePolicy};
use quash_core::revocation::state::RevocationState;
use quash_core::revocation::target_key::LogKey;
use quash_core::time::Timestamp;
use quash_verify::{Moment, Verifier};
use serde_json::{Value, json};

use crate::support::{HEAD, NOW, World, at, end, log_key, signing_key, target};

/// How early an instant may be told.
const TICK: u64 = 1_024;

fn world() -> World {
    World::with(|builder| builder.reports_activity(true))
}

/// Milliseconds by `sid`, `client_id` and `device_id`.
fn taken(verifier: &Verifier) -> BTreeMap<(String, String, Option<String>), u64> {
    let uses = verifier.take_activity();
    let count = uses.len();
    let by_sign_in: BTreeMap<_, _> = uses
        .into_iter()
        .map(|seen| {
            let device = seen.by.device.map(|device| device.as_str().to_owned());
            let key = (seen.by.session.as_str().to_owned(), seen.by.client.as_str().to_owned(), device);
            (key, seen.at.milliseconds())
        })
        .collect();
    assert_eq!(by_sign_in.len(), count, "each sign-in once");
    by_sign_in
}

fn sessions(verifier: &Verifier) -> Vec<String> {
    taken(verifier).into_keys().map(|(session, ..)| session).collect()
}

fn token(world: &World, session: &str) -> String {
    world.own(&json!({ "sid": session, "jti": format!("tok_{session}") }))
}

#[track_caller]
fn assert_told(told: u64, second: u64) {
    let milliseconds = second * 1_000;
    assert!(told <= milliseconds && milliseconds - told < TICK, "{told} for {milliseconds}");
}

#[test]
fn a_use_is_told_once_with_its_instant_never_late_and_up_to_a_second_early() {
    let world = world();
    let token = token(&world, "ses_1");
    assert!(taken(&world.verifier).is_empty());
    // The first check, checks of a cached token, and the first again after a report.
    for seconds in [vec![NOW], vec![NOW + 10, NOW + 47, NOW + 48], vec![NOW + 100]] {
        for second in &seconds {
            assert!(world.accepts(&token, *second));
        }
        let told = taken(&world.verifier);
        let key = ("ses_1".to_owned(), "web".to_owned(), Some("dev_1".to_owned()));
        assert_eq!(told.keys().collect::<Vec<_>>(), [&key]);
        assert_told(told[&key], *seconds.last().unwrap());
        assert!(taken(&world.verifier).is_empty(), "it was told");
    }
}

#[test]
fn of_several_tokens_of_one_sign_in_the_latest_use_is_told_and_others_apart() {
    let world = world();
    let tokens = ["tok_1", "tok_2", "tok_3"].map(|jti| world.own(&json!({ "jti": jti })));
    for (token, second) in tokens.iter().zip([NOW + 20, NOW + 40, NOW + 30]) {
        assert!(world.accepts(token, second));
    }
    let shared =
        [json!({ "client_id": "app" }), json!({ "device_id": "dev_2" }), json!({ "device_id": null })];
    for claims in &shared {
        assert!(world.accepts(&world.own(claims), NOW + 5));
    }
    let told = taken(&world.verifier);
    assert_eq!(told.len(), 4);
    assert_told(told[&("ses_1".to_owned(), "web".to_owned(), Some("dev_1".to_owned()))], NOW + 40);
    assert_told(told[&("ses_1".to_owned(), "web".to_owned(), None)], NOW + 5);
}

#[test]
fn what_is_refused_or_undecided_is_no_use() {
    let world = world();
    let known = token(&world, "ses_1");
    assert!(world.accepts(&known, NOW));
    taken(&world.verifier);
    let stale = |second| {
        let freshness =
            Freshness::Stale { age: std::time::Duration::from_secs(60), policy: StalePolicy::Deny };
        Moment::new(Timestamp::from_seconds(second), freshness)
    };
    assert!(world.verifier.check(&known, stale(NOW + 1)).is_err());
    assert!(world.verifier.check(&token(&world, "ses_2"), stale(NOW + 1)).is_err());
    assert!(!world.accepts(&known, NOW + 300), "at `exp` exactly");
    world.revoke(end(target::session("ses_1")));
    assert!(!world.accepts(&known, NOW + 2));
    assert!(!world.accepts(&token(&world, "ses_1"), NOW + 2), "a first check");
    let mut forged = known;
    forged.replace_range(forged.len() - 4.., "AAAA");
    assert!(!world.accepts(&forged, NOW + 2));
    assert!(taken(&world.verifier).is_empty());
}

#[test]
fn only_sessions_of_our_own_authority_are_told_of() {
    let world = world();
    for _again in 0..2 {
        assert!(world.accepts(&world.foreign(&json!({})), NOW));
        assert!(world.accepts(&world.own(&json!({ "sid": null })), NOW), "a client that speaks for itself");
    }
    assert!(taken(&world.verifier).is_empty());
}

#[test]
fn a_verifier_that_nobody_asks_keeps_nothing() {
    let world = World::new();
    for _again in 0..2 {
        assert!(world.accepts(&token(&world, "ses_1"), NOW));
    }
    assert!(world.verifier.take_activity().is_empty());
    assert!(!world.verifier.reports_activity());
}

#[test]
fn a_use_outlives_the_token_in_the_cache() {
    // S05: pushed out by others, over, of a log that was replaced, or verified anew with other keys.
    let world = World::with(|builder| builder.cached_tokens(2).reports_activity(true));
    let names: Vec<String> = (0..9).map(|number| format!("ses_{number}")).collect();
    for name in &names {
        assert!(world.accepts(&token(&world, name), NOW));
    }
    assert_eq!(sessions(&world.verifier), names);

    assert!(world.accepts(&token(&world, "ses_1"), NOW + 299));
    assert!(world.verifier.purge(Timestamp::from_seconds(NOW + 300)).tokens > 0);
    assert_eq!(sessions(&world.verifier), ["ses_1"]);

    let world = self::world();
    let known = token(&world, "ses_1");
    assert!(world.accepts(&known, NOW));
    let other = RevocationState::new(LogKey::from_random([7; 16]), Position::new(HEAD).unwrap());
    world.verifier.install(other).unwrap();
    assert_eq!(world.verifier.cached_tokens(), 0);
    assert_eq!(sessions(&world.verifier), ["ses_1"]);

    assert!(world.accepts(&known, NOW + 50));
    let (own, more) = (&world.own_key, signing_key(9, "own-2"));
    let keys = crate::support::key_set(&[own, &more]);
    world.verifier.replace_keys(&crate::support::issuer(crate::support::OWN), keys).unwrap();
    assert!(world.accepts(&known, NOW + 10), "the signature is checked anew, by a clock that went back");
    let told = taken(&world.verifier);
    assert_told(*told.values().next().unwrap(), NOW + 50);
}

#[test]
fn without_a_cache_every_use_is_told_all_the_same() {
    let world = World::with(|builder| builder.cached_tokens(0).reports_activity(true));
    for second in [NOW, NOW + 20, NOW + 10] {
        assert!(world.accepts(&token(&world, "ses_1"), second));
    }
    let told = taken(&world.verifier);
    assert_eq!(told.len(), 1);
    assert_eq!(told.values().next(), Some(&((NOW + 20) * 1_000)));
}

#[test]
fn what_could_not_be_reported_is_told_with_the_next_report() {
    // S05: an outage loses nothing, and the latest use counts.
    let world = world();
    let [one, two] = ["ses_1", "ses_2"].map(|session| token(&world, session));
    assert!(world.accepts(&one, NOW) && world.accepts(&two, NOW));
    let lost = world.verifier.take_activity();
    assert!(world.accepts(&two, NOW + 30));
    assert!(world.verifier.has_room_for_activity(2));
    world.verifier.keep_activity(lost);
    let told: Vec<u64> = taken(&world.verifier).into_values().collect();
    assert_told(told[0], NOW);
    assert_told(told[1], NOW + 30);
    assert_eq!(world.verifier.counts().uses_dropped, 0);
}

#[test]
fn checks_that_go_on_meanwhile_lose_no_use() {
    // A use is told in this report or in the next.
    let world = world();
    let tokens: Vec<String> = (0..50).map(|number| token(&world, &format!("ses_{number:02}"))).collect();
    let mut told = BTreeMap::new();
    std::thread::scope(|scope| {
        let checks = scope.spawn(|| {
            for second in NOW..NOW + 200 {
                for token in &tokens {
                    assert!(world.verifier.check(token, at(second)).unwrap().accepted().is_some());
                }
            }
        });
        while !checks.is_finished() {
            merge(&mut told, taken(&world.verifier));
        }
    });
    merge(&mut told, taken(&world.verifier));
    assert_eq!(told.len(), 50);
    for last in told.values() {
        assert_told(*last, NOW + 199);
    }
}

fn merge<K: Ord>(told: &mut BTreeMap<K, u64>, more: BTreeMap<K, u64>) {
    for (key, at) in more {
        let latest = told.entry(key).or_insert(at);
        *latest = at.max(*latest);
    }
}

#[test]
fn a_route_that_is_closed_to_a_token_is_a_use_of_its_session() {
    // The token is good, and its holder is there.
    let world = world();
    let rules = quash_verify::RouteRules::none().scope("admin");
    let pinned = world.verifier.pin();
    let _closed = pinned.admit(&token(&world, "ses_1"), at(NOW), &rules).unwrap();
    assert_eq!(sessions(&world.verifier), ["ses_1"]);
}

#[test]
fn what_the_claims_are_spelt_like_is_bounded_by_what_a_store_can_hold() {
    let world = world();
    let long = "x".repeat(300);
    let odd: [Value; 2] = [json!({ "sid": long }), json!({ "client_id": long, "jti": "tok_2" })];
    for claims in &odd {
        world.verifier.check(&world.own(claims), at(NOW)).unwrap();
    }
    assert!(taken(&world.verifier).is_empty());
    assert_eq!(log_key(), world.verifier.log_key().unwrap(), "and nothing else happened");
}
