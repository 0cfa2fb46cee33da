//! Attacks row 24: a cache that mixes tokens up.

use quash_core::ids::Issuer;
use quash_core::position::Position;
use quash_core::revocation::target_key::LogKey;
use quash_jose::{KeySet, SigningKey};

use super::*;
use crate::{IssuerConfig, Moment, Relaxation, Verifier};

const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

/// Mints tokens that say which number they are, and verifies them.
struct Fixture {
    key: SigningKey,
    verifier: Verifier,
}

impl Fixture {
    fn new() -> Self {
        let key = SigningKey::ed25519_from_seed(&[5; 32], None).unwrap();
        let keys = KeySet::new([key.verification_key().unwrap()]).unwrap();
        let issuer = IssuerConfig::foreign(Issuer::new("https://a.example").unwrap(), Vec::new(), keys)
            .relax(Relaxation::AnyAudience);
        let verifier =
            Verifier::builder().issuer(issuer).build(LogKey::from_random([1; 16]), Position::ZERO).unwrap();
        Self { key, verifier }
    }

    fn insert(&self, cache: &TokenCache, text: &str, token: &Arc<VerifiedToken>, now: Timestamp) {
        let issuer = token.trusted_issuer();
        let state = self.verifier.state();
        let standing = Standing::new(token, issuer.rules(), state.names_of(token));
        cache.insert(text, Judged { token: Arc::clone(token), standing, epoch: state.0, seen_at: None }, now);
    }

    fn token(&self, number: u32, lives_for: u64) -> Arc<VerifiedToken> {
        let iat = NOW.seconds();
        let claims = serde_json::json!({
            "iss": "https://a.example", "sub": number.to_string(), "iat": iat, "exp": iat + lives_for,
        });
        let text = self.key.mint("at+jwt", &claims).unwrap();
        self.verifier.pin().check(&text, Moment::fresh(NOW)).unwrap().accepted().unwrap().to_arc()
    }
}

fn cache_of(capacity: usize) -> TokenCache {
    TokenCache::new(capacity, Activity::new(false, capacity))
}

fn text(number: u32) -> String {
    format!("header.payload-{number}.0123456789abcdef")
}

#[test]
fn of_thousands_of_tokens_with_equal_tails_none_is_taken_for_another() {
    let fixture = Fixture::new();
    let cache = cache_of(100);
    let guard = cache.guard();
    for number in 0..3_000 {
        fixture.insert(&cache, &text(number), &fixture.token(number, 300), NOW);
        let found = cache.find(&text(number), &guard).expect("the latest takes the place of the one before");
        assert_eq!(found.token().subject(), Some(number.to_string().as_str()));
        for other in [number.wrapping_sub(1), number + 1] {
            assert!(cache.find(&text(other), &guard).is_none(), "{other} passed for {number}");
        }
    }
    assert_eq!(cache.len(), 1, "one place a tail, so that they can not crowd others out");
}

#[test]
fn every_single_byte_of_a_token_counts() {
    let fixture = Fixture::new();
    let cache = cache_of(10);
    let known = text(7);
    fixture.insert(&cache, &known, &fixture.token(7, 300), NOW);
    let guard = cache.guard();
    for place in 0..known.len() {
        let mut changed = known.clone().into_bytes();
        changed[place] ^= 1;
        assert!(cache.find(std::str::from_utf8(&changed).unwrap(), &guard).is_none(), "{place}");
        assert!(cache.find(known.split_at(place).0, &guard).is_none());
    }
    assert!(cache.find(&format!("{known}="), &guard).is_none());
    assert!(cache.find(&known, &guard).is_some());
}

#[test]
fn a_cache_keeps_no_more_tokens_than_it_may() {
    // I8
    let fixture = Fixture::new();
    let cache = cache_of(50);
    let token = fixture.token(0, 300);
    for number in 0..1_000 {
        fixture.insert(&cache, &format!("a.{number}.{number:016}"), &token, NOW);
        assert!(cache.len() <= 50);
    }
    let none = cache_of(0);
    fixture.insert(&none, &text(0), &token, NOW);
    assert!(none.len() == 0 && none.find(&text(0), &none.guard()).is_none());
}

#[test]
fn tokens_that_are_over_make_room_before_tokens_that_are_used() {
    let fixture = Fixture::new();
    let cache = cache_of(8);
    let (short, long) = (fixture.token(0, 10), fixture.token(1, 300));
    let name = |number: u32| format!("a.b.{number:016}");
    for number in 0..8 {
        let token = if number == 5 { &short } else { &long };
        fixture.insert(&cache, &name(number), token, NOW);
    }
    let guard = cache.guard();
    assert!((0..8).all(|number| cache.find(&name(number), &guard).is_some()));
    let later = Timestamp::from_seconds(NOW.seconds() + 10);
    fixture.insert(&cache, &name(8), &long, later);
    assert!(cache.find(&name(5), &guard).is_none(), "over at `exp` exactly");
    assert!([0, 1, 2, 3, 4, 6, 7, 8].iter().all(|number| cache.find(&name(*number), &guard).is_some()));
}

#[test]
fn a_sweep_lets_go_what_is_over_and_nothing_else() {
    let fixture = Fixture::new();
    let cache = cache_of(10_000);
    let (short, long) = (fixture.token(0, 10), fixture.token(1, 300));
    for number in 0..3_000 {
        let token = if number % 3 == 0 { &short } else { &long };
        fixture.insert(&cache, &format!("a.b.{number:016}"), token, NOW);
    }
    assert_eq!(cache.sweep(Timestamp::from_seconds(NOW.seconds() + 9)), 0);
    assert_eq!(cache.sweep(Timestamp::from_seconds(NOW.seconds() + 10)), 1_000);
    assert_eq!(cache.len(), 2_000);
    assert_eq!(cache.sweep(Timestamp::FOREVER), 2_000);
    assert_eq!(cache.len(), 0);
}
