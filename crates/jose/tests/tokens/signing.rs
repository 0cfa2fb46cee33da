//! Keys that sign: made, stored, restored, named; nothing secret is printed.

use quash_jose::{Algorithm, KeyError, SigningKey};
use serde_json::json;

use crate::support::{PAYLOAD, key_id, own_profile, parts, signing_key, verify_as};

#[test]
fn a_minted_token_has_the_header_alg_typ_kid_and_the_claims_as_given() {
    for algorithm in Algorithm::ALL {
        let claims: serde_json::Value = serde_json::from_str(PAYLOAD).unwrap();
        let token = signing_key(algorithm).mint("at+jwt", &claims).unwrap();
        let header = crate::support::from_base64url(parts(&token)[0]);
        assert_eq!(String::from_utf8(header).unwrap(), crate::support::header(algorithm));
        let verified = verify_as(&token, &own_profile()).unwrap();
        assert_eq!(serde_json::Value::from(verified.to_object()), claims);
    }
    let nameless = SigningKey::ed25519_from_seed(&[1; 32], None).unwrap();
    let token = nameless.mint("JWT", &json!({})).unwrap();
    assert_eq!(crate::support::from_base64url(parts(&token)[0]), br#"{"alg":"EdDSA","typ":"JWT"}"#);
}

#[test]
fn a_key_that_was_stored_signs_and_verifies_like_before() {
    for algorithm in Algorithm::ALL {
        let key = signing_key(algorithm);
        let bytes = key.private_bytes().unwrap();
        let restored =
            SigningKey::from_private_bytes(algorithm, bytes.expose(), key.key_id().cloned()).unwrap();
        let token =
            restored.mint("at+jwt", &serde_json::from_str::<serde_json::Value>(PAYLOAD).unwrap()).unwrap();
        assert!(verify_as(&token, &own_profile()).is_ok(), "{algorithm}");
        assert_eq!(restored.private_bytes().unwrap().expose(), bytes.expose());
    }
}

#[test]
fn stored_bytes_are_a_key_of_their_own_algorithm_only() {
    let asymmetric = [Algorithm::Rs256, Algorithm::Es256, Algorithm::Es384, Algorithm::EdDsa];
    for from in asymmetric {
        let bytes = signing_key(from).private_bytes().unwrap();
        for to in asymmetric.into_iter().filter(|to| *to != from) {
            assert_eq!(
                SigningKey::from_private_bytes(to, bytes.expose(), None).err(),
                Some(KeyError::Malformed)
            );
        }
        let mut cut = bytes.expose().to_vec();
        cut.pop();
        assert_eq!(SigningKey::from_private_bytes(from, &cut, None).err(), Some(KeyError::Malformed));
    }
}

#[test]
fn a_seed_gives_the_same_key_and_the_same_signatures_always() {
    // RFC 8032 section 7.1, test 1: the key of this seed is known.
    let seed = *b"\x9d\x61\xb1\x9d\xef\xfd\x5a\x60\xba\x84\x4a\xf4\x92\xec\x2c\xc4\x44\x49\xc5\x69\x7b\x32\x69\x19\x70\x3b\xac\x03\x1c\xae\x7f\x60";
    let key = SigningKey::ed25519_from_seed(&seed, None).unwrap();
    let public = quash_jose::jwks::publish([&key.verification_key().unwrap()]);
    assert!(public.contains(r#""x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo""#), "{public}");
    let token = |key: &SigningKey| key.mint("at+jwt", &json!({"sub": "a"})).unwrap();
    assert_eq!(token(&key), token(&SigningKey::ed25519_from_seed(&seed, None).unwrap()));
    assert_ne!(token(&key), token(&SigningKey::ed25519_from_seed(&[1; 32], None).unwrap()));
}

#[test]
fn two_generated_keys_differ() {
    for algorithm in [Algorithm::Hs256, Algorithm::Es256, Algorithm::EdDsa] {
        let one = SigningKey::generate(algorithm, None).unwrap();
        let other = SigningKey::generate(algorithm, None).unwrap();
        assert_ne!(one.private_bytes().unwrap().expose(), other.private_bytes().unwrap().expose());
    }
}

#[test]
fn a_key_can_be_named_after_itself() {
    // RFC 7638 section 4.
    let key = SigningKey::generate(Algorithm::Es256, None).unwrap();
    let name = key.verification_key().unwrap().thumbprint().unwrap();
    let key = key.named(key_id(&name));
    assert_eq!(key.verification_key().unwrap().key_id(), Some(&key_id(&name)));
    assert_eq!(key.verification_key().unwrap().thumbprint(), Some(name));
}

#[test]
fn debug_shows_names_and_nothing_secret() {
    // Invariant I13.
    let secret = [0xAB; 32];
    let key = SigningKey::from_private_bytes(Algorithm::Hs256, &secret, Some(key_id("k1"))).unwrap();
    let shown = format!("{key:?} {:?} {:?}", key.verification_key().unwrap(), key.private_bytes().unwrap());
    assert!(shown.contains("k1"));
    for leak in ["171", "ab, ab", "AB", "q6ur"] {
        assert!(!shown.contains(leak), "{shown}");
    }
}
