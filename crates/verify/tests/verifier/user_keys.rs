//! Tokens that are signed with the keys of their subjects (S20).

use quash_core::position::Position;
use quash_core::revocation::entry::Effect;
use quash_core::revocation::freshness::Undecided;
use quash_core::revocation::reason::Reason;
use quash_core::revocation::rejection::Remedy;
use quash_core::revocation::target::Target;
use quash_core::time::Timestamp;
use quash_jose::{KeyOwner, Secret, UserSecrets};
use quash_verify::feed::IssuerDocument;
use quash_verify::{IssuerConflict, Verifier};
use serde_json::{Value, json};

use crate::support::{
    EntryOf, HEAD, NOW, OWN, World, at, end, foreign_config, issuer, log_key, merged, own_claims, own_config,
    signing_key, target,
};

fn secrets(bytes: &[u8]) -> UserSecrets {
    UserSecrets::new(bytes.iter().map(|byte| Secret::new(vec![*byte; 32]))).unwrap()
}

fn ids(bytes: &[u8]) -> Vec<String> {
    secrets(bytes).ids().map(str::to_owned).collect()
}

/// A token of `subject` under its key of this generation, derived from the secret `secret`.
fn token(secret: u8, subject: &str, generation: u64, claims: &Value) -> String {
    let (log, name) = (log_key(), issuer(OWN));
    let generation = Position::new(generation).unwrap();
    let owner = KeyOwner { log: &log, issuer: &name, subject, generation };
    let key = secrets(&[secret]).signing_key(&owner).unwrap().unwrap();
    key.mint("at+jwt", &merged(merged(own_claims(), &json!({ "sub": subject })), claims)).unwrap()
}

fn world() -> World {
    let world = World::with(|builder| builder.user_secrets(secrets(&[1, 2])));
    world.verifier.set_issuer(&own_config(&world.own_key).with_user_secrets(ids(&[1, 2]))).unwrap();
    world
}

fn rotation(subject: &str) -> EntryOf {
    end(target::user_key(subject)).because(Reason::KEY_ROTATED).retained(Timestamp::FOREVER.seconds())
}

#[test]
fn rotating_one_key_kills_its_tokens_at_once_cached_ones_too_and_no_others() {
    let world = world();
    let (alice, bob) = (token(1, "alice", 0, &json!({})), token(1, "bob", 0, &json!({ "sid": "ses_2" })));
    let own = world.own(&json!({ "sub": "bob", "sid": "ses_2" }));
    for token in [&alice, &bob, &own] {
        assert!(world.accepts(token, NOW) && world.accepts(token, NOW));
    }
    assert_eq!(world.verifier.counts().shortcuts, 3);
    let place = world.revoke(rotation("alice"));
    assert_eq!(world.refusal(&alice, NOW), "key_rotated");
    assert!(world.accepts(&bob, NOW) && world.accepts(&own, NOW));
    // Whoever knew the key before writes what they like.
    let later = json!({ "jti": "tok_9", "sid": "ses_9", "pos": HEAD + 9 });
    assert_eq!(world.refusal(&token(1, "alice", 0, &later), NOW), "key_rotated");
    let new = token(1, "alice", place.number(), &json!({ "jti": "tok_8", "pos": place.number() }));
    assert!(world.accepts(&new, NOW) && world.accepts(&new, NOW));
    world.verifier.purge(Timestamp::from_seconds(NOW + 200));
    assert_eq!(world.refusal(&alice, NOW), "key_rotated", "a generation never expires");
}

#[test]
fn where_the_session_is_kept_its_holder_renews() {
    let world = world();
    let alice = token(1, "alice", 0, &json!({}));
    world.revoke(rotation("alice").effect(Effect::Refresh));
    let checked = world.check(&alice, NOW);
    let rejection = checked.rejection().unwrap();
    assert_eq!((rejection.reason(), rejection.remedy()), ("key_rotated", Remedy::RenewSilently));
}

#[test]
fn a_generation_that_was_never_made_is_refused_and_one_beyond_what_is_known_undecided() {
    let world = world();
    world.verifier.advance(Position::new(HEAD + 5).unwrap());
    for generation in [1, HEAD + 5] {
        let forged = token(1, "alice", generation, &json!({ "jti": format!("tok_{generation}") }));
        assert_eq!(world.defect(&forged, NOW), "unknown_key");
    }
    let ahead = token(1, "alice", HEAD + 6, &json!({ "pos": HEAD + 6 }));
    for _again in 0..2 {
        assert_eq!(world.verifier.check(&ahead, at(NOW)).unwrap_err(), Undecided::Ahead);
    }
    assert_eq!(world.revoke(rotation("alice")).number(), HEAD + 6);
    assert!(world.accepts(&ahead, NOW));
}

#[test]
fn the_generation_of_somebody_else_is_of_no_use() {
    let world = world();
    let of_bob = world.revoke(rotation("bob")).number();
    assert_eq!(world.defect(&token(1, "alice", of_bob, &json!({})), NOW), "unknown_key");
    // The key is derived from the `sub` that is in the token.
    let changed = token(1, "bob", of_bob, &json!({ "sub": "alice", "pos": of_bob }));
    assert_eq!(world.defect(&changed, NOW), "bad_signature");
}

#[test]
fn rotating_the_keys_of_all_kills_every_generation_before() {
    // I6: what a restore does.
    let world = world();
    let alice = token(1, "alice", 0, &json!({}));
    assert!(world.accepts(&alice, NOW));
    let all = world.revoke(end(Target::UserKeys).retained(Timestamp::FOREVER.seconds())).number();
    assert_eq!(world.refusal(&alice, NOW), "admin");
    assert!(world.accepts(&token(1, "alice", all, &json!({ "pos": all })), NOW));
}

#[test]
fn a_secret_that_is_taken_out_kills_the_tokens_under_it_and_one_that_overlaps_does_not() {
    let world = world();
    let (first, second) =
        (token(1, "alice", 0, &json!({})), token(2, "alice", 0, &json!({ "jti": "tok_2" })));
    assert!(world.accepts(&first, NOW) && world.accepts(&second, NOW));
    // The issuer says which are in force, whatever is held here.
    world.verifier.set_issuer(&own_config(&world.own_key).with_user_secrets(ids(&[2]))).unwrap();
    assert_eq!(world.defect(&first, NOW), "unknown_key");
    assert!(world.accepts(&second, NOW));
    world.verifier.set_issuer(&own_config(&world.own_key)).unwrap();
    assert_eq!(world.defect(&second, NOW), "unknown_key", "switched off");
}

#[test]
fn without_the_secret_nothing_is_decided_of_the_tokens_under_it() {
    // As of the tokens of an issuer whose shared secret is not here.
    let world = World::new();
    world.verifier.set_issuer(&own_config(&world.own_key).with_user_secrets(ids(&[1]))).unwrap();
    let alice = token(1, "alice", 0, &json!({}));
    assert_eq!(world.verifier.check(&alice, at(NOW)).unwrap_err(), Undecided::Incomplete);
    assert!(world.accepts(&world.own(&json!({})), NOW), "the issuer's own key is here");
    assert_eq!(world.defect(&token(2, "alice", 0, &json!({})), NOW), "unknown_key", "not in force");
}

#[test]
fn before_the_first_log_nothing_is_decided() {
    let config = own_config(&signing_key(1, "own-1")).with_user_secrets(ids(&[1]));
    let cold = Verifier::builder().user_secrets(secrets(&[1])).issuer(config).build_cold().unwrap();
    let alice = token(1, "alice", 0, &json!({}));
    assert_eq!(cold.check(&alice, at(NOW)).unwrap_err(), Undecided::Incomplete);
}

#[test]
fn a_stream_of_a_rotated_key_is_cut() {
    let world = World::with(|builder| builder.user_secrets(secrets(&[1])));
    world.verifier.set_issuer(&own_config(&world.own_key).with_user_secrets(ids(&[1]))).unwrap();
    let checked = world.check(&token(1, "alice", 0, &json!({})), NOW);
    let watch = world.verifier.watch(&checked.accepted().unwrap().to_arc());
    assert!(watch.ended().is_none());
    world.revoke(rotation("alice"));
    assert!(watch.ended().is_some());
}

#[test]
fn only_our_own_authority_signs_with_the_keys_of_subjects() {
    let world = World::new();
    let config = foreign_config(&world.foreign_key).with_user_secrets(ids(&[1]));
    assert!(matches!(world.verifier.set_issuer(&config), Err(IssuerConflict::ForeignUserKeys(_))));
}

#[test]
fn followers_are_told_the_ids_of_the_secrets_and_nothing_else() {
    // A reader who does not know the rule finds one that it does not know among what is required.
    let config = own_config(&signing_key(1, "own-1")).with_user_secrets(ids(&[1, 2]));
    let document = IssuerDocument::of(&config);
    assert_eq!((&document.required, document.secret), (&vec![9], false));
    assert_eq!(document.user_secrets, Some(ids(&[1, 2])));
    assert_eq!(document.config().unwrap().user_secrets(), ids(&[1, 2]));
    let off = IssuerDocument::of(&own_config(&signing_key(1, "own-1")));
    assert_eq!((off.required, off.user_secrets), (Vec::new(), None));
}
