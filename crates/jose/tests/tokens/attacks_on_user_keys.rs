//! Tokens under the keys of single subjects (S20), and what is tried against them.

use quash_core::defect::Defect;
use quash_core::ids::Issuer;
use quash_core::position::Position;
use quash_core::revocation::target_key::LogKey;
use quash_core::verified::VerifiedClaims;
use quash_jose::{Algorithm, KeyOwner, Limits, Secret, SigningKey, UnverifiedToken, UserSecrets};

use crate::support::{self, ISSUER, PAYLOAD, own_profile, payload_with, payload_without};

const LOG: LogKey = LogKey::from_random([3; 16]);

fn secrets(byte: u8) -> UserSecrets {
    UserSecrets::new([Secret::new(vec![byte; 32])]).unwrap()
}

fn key_of(subject: &str, generation: u64) -> SigningKey {
    let issuer = Issuer::new(ISSUER).unwrap();
    let generation = Position::new(generation).unwrap();
    secrets(1).signing_key(&KeyOwner { log: &LOG, issuer: &issuer, subject, generation }).unwrap().unwrap()
}

fn header_of(key: &SigningKey) -> String {
    format!(r#"{{"alg":"HS256","typ":"at+jwt","kid":"{}"}}"#, key.key_id().unwrap())
}

fn signed(key: &SigningKey, header: &str, payload: &str) -> String {
    key.sign_compact(header.as_bytes(), payload.as_bytes()).unwrap()
}

fn verify(token: &str) -> Result<VerifiedClaims, Defect> {
    UnverifiedToken::parse(token, Limits::default())?.verify_by_user_key(&secrets(1), &LOG, &own_profile())
}

#[test]
fn a_token_verifies_with_the_key_of_its_subject_in_the_generation_that_it_names() {
    let key = key_of("alice", 7);
    let verified = verify(&signed(&key, &header_of(&key), PAYLOAD)).unwrap();
    assert_eq!((verified.subject(), verified.generation()), (Some("alice"), Position::new(7).ok()));
    assert_eq!(verified.key(), key.key_id());
}

#[test]
fn another_subject_or_generation_fails_at_the_signature() {
    // S20: a generation of bob in a token of alice is but a number, her key of it another one.
    let (alice, bob) = (key_of("alice", 7), key_of("bob", 7));
    let attempts = [
        ("the subject was changed", signed(&alice, &header_of(&alice), &payload_with("sub", r#""bob""#))),
        ("the key of somebody else", signed(&bob, &header_of(&alice), PAYLOAD)),
        ("an older key under the newer name", signed(&key_of("alice", 0), &header_of(&alice), PAYLOAD)),
    ];
    for (what, token) in attempts {
        assert_eq!(verify(&token).err(), Some(Defect::BadSignature), "{what}");
    }
    let token = signed(&alice, &header_of(&alice), PAYLOAD);
    let elsewhere = UnverifiedToken::parse(&token, Limits::default()).unwrap();
    let other_log = LogKey::from_random([4; 16]);
    let elsewhere = elsewhere.verify_by_user_key(&secrets(1), &other_log, &own_profile());
    assert_eq!(elsewhere.err(), Some(Defect::BadSignature), "data that was begun anew");
}

#[test]
fn the_algorithm_is_that_of_the_key_whatever_the_header_says() {
    // attack rows 1 and 2
    let key = key_of("alice", 7);
    let name = key.key_id().unwrap();
    for algorithm in ["none", "HS384", "HS512", "ES256", "RS256"] {
        let header = format!(r#"{{"alg":"{algorithm}","typ":"at+jwt","kid":"{name}"}}"#);
        let token = signed(&key, &header, PAYLOAD);
        assert_eq!(verify(&token).err(), Some(Defect::WrongAlgorithm), "{algorithm}");
    }
}

#[test]
fn a_key_of_a_subject_and_a_key_of_the_issuer_never_stand_for_one_another() {
    // attack row 2
    let key = key_of("alice", 7);
    let by_issuer = UnverifiedToken::parse(&signed(&key, &header_of(&key), PAYLOAD), Limits::default())
        .and_then(|token| token.verify(&support::all_keys(), &own_profile()));
    assert_eq!(by_issuer.err(), Some(Defect::UnknownKey));
    for algorithm in Algorithm::ALL {
        let own = support::good_token(algorithm);
        assert_eq!(verify(&own).err(), Some(Defect::UnknownKey), "{algorithm:?}");
        let renamed = support::token(algorithm, &header_of(&key), PAYLOAD);
        assert_eq!(verify(&renamed).err(), Some(Defect::BadSignature), "{algorithm:?}");
    }
}

#[test]
fn a_secret_that_is_not_here_and_a_token_without_a_subject_have_no_key() {
    let key = key_of("alice", 7);
    let token = signed(&key, &header_of(&key), PAYLOAD);
    let read = || UnverifiedToken::parse(&token, Limits::default()).unwrap();
    let with = |secrets: &UserSecrets| read().verify_by_user_key(secrets, &LOG, &own_profile()).err();
    assert_eq!(with(&secrets(2)), Some(Defect::UnknownKey));
    assert_eq!(with(&UserSecrets::default()), Some(Defect::UnknownKey));
    let nobody = signed(&key, &header_of(&key), &payload_without("sub"));
    assert_eq!(verify(&nobody).err(), Some(Defect::MissingClaim));
}
