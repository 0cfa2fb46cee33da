//! A log that another log takes the place of, and a verifier before its first log (design section 3 and 4, I1, I6).

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use quash_core::ids::Issuer;
use quash_core::position::Position;
use quash_core::revocation::entry::Effect;
use quash_core::revocation::freshness::Undecided;
use quash_core::revocation::record::Record;
use quash_core::revocation::state::RevocationState;
use quash_core::revocation::target_key::LogKey;
use quash_core::time::Timestamp;
use quash_verify::{TooManyLogs, Verifier};
use serde_json::json;

use crate::support::{
    EntryOf, FOREIGN, HEAD, NOW, OWN, World, at, end, foreign_config, issuer, key_set, log_key, own_config,
    signing_key, target,
};

/// The state of the log with this number, which starts above all logs before it.
fn log(number: u8) -> RevocationState {
    RevocationState::new(LogKey::from_random([number; 16]), origin(number))
}

fn origin(number: u8) -> Position {
    Position::new(HEAD * u64::from(number)).unwrap()
}

/// A token of its own session, issued when the log stood at `position`.
fn token(world: &World, id: &str, position: Position) -> String {
    world.own(&json!({ "sub": id, "sid": id, "jti": id, "device_id": id, "pos": position }))
}

#[test]
fn a_cold_verifier_refuses_what_needs_no_log_and_answers_nothing_else() {
    // design section 3: a cold verifier answers nothing (503) until its state is complete.
    let (own, foreign) = (signing_key(1, "own-1"), signing_key(2, "foreign-1"));
    let builder = Verifier::builder().issuer(own_config(&own)).issuer(foreign_config(&foreign));
    let world = World { own_key: own, foreign_key: foreign, verifier: builder.build_cold().unwrap() };
    assert_eq!((world.verifier.log_key(), world.verifier.watermark()), (None, Position::ZERO));
    let good = [token(&world, "a", origin(1)), world.foreign(&json!({}))];
    for _ in 0..2 {
        for token in &good {
            assert!(matches!(world.verifier.check(token, at(NOW)), Err(Undecided::Incomplete)));
        }
    }
    assert_eq!(world.refusal(&world.own(&json!({ "iat": NOW - 300, "exp": NOW })), NOW), "expired");
    assert_eq!(world.refusal(&format!("{}A", good[0]), NOW), "invalid_token");
    world.verifier.purge(Timestamp::from_seconds(NOW));
    assert!(world.verifier.check(&good[0], at(NOW)).is_err(), "a purge does not warm it");

    let state = log(1);
    state.absorb(&[end(target::subject("a")).at(origin(2)).record(state.log_key())]);
    world.verifier.install(state).unwrap();
    assert_eq!(world.verifier.log_key(), Some(LogKey::from_random([1; 16])));
    assert_eq!(world.refusal(&good[0], NOW), "admin");
    assert!(world.accepts(&good[1], NOW) && world.accepts(&good[1], NOW));
    assert_eq!(world.verifier.counts().shortcuts, 1, "no earlier log, hence no further look");
}

#[test]
fn entries_of_the_log_before_stay_in_force_and_those_of_the_new_log_count_at_once() {
    let world = World::new();
    let ended = token(&world, "ended", origin(1));
    let good = token(&world, "good", origin(1));
    assert!(world.accepts(&ended, NOW) && world.accepts(&good, NOW));
    world.revoke(end(target::session("ended")));
    world.verifier.install(log(2)).unwrap();
    assert_eq!((world.verifier.watermark(), world.verifier.live_entries()), (origin(2), 1));
    assert_eq!(world.verifier.cached_tokens(), 0);
    for _ in 0..3 {
        assert!(!world.accepts(&ended, NOW));
        assert!(world.accepts(&good, NOW));
    }
    let counts = world.verifier.counts();
    assert_eq!(counts.shortcuts, 0, "while an earlier log is in force, everything is looked up");
    // A token of the new log is hit by no cutoff of the one before, and by those of its own.
    let again = token(&world, "again", origin(2));
    assert!(world.accepts(&again, NOW));
    world.revoke(end(target::subject("again")));
    world.revoke(end(target::subject("good")));
    assert!(!world.accepts(&again, NOW) && !world.accepts(&good, NOW) && !world.accepts(&ended, NOW));
}

#[test]
fn an_end_wins_over_a_refresh_in_whichever_log_it_is() {
    for (older, newer) in [(Effect::End, Effect::Refresh), (Effect::Refresh, Effect::End)] {
        let world = World::new();
        let token = token(&world, "a", origin(1));
        world.revoke(end(target::subject("a")).effect(older).because("older"));
        world.verifier.install(log(2)).unwrap();
        world.revoke(end(target::subject("a")).effect(newer).because("newer"));
        let wins = if older == Effect::End { "older" } else { "newer" };
        assert_eq!(world.refusal(&token, NOW), wins);
    }
}

#[test]
fn a_log_is_forgotten_with_its_last_entry_and_checks_are_short_again() {
    let world = World::new();
    let good = token(&world, "good", origin(1));
    let ended = world.own(&json!({ "sub": "ended", "sid": "ended", "jti": "ended", "exp": NOW + 300 }));
    world.revoke(end(target::subject("ended")).retained(NOW + 100));
    world.verifier.install(log(2)).unwrap();
    assert_eq!(world.verifier.purge(Timestamp::from_seconds(NOW + 99)).entries, 0);
    assert!(!world.accepts(&ended, NOW + 99) && world.accepts(&good, NOW + 99));
    assert_eq!(world.verifier.purge(Timestamp::from_seconds(NOW + 100)).entries, 1);
    assert_eq!(world.verifier.live_entries(), 0);
    let before = world.verifier.counts().shortcuts;
    assert!(world.accepts(&good, NOW + 100) && world.accepts(&good, NOW + 100));
    assert!(world.verifier.counts().shortcuts > before);
}

#[test]
fn after_four_earlier_logs_another_one_is_not_installed_until_one_is_over() {
    let world = World::new();
    let tokens: Vec<_> = (1..=5_u8).map(|number| token(&world, &number.to_string(), origin(1))).collect();
    for number in 1..=5_u8 {
        // The n-th log holds the end of the n-th token, for n times a hundred seconds.
        let retained = NOW + 100 * u64::from(number);
        world.revoke(end(target::session(&number.to_string())).retained(retained));
        if number < 5 {
            world.verifier.install(log(number + 1)).unwrap();
        }
    }
    assert_eq!(world.verifier.install(log(6)), Err(TooManyLogs));
    assert_eq!(world.verifier.log_key(), Some(LogKey::from_random([5; 16])), "nothing changed");
    assert!(tokens.iter().all(|token| !world.accepts(token, NOW)));
    world.verifier.purge(Timestamp::from_seconds(NOW + 100));
    world.verifier.install(log(6)).unwrap();
    assert!(tokens[1..].iter().all(|token| !world.accepts(token, NOW + 100)));
    assert_eq!(Verifier::LARGEST_NUMBER_OF_EARLIER_LOGS, 4);
}

#[test]
fn logs_without_entries_take_no_place() {
    let world = World::new();
    for number in 2..=30 {
        world.verifier.install(log(number)).unwrap();
    }
    let good = token(&world, "good", origin(30));
    assert!(world.accepts(&good, NOW) && world.accepts(&good, NOW));
    assert_eq!(world.verifier.counts().shortcuts, 1);
}

#[test]
fn issuers_and_keys_can_change_in_every_epoch() {
    // I9, and the scopes of issuers are those of the log in force.
    let world = World::new();
    world.revoke(end(target::subject("alice")).foreign());
    world.verifier.install(log(2)).unwrap();
    let next = signing_key(9, "own-2");
    world.verifier.replace_keys(&issuer(OWN), key_set(&[&world.own_key, &next])).unwrap();
    world.verifier.set_issuer(&foreign_config(&world.foreign_key)).unwrap();
    assert!(world.accepts(&world.own(&json!({})), NOW));
    assert!(!world.accepts(&world.foreign(&json!({})), NOW), "the entry of the log before");
    assert!(world.accepts(&world.foreign(&json!({ "sub": "bob" })), NOW));
    world.revoke(end(target::client("web")).foreign());
    assert!(!world.accepts(&world.foreign(&json!({ "sub": "bob" })), NOW));
    assert!(world.verifier.remove_issuer(&Issuer::new(FOREIGN).unwrap()));
}

fn record(entry: EntryOf, position: Position) -> Record {
    entry.at(position).record(&log_key())
}

#[test]
fn absorbed_entries_hit_tokens_that_passed_before_and_the_watermark_stays() {
    // I1, wide entries included: a snapshot is merged into what is held.
    let entries = [target::session("a"), target::subject("a"), target::client("web"), target::key("own-1")];
    for target in entries {
        let world = World::new();
        let token = token(&world, "a", Position::new(HEAD - 500).unwrap());
        world.verifier.advance(Position::new(HEAD + 10).unwrap());
        assert!(world.accepts(&token, NOW) && world.accepts(&token, NOW));
        let late = record(end(target), Position::new(HEAD - 100).unwrap());
        world.verifier.absorb(&[late.clone(), late.clone()]);
        assert!(!world.accepts(&token, NOW));
        assert_eq!(world.verifier.watermark().number(), HEAD + 10);
        world.verifier.absorb(&[late]);
        assert_eq!(world.verifier.live_entries(), 1);
    }
}

/// I1 over a change of logs: a reader that knows that an entry is in force is never told "accept", whether the entry
/// is of the log before or of the new one, and whenever the new one is put in force.
#[test]
fn no_reader_is_told_to_accept_while_logs_are_installed() {
    const TOKENS: usize = 60;
    let world = World::new();
    let revoked: Vec<_> = (0..TOKENS).map(|_| AtomicBool::new(false)).collect();
    let tokens: Vec<_> = (0..TOKENS).map(|id| token(&world, &id.to_string(), origin(1))).collect();
    let (done, refused) = (AtomicBool::new(false), AtomicU64::new(0));
    thread::scope(|scope| {
        for reader in 0..3 {
            let (tokens, revoked, done, refused, world) = (&tokens, &revoked, &done, &refused, &world);
            scope.spawn(move || {
                let mut number = reader * 17;
                while !done.load(Ordering::Acquire) {
                    number = (number + 7) % TOKENS;
                    let told = revoked[number].load(Ordering::Acquire);
                    let accepted = world.accepts(&tokens[number], NOW);
                    assert!(!(told && accepted), "accepted after its entry was in force");
                    refused.fetch_add(u64::from(!accepted), Ordering::Relaxed);
                }
            });
        }
        for (number, revoked) in revoked.iter().enumerate() {
            if number % 15 == 14 {
                world.verifier.install(log(u8::try_from(number / 15).unwrap() + 2)).unwrap();
            }
            world.revoke(end(target::session(&number.to_string())));
            revoked.store(true, Ordering::Release);
            let refused_before = refused.load(Ordering::Relaxed);
            // On until the readers met some of them.
            while refused.load(Ordering::Relaxed) < refused_before + 20 {
                thread::yield_now();
            }
        }
        done.store(true, Ordering::Release);
    });
    assert!(tokens.iter().all(|token| !world.accepts(token, NOW)));
}
