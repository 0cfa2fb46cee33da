//! Attack row 29, the part that is parsing: a broken or poisoned key set is never half taken.

use quash_jose::jwks::{self, KeySetError, LONGEST_KEY_SET, MOST_KEYS, RefusedKey};
use quash_jose::{Algorithm, KeyError, KeySet};

use crate::support::{all_keys, signing_key};

fn entry(algorithm: Algorithm, kid: &str) -> String {
    let set = jwks::publish([&signing_key(algorithm).verification_key().unwrap()]);
    let entry = set.strip_prefix(r#"{"keys":["#).and_then(|rest| rest.strip_suffix("]}")).unwrap();
    entry.replace(&format!(r#""kid":"{algorithm}""#), &format!(r#""kid":"{kid}""#))
}

fn set(entries: &[String]) -> String {
    format!(r#"{{"keys":[{}]}}"#, entries.join(","))
}

fn refused(text: &str) -> Option<KeySetError> {
    KeySet::from_jwks(text).err()
}

#[test]
fn what_is_published_is_read_again_and_holds_no_secret() {
    let keys = all_keys();
    let text = jwks::publish(keys.iter());
    let read = KeySet::from_jwks(&text).unwrap();
    assert_eq!((read.skipped, read.refused.len()), (0, 0));
    let named: Vec<_> = read.keys.iter().map(quash_jose::VerificationKey::algorithm).collect();
    assert_eq!(
        named,
        [Algorithm::Rs256, Algorithm::Ps256, Algorithm::Es256, Algorithm::Es384, Algorithm::EdDsa]
    );
    assert!(!text.contains("HS256") && !text.contains("oct"));
    assert_eq!(jwks::publish(read.keys.iter()), text);
}

#[test]
fn a_set_that_is_not_a_set_is_refused() {
    for text in [
        "",
        "null",
        "[]",
        "{}",
        r#"{"keys":null}"#,
        r#"{"keys":{}}"#,
        r#"{"Keys":[]}"#,
        "<html>",
        r#"{"keys":[}"#,
    ] {
        assert_eq!(refused(text), Some(KeySetError::Malformed), "{text}");
    }
    let good = entry(Algorithm::Es256, "a");
    assert_eq!(refused(&format!(r#"{{"keys":[{good}],"keys":[]}}"#)), Some(KeySetError::Malformed));
    assert_eq!(
        refused(&set(&[good.replace(r#""kid":"a""#, r#""kid":"a","kid":"b""#)])),
        Some(KeySetError::Malformed)
    );
}

#[test]
fn an_empty_set_never_counts_as_one() {
    let unknown = r#"{"kty":"AKP","alg":"ML-DSA-44","pub":"AAAA"}"#.to_owned();
    for text in [r#"{"keys":[]}"#.to_owned(), set(&[unknown])] {
        assert_eq!(refused(&text), Some(KeySetError::Empty), "{text}");
    }
}

#[test]
fn two_keys_of_one_name_and_leaked_keys_spoil_the_set() {
    let good = entry(Algorithm::Es256, "a");
    assert_eq!(
        refused(&set(&[good.clone(), entry(Algorithm::Rs256, "a")])),
        Some(KeySetError::DuplicateKeyId)
    );
    let private = good.replace(r#""kid":"a""#, r#""kid":"b","d":"AAAA""#);
    assert_eq!(refused(&set(&[good.clone(), private])), Some(KeySetError::Private));
    let secret = r#"{"kty":"oct","k":"AAAA","kid":"c"}"#.to_owned();
    assert_eq!(refused(&set(&[good, secret])), Some(KeySetError::Private));
}

#[test]
fn entries_that_are_not_understood_are_passed_over_and_counted() {
    // RFC 7517 section 5.
    let entries = [
        entry(Algorithm::Es256, "a"),
        r#"{"kty":"AKP","alg":"ML-DSA-44","pub":"AAAA","kid":"b"}"#.to_owned(),
        r#"{"kty":"EC","crv":"secp256k1","x":"AAAA","y":"AAAA","kid":"c"}"#.to_owned(),
        r#"{"kty":"OKP","crv":"X25519","x":"AAAA","kid":"d"}"#.to_owned(),
        entry(Algorithm::Rs256, "e").replace("RS256", "RS512"),
        entry(Algorithm::Rs256, "f").replace(r#""use":"sig""#, r#""use":"enc""#),
    ];
    let read = KeySet::from_jwks(&set(&entries)).unwrap();
    assert_eq!((read.keys.len(), read.skipped, read.refused.len()), (1, 5, 0));
}

#[test]
fn a_weak_entry_is_refused_and_told_without_taking_the_others_with_it() {
    // Row 8 within a set.
    let entries = [
        r#"{"kty":"RSA","n":"AQAB","e":"AQAB","kid":"weak"}"#.to_owned(),
        entry(Algorithm::Es256, "a"),
        r#"{"kty":"EC","crv":"P-256","kid":"cut"}"#.to_owned(),
        "7".to_owned(),
    ];
    let read = KeySet::from_jwks(&set(&entries)).unwrap();
    let expected = [
        RefusedKey { place: 0, error: KeyError::RsaModulus },
        RefusedKey { place: 2, error: KeyError::Malformed },
        RefusedKey { place: 3, error: KeyError::Malformed },
    ];
    assert_eq!((read.keys.len(), read.refused.as_slice()), (1, &expected[..]));
}

#[test]
fn the_size_of_a_set_is_bounded() {
    let many: Vec<String> =
        (0..=MOST_KEYS).map(|number| entry(Algorithm::EdDsa, &number.to_string())).collect();
    assert_eq!(refused(&set(&many)), Some(KeySetError::TooLarge));
    assert_eq!(KeySet::from_jwks(&set(&many[1..])).unwrap().keys.len(), MOST_KEYS);
    assert_eq!(refused(&" ".repeat(LONGEST_KEY_SET + 1)), Some(KeySetError::TooLarge));
}
