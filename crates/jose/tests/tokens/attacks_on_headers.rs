//! Attack rows 1 to 4, 9, 10, 13, 14 and 22: the header chooses nothing and brings nothing.

use aws_lc_rs::hmac;
use quash_core::defect::Defect;
use quash_core::ids::Issuer;
use quash_jose::{Algorithm, KeySet, Limits, TokenProfile, TypeRule, UnverifiedToken, VerificationKey, jwks};

use crate::support::{
    AUDIENCE, ISSUER, PAYLOAD, all_keys, assert_refused, base64url, good_token, key_id, own_profile, parts,
    signing_key, token, verify, verify_as,
};

#[test]
fn no_spelling_of_an_unsigned_token_is_taken() {
    // Row 1; CVE-2015-2951, CVE-2020-28042.
    let payload = base64url(PAYLOAD.as_bytes());
    let good = good_token(Algorithm::Hs256);
    let [_, _, signature] = parts(&good);
    for name in ["none", "None", "NONE", "nOnE", "NonE", "", "null", "HS256\u{0}", "hs256", "HS-256"] {
        let head =
            base64url(format!(r#"{{"alg":{name:?},"typ":"at+jwt"}}"#).replace("\\0", "\\u0000").as_bytes());
        for signature in ["", "AA", signature] {
            assert_refused(&format!("{head}.{payload}.{signature}"), Defect::WrongAlgorithm, name);
        }
    }
    for head in [
        r#"{"typ":"at+jwt"}"#,
        r#"{"alg":null}"#,
        r#"{"alg":0}"#,
        r#"{"alg":["HS256"]}"#,
        r#"{"ALG":"HS256"}"#,
    ] {
        assert_refused(&token(Algorithm::Hs256, head, PAYLOAD), Defect::WrongAlgorithm, head);
    }
}

#[test]
fn an_empty_or_zero_signature_is_refused_for_every_algorithm() {
    // Row 1: null and blank signatures.
    for algorithm in Algorithm::ALL {
        let good = good_token(algorithm);
        let [head, payload, signature] = parts(&good);
        let length = crate::support::from_base64url(signature).len();
        for length in [0, 1, length - 1, length, length + 1] {
            let zeros = base64url(&vec![0; length]);
            assert_refused(&format!("{head}.{payload}.{zeros}"), Defect::BadSignature, algorithm.name());
        }
    }
}

/// A token signed with HMAC-SHA-256 under `secret`, whatever that is.
fn hmac_token(head: &str, secret: &[u8]) -> String {
    let signing_input = format!("{}.{}", base64url(head.as_bytes()), base64url(PAYLOAD.as_bytes()));
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), signing_input.as_bytes());
    format!("{signing_input}.{}", base64url(tag.as_ref()))
}

#[test]
fn a_public_key_is_never_an_hmac_secret() {
    // Row 2; CVE-2016-10555, CVE-2022-29217, CVE-2023-48223: the attacker signs HS256 with the public key in
    // the forms that it may have been stored in.
    let pem = include_str!("fixtures/rs256_public.pem");
    let key = VerificationKey::from_pem(pem, Algorithm::Rs256, Some(key_id("k"))).unwrap();
    let keys = KeySet::new([key.clone()]).unwrap();
    let base64: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    let der = base64_simd::STANDARD.decode_to_vec(base64).unwrap();
    let jwks = jwks::publish([&key]);
    let stored = [pem.as_bytes(), pem.trim().as_bytes(), &der, jwks.as_bytes(), b""];
    for secret in stored {
        for kid in [r#","kid":"k""#, ""] {
            let forged = hmac_token(&format!(r#"{{"alg":"HS256","typ":"at+jwt"{kid}}}"#), secret);
            let by_set = read(&forged).unwrap().verify(&keys, &own_profile()).err();
            assert!(matches!(by_set, Some(Defect::WrongAlgorithm | Defect::UnknownKey)), "{by_set:?}");
            let by_key = read(&forged).unwrap().verify(&key, &own_profile()).err();
            assert_eq!(by_key, Some(Defect::WrongAlgorithm));
        }
        let pretending = hmac_token(r#"{"alg":"RS256","typ":"at+jwt","kid":"k"}"#, secret);
        assert_eq!(
            read(&pretending).unwrap().verify(&keys, &own_profile()).err(),
            Some(Defect::BadSignature)
        );
    }
}

fn read(token: &str) -> Result<UnverifiedToken<'_>, Defect> {
    UnverifiedToken::parse(token, Limits::default())
}

#[test]
fn a_token_that_names_another_algorithm_than_its_key_is_refused() {
    // Row 2, RFC 8725 section 3.1: every pair of algorithms.
    for key in Algorithm::ALL {
        for said in Algorithm::ALL.into_iter().filter(|said| *said != key) {
            let head = format!(r#"{{"alg":"{}","typ":"at+jwt","kid":"{}"}}"#, said.name(), key.name());
            assert_refused(&token(key, &head, PAYLOAD), Defect::WrongAlgorithm, &head);
        }
    }
}

#[test]
fn a_key_id_is_looked_up_byte_by_byte_and_is_nothing_else() {
    // Row 3.
    for kid in [
        "../../../../dev/null",
        "/dev/null",
        "HS256\\u0020",
        "hs256",
        "' OR '1'='1",
        "HS256/../HS256",
        "%48S256",
        "\\u0048S256 ",
        "HS256;",
        "*",
        "$(id)",
        "HS2\\u0435 6",
    ] {
        let head = format!(r#"{{"alg":"HS256","typ":"at+jwt","kid":"{kid}"}}"#);
        assert_refused(&token(Algorithm::Hs256, &head, PAYLOAD), Defect::UnknownKey, kid);
    }
    for kid in [r#""HS256\u0000""#, r#""HS256\r\nX: y""#, r#""""#, "null", "1", "[]", "{}"] {
        let head = format!(r#"{{"alg":"HS256","typ":"at+jwt","kid":{kid}}}"#);
        assert_refused(&token(Algorithm::Hs256, &head, PAYLOAD), Defect::UnknownKey, kid);
    }
    // An escape that spells the same bytes is the same name.
    let same = r#"{"alg":"HS256","typ":"at+jwt","kid":"\u0048S256"}"#;
    assert!(verify(&token(Algorithm::Hs256, same, PAYLOAD)).is_ok());
}

#[test]
fn keys_and_addresses_of_keys_in_a_header_are_refused() {
    // Row 4; CVE-2018-0114: the token is signed with the key that it brings along.
    let own_key = jwks::publish([&signing_key(Algorithm::Es256).verification_key().unwrap()]);
    let jwk =
        own_key.strip_prefix(r#"{"keys":["#).and_then(|rest| rest.strip_suffix("]}")).unwrap().to_owned();
    for (name, value) in [
        ("jwk", jwk.as_str()),
        ("jku", r#""https://evil.example/jwks.json""#),
        ("x5u", r#""https://evil.example/cert.pem""#),
        ("x5c", r#"["MIIB"]"#),
        ("jku", r#""http://169.254.169.254/""#),
        ("jwk", "null"),
    ] {
        let head = format!(r#"{{"alg":"ES256","typ":"at+jwt","kid":"ES256","{name}":{value}}}"#);
        assert_refused(&token(Algorithm::Es256, &head, PAYLOAD), Defect::UnsupportedHeader, &head);
    }
}

#[test]
fn critical_extensions_are_refused_whatever_they_name() {
    // Row 13, RFC 7515 section 4.1.11; CVE-2026-32597: unknown, empty, duplicate, registered, absent.
    for crit in [
        "[]",
        r#"["exp"]"#,
        r#"["alg"]"#,
        r#"["b64"]"#,
        r#"["x"]"#,
        r#"["x","x"]"#,
        "null",
        "{}",
        r#""x""#,
        "[1]",
        "true",
    ] {
        for more in ["", r#","x":1"#, r#","exp":1"#] {
            let head = format!(r#"{{"alg":"HS256","typ":"at+jwt","kid":"HS256","crit":{crit}{more}}}"#);
            assert_refused(&token(Algorithm::Hs256, &head, PAYLOAD), Defect::UnsupportedHeader, &head);
        }
    }
}

#[test]
fn an_unencoded_payload_is_refused_with_and_without_crit() {
    // Row 14, RFC 7797 section 6.
    for more in
        [r#""b64":false"#, r#""b64":true"#, r#""b64":false,"crit":["b64"]"#, r#""crit":["b64"],"b64":false"#]
    {
        let head = format!(r#"{{"alg":"HS256","typ":"at+jwt","kid":"HS256",{more}}}"#);
        assert_refused(&token(Algorithm::Hs256, &head, PAYLOAD), Defect::UnsupportedHeader, &head);
    }
}

#[test]
fn encrypted_compressed_and_nested_tokens_are_refused() {
    // Rows 9 and 10: p2c bombs, zip bombs, JWE in the place of JWS, `cty`.
    for (alg, more, defect) in [
        (
            "PBES2-HS512+A256KW",
            r#","enc":"A256GCM","p2c":2147483647,"p2s":"AAAA""#,
            Defect::UnsupportedHeader,
        ),
        ("RSA1_5", r#","enc":"A128CBC-HS256""#, Defect::UnsupportedHeader),
        ("dir", r#","enc":"A256GCM","zip":"DEF""#, Defect::UnsupportedHeader),
        ("HS256", r#","zip":"DEF""#, Defect::UnsupportedHeader),
        ("HS256", r#","enc":"A256GCM""#, Defect::UnsupportedHeader),
        ("HS256", r#","cty":"JWT""#, Defect::UnsupportedHeader),
        ("HS256", r#","epk":{}"#, Defect::UnsupportedHeader),
        ("HS256", r#","p2c":1"#, Defect::UnsupportedHeader),
        ("HS256", r#","cty":"jwt""#, Defect::UnsupportedHeader),
        ("RSA-OAEP", "", Defect::WrongAlgorithm),
        ("dir", "", Defect::WrongAlgorithm),
    ] {
        let head = format!(r#"{{"alg":"{alg}","typ":"at+jwt","kid":"HS256"{more}}}"#);
        assert_refused(&token(Algorithm::Hs256, &head, PAYLOAD), defect, &head);
        let five = format!("{}.AAAA.AAAA.AAAA.AAAA", base64url(head.as_bytes()));
        assert_refused(&five, Defect::NotCompact, &head);
    }
}

#[test]
fn header_members_without_a_meaning_are_passed_over() {
    // RFC 7515 section 4: what is not understood must be ignored. x5t is a name, not a key.
    let head = r#"{"alg":"HS256","typ":"at+jwt","kid":"HS256","x5t":"AAAA","x5t#S256":"AAAA","nonce":"n","org":{"a":[1,null]}}"#;
    assert!(verify(&token(Algorithm::Hs256, head, PAYLOAD)).is_ok());
}

#[test]
fn an_access_token_says_that_it_is_one() {
    // Row 22, RFC 9068 section 2.1, RFC 8725 section 3.11: no ID, refresh, logout or other token in its place.
    for typ in
        ["JWT", "jwt", "logout+jwt", "refresh+jwt", "dpop+jwt", "secevent+jwt", "at", "at+jwt ", "at-jwt", ""]
    {
        let head = format!(r#"{{"alg":"HS256","typ":"{typ}","kid":"HS256"}}"#);
        assert_refused(&token(Algorithm::Hs256, &head, PAYLOAD), Defect::WrongType, typ);
    }
    for head in [r#"{"alg":"HS256"}"#, r#"{"alg":"HS256","typ":null}"#, r#"{"alg":"HS256","typ":["at+jwt"]}"#]
    {
        assert_refused(&token(Algorithm::Hs256, head, PAYLOAD), Defect::WrongType, head);
    }
    // RFC 7515 section 4.1.9: a media type, so without case, and `application/` may be written.
    for typ in ["at+jwt", "AT+JWT", "At+Jwt", "application/at+jwt", "Application/AT+JWT"] {
        let head = format!(r#"{{"alg":"HS256","typ":"{typ}","kid":"HS256"}}"#);
        assert!(verify(&token(Algorithm::Hs256, &head, PAYLOAD)).is_ok(), "{typ}");
    }
}

#[test]
fn a_profile_may_name_another_type() {
    let profile = own_profile().with_types(TypeRule::OneOf(vec!["JWT".to_owned()]));
    let head = r#"{"alg":"HS256","typ":"jwt","kid":"HS256"}"#;
    assert!(verify_as(&token(Algorithm::Hs256, head, PAYLOAD), &profile).is_ok());
    assert_eq!(verify_as(&good_token(Algorithm::Hs256), &profile).err(), Some(Defect::WrongType));
}

#[test]
fn a_key_serves_its_own_issuer_only() {
    // Row 21: the same kid at two issuers; a token of one, offered as one of the other.
    let other = quash_jose::SigningKey::generate(Algorithm::Hs256, Some(key_id("HS256"))).unwrap();
    let other_keys = KeySet::new([other.verification_key().unwrap()]).unwrap();
    let good = good_token(Algorithm::Hs256);
    let profile = own_profile();
    assert_eq!(read(&good).unwrap().verify(&other_keys, &profile).err(), Some(Defect::BadSignature));
    let elsewhere =
        TokenProfile::own(Issuer::new("https://other.example").unwrap(), vec![AUDIENCE.to_owned()]);
    assert_eq!(read(&good).unwrap().verify(&all_keys(), &elsewhere).err(), Some(Defect::UnknownIssuer));
    let verified = read(&good).unwrap().verify(&all_keys(), &profile).unwrap();
    assert_eq!(verified.verified_issuer().as_str(), ISSUER);
    assert_eq!(verified.key().map(quash_core::ids::KeyId::as_str), Some("HS256"));
}

#[test]
fn the_issuer_and_the_key_id_can_be_read_before_a_key_is_chosen() {
    let good = good_token(Algorithm::Es256);
    let read = read(&good).unwrap();
    assert_eq!(read.issuer(), Some(ISSUER));
    assert_eq!(read.header().key_id(), Some("ES256"));
    assert_eq!(read.header().algorithm(), Algorithm::Es256);
    assert!(!format!("{read:?}").contains("alice"));
}

#[test]
fn a_bare_key_verifies_like_a_set_of_one() {
    let key: VerificationKey = signing_key(Algorithm::Es256).verification_key().unwrap();
    let good = good_token(Algorithm::Es256);
    assert!(read(&good).unwrap().verify(&key, &own_profile()).is_ok());
    let renamed = token(Algorithm::Es256, r#"{"alg":"ES256","typ":"at+jwt","kid":"x"}"#, PAYLOAD);
    assert_eq!(read(&renamed).unwrap().verify(&key, &own_profile()).err(), Some(Defect::UnknownKey));
}
