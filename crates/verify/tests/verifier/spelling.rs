//! One token, many spellings (threat model, rows 5 to 7; S11).

use quash_core::position::Position;
use quash_core::revocation::target::Target;
use quash_jose::{Algorithm, SigningKey};
use quash_verify::{IssuerConfig, Verifier};
use serde_json::{Value, json};

use crate::support::{
    FOREIGN, NOW, World, end, foreign_claims, issuer, key_set, log_key, merged, signing_key, target,
};

/// The order of P-256 (FIPS 186-5; SEC 2 section 2.4.2), big-endian.
const ORDER: [u8; 32] = [
    0xFF, 0xFF, 0xFF, 0xFF, 0x00, 0x00, 0x00, 0x00, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xBC,
    0xE6, 0xFA, 0xAD, 0xA7, 0x17, 0x9E, 0x84, 0xF3, 0xB9, 0xCA, 0xC2, 0xFC, 0x63, 0x25, 0x51,
];

fn decode(text: &str) -> Vec<u8> {
    base64_simd::URL_SAFE_NO_PAD.decode_to_vec(text).unwrap()
}

fn encode(bytes: &[u8]) -> String {
    base64_simd::URL_SAFE_NO_PAD.encode_to_string(bytes)
}

/// The same signature with s replaced by n - s.
fn high_s_twin(token: &str) -> String {
    let (input, signature) = token.rsplit_once('.').unwrap();
    let mut signature = decode(signature);
    let mut borrow = 0_i16;
    for place in (0..32).rev() {
        let difference = i16::from(ORDER[place]) - i16::from(signature[32 + place]) - borrow;
        borrow = i16::from(difference < 0);
        signature[32 + place] = u8::try_from(difference.rem_euclid(256)).unwrap();
    }
    format!("{input}.{}", encode(&signature))
}

/// A world whose foreign issuer signs with ES256.
fn elliptic_world() -> (World, SigningKey) {
    let key = SigningKey::generate(Algorithm::Es256, None).unwrap();
    let config = IssuerConfig::foreign(issuer(FOREIGN), vec!["api".to_owned()], key_set(&[&key]));
    let verifier = Verifier::builder().issuer(config).build(log_key(), Position::new(1).unwrap()).unwrap();
    (World { own_key: signing_key(1, "own"), foreign_key: signing_key(2, "foreign"), verifier }, key)
}

fn mint(key: &SigningKey, changes: &Value) -> String {
    key.mint("at+jwt", &merged(foreign_claims(), changes)).unwrap()
}

#[test]
fn both_twins_of_an_ecdsa_signature_are_hit_by_one_revocation() {
    // Row 6: the high-s twin may verify, but it is the same token.
    for jti in [json!("tok_1"), Value::Null] {
        let (world, key) = elliptic_world();
        let token = mint(&key, &json!({ "jti": jti }));
        let twin = high_s_twin(&token);
        assert_ne!(token, twin);
        // Both are cached before, so that the cache is attacked as well.
        for spelling in [&token, &twin] {
            assert!(world.accepts(spelling, NOW) && world.accepts(spelling, NOW));
        }
        let checked = world.check(&token, NOW);
        let known = checked.accepted().unwrap();
        let target =
            known.token().map_or_else(|| Target::TokenDigest(*known.digest().unwrap()), target::token);
        world.revoke(end(target).foreign());
        for spelling in [&token, &twin, &high_s_twin(&twin)] {
            assert_eq!(world.refusal(spelling, NOW), "admin");
        }
    }
}

#[test]
fn every_other_spelling_of_a_token_is_refused_before_any_cryptography_cached_or_not() {
    // Row 7
    let (world, key) = elliptic_world();
    let token = mint(&key, &json!({}));
    assert!(world.accepts(&token, NOW) && world.accepts(&token, NOW));
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let (front, last) = token.split_at(token.len() - 1);
    let mut spellings: Vec<String> = alphabet
        .chars()
        .filter(|other| !last.contains(*other))
        .map(|other| format!("{front}{other}"))
        .collect();
    for tail in ["=", "==", "\n", "\r\n", " ", ".", "\0", "\u{feff}"] {
        spellings.push(format!("{token}{tail}"));
        spellings.push(format!("{tail}{token}"));
    }
    spellings.push(token.replace('-', "+").replace('_', "/") + "=");
    spellings.push(token.replacen('.', "..", 1));
    for spelling in spellings {
        assert!(!world.accepts(&spelling, NOW), "{spelling:?}");
        assert_eq!(world.refusal(&spelling, NOW), "invalid_token");
    }
    assert!(world.accepts(&token, NOW));
}

#[test]
fn psychic_signatures_are_refused() {
    // Row 5 (CVE-2022-21449)
    let (world, key) = elliptic_world();
    let token = mint(&key, &json!({}));
    let (input, _) = token.rsplit_once('.').unwrap();
    let mut below_order = ORDER;
    below_order[31] -= 1;
    let mut one = [0; 32];
    one[31] = 1;
    for r in [[0; 32], one, ORDER, below_order] {
        for s in [[0; 32], one, ORDER, below_order] {
            let forged = format!("{input}.{}", encode(&[r, s].concat()));
            assert!(!world.accepts(&forged, NOW));
        }
    }
}
