//! Keys come and go (I9; attack row 29).

use std::time::Duration;

use quash_core::revocation::freshness::{Freshness, StalePolicy, Undecided};
use quash_core::time::Timestamp;
use quash_jose::KeySet;
use quash_verify::{KeysRefused, Moment, Verifier};
use serde_json::json;

use crate::support::{
    FOREIGN, NOW, OWN, World, at, end, foreign_config, issuer, key_set, own_claims, signing_key, target,
};

#[test]
fn a_new_key_beside_the_old_one_refuses_no_valid_token() {
    // I9
    let world = World::new();
    let token = world.own(&json!({}));
    assert!(world.accepts(&token, NOW));
    let next = signing_key(9, "own-2");
    world.verifier.replace_keys(&issuer(OWN), key_set(&[&world.own_key, &next])).unwrap();
    assert!(world.accepts(&token, NOW), "signed with the key before");
    assert!(world.accepts(&next.mint("at+jwt", &own_claims()).unwrap(), NOW));
}

#[test]
fn a_removed_key_voids_cached_signatures_at_once() {
    let world = World::new();
    let token = world.own(&json!({}));
    assert!(world.accepts(&token, NOW) && world.accepts(&token, NOW));
    let next = signing_key(9, "own-2");
    world.verifier.replace_keys(&issuer(OWN), key_set(&[&next])).unwrap();
    assert_eq!(world.defect(&token, NOW), "unknown_key");
}

#[test]
fn another_key_of_the_same_name_voids_cached_signatures_too() {
    let world = World::new();
    let token = world.own(&json!({}));
    assert!(world.accepts(&token, NOW) && world.accepts(&token, NOW));
    let impostor = signing_key(9, "own-1");
    world.verifier.replace_keys(&issuer(OWN), key_set(&[&impostor])).unwrap();
    assert_eq!(world.defect(&token, NOW), "bad_signature");
}

#[test]
fn a_key_that_nobody_knows_is_no_reason_to_refuse_while_the_state_is_old_or_incomplete() {
    // I9: the key may have come into use meanwhile, and what is trusted comes the same way as the state.
    let world = World::new();
    let unknown = signing_key(9, "own-2").mint("at+jwt", &own_claims()).unwrap();
    let stranger = world.own(&json!({ "iss": "https://new.example" }));
    let age = Duration::from_secs(11);
    let now = Timestamp::from_seconds(NOW);
    for token in [&unknown, &stranger] {
        for policy in [StalePolicy::Deny, StalePolicy::Allow] {
            let stale = Moment::new(now, Freshness::Stale { age, policy });
            assert_eq!(world.verifier.check(token, stale).unwrap_err(), Undecided::Stale { age });
        }
        let ask = Moment::new(now, Freshness::Stale { age, policy: StalePolicy::Ask });
        assert_eq!(world.verifier.check(token, ask).unwrap_err(), Undecided::Ask { age });
        let cold = Moment::new(now, Freshness::Incomplete);
        assert_eq!(world.verifier.check(token, cold).unwrap_err(), Undecided::Incomplete);
        assert!(world.verifier.check(token, at(NOW)).unwrap().rejection().is_some());
    }
    // What is no token under any trust stays refused.
    let cold = Moment::new(now, Freshness::Incomplete);
    assert!(world.verifier.check("nonsense", cold).unwrap().rejection().is_some());
}

#[test]
fn issuers_are_told_with_the_keys_in_force() {
    // Design section 9: an edge learns issuers and keys.
    let world = World::new();
    let next = signing_key(9, "own-2");
    world.verifier.replace_keys(&issuer(OWN), key_set(&[&next])).unwrap();
    let issuers = world.verifier.issuers();
    let own = issuers.iter().find(|config| *config.name() == issuer(OWN)).unwrap();
    assert!(own.is_own() && issuers.len() == 2);
    assert_eq!(own.keys().iter().next().unwrap().key_id(), next.verification_key().unwrap().key_id());
}

#[test]
fn an_empty_or_unexpected_key_set_never_replaces_a_good_one() {
    // attack row 29
    let world = World::new();
    let token = world.foreign(&json!({}));
    assert_eq!(world.verifier.replace_keys(&issuer(FOREIGN), KeySet::default()), Err(KeysRefused::Empty));
    let stranger = issuer("https://who.example");
    let keys = key_set(&[&world.foreign_key]);
    assert_eq!(world.verifier.replace_keys(&stranger, keys), Err(KeysRefused::UnknownIssuer));
    assert!(world.accepts(&token, NOW));
}

#[test]
fn an_issuer_whose_keys_never_came_is_undecided_and_its_tokens_live_once_they_come() {
    let key = signing_key(2, "foreign-1");
    let empty =
        quash_verify::IssuerConfig::foreign(issuer(FOREIGN), vec!["api".to_owned()], KeySet::default());
    let world = World::with(|_| Verifier::builder().issuer(empty));
    let token = world.foreign(&json!({}));
    assert_eq!(world.verifier.check(&token, at(NOW)).err(), Some(Undecided::Incomplete));
    world.verifier.replace_keys(&issuer(FOREIGN), key_set(&[&key])).unwrap();
    assert!(world.accepts(&token, NOW));
    assert_eq!(world.verifier.keys(&issuer(FOREIGN)).unwrap().len(), 1);
}

#[test]
fn an_entry_about_a_key_refuses_every_token_that_it_signed_cached_or_not() {
    // S21
    let world = World::new();
    let (seen, unseen) = (world.own(&json!({})), world.own(&json!({ "jti": "tok_2" })));
    assert!(world.accepts(&seen, NOW) && world.accepts(&seen, NOW));
    world.revoke(end(target::key("own-1")).because("key_compromised"));
    for token in [&seen, &unseen] {
        assert_eq!(world.refusal(token, NOW), "key_compromised");
    }
    // The same key id at another issuer is another key.
    assert!(world.accepts(&world.foreign(&json!({})), NOW));
    // Issued after the entry makes no difference: a key target is an identity.
    let later = world.own(&json!({ "jti": "tok_3", "pos": crate::support::HEAD + 10 }));
    assert_eq!(world.refusal(&later, NOW), "key_compromised");
}

#[test]
fn a_token_without_a_key_id_needs_the_only_key() {
    let (one, two) = (signing_key(2, "a"), signing_key(3, "b"));
    let world = World::with(|_| Verifier::builder().issuer(foreign_config(&one)));
    let nameless = quash_jose::SigningKey::ed25519_from_seed(&[2; 32], None).unwrap();
    let token = nameless.mint("at+jwt", &crate::support::foreign_claims()).unwrap();
    assert!(world.accepts(&token, NOW));
    world.verifier.replace_keys(&issuer(FOREIGN), key_set(&[&one, &two])).unwrap();
    assert_eq!(world.defect(&token, NOW), "unknown_key");
}
