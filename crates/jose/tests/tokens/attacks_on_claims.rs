//! Attack rows 16, 18, 21 and 23: claims are typed, malformed is not missing, and missing is said.
//!
//! Rows 17, 19 and 20 (an `iat` in the future, cutoffs) are the decision's, which knows the clock and the log.

use quash_core::defect::Defect;
use quash_core::verified::VerifiedClaims;
use quash_jose::{Algorithm, digest::sha256};

use crate::support::{
    assert_refused, good_token, header, own_profile, payload_with, payload_without, token, verify, verify_as,
};

fn with(name: &str, value: &str) -> Result<VerifiedClaims, Defect> {
    verify(&token(Algorithm::Hs256, &header(Algorithm::Hs256), &payload_with(name, value)))
}

/// With a signature that does not fit: what is wrong with the claims must be found without it.
fn with_unsigned(name: &str, value: &str) -> Option<Defect> {
    verify(&token(Algorithm::Hs384, &header(Algorithm::Hs256), &payload_with(name, value))).err()
}

#[test]
fn a_time_is_an_integer_or_a_plain_decimal_and_malformed_is_not_missing() {
    // Row 16; CVE-2026-25537: a wrong type must not count as absent, for optional claims either.
    for claim in ["exp", "iat", "nbf", "auth_time"] {
        for value in [
            r#""1700000600""#,
            "null",
            "true",
            "[]",
            "[1700000600]",
            "{}",
            "-1",
            "-0",
            "-1.5",
            "1e3",
            "1.7e9",
            "1E9",
            "1e300",
            "1e-300",
            "9007199254740993",
            "9007199254740992.5",
            "99999999999999999999",
            "123456789012345678901234567890.5",
        ] {
            assert_eq!(with_unsigned(claim, value), Some(Defect::MalformedClaim), "{claim}: {value}");
        }
        for value in
            ["NaN", "Infinity", "-Infinity", "0x10", "1_000", "01", "1.", ".5", "+1", "1e", "undefined"]
        {
            assert_eq!(with_unsigned(claim, value), Some(Defect::NotJson), "{claim}: {value}");
        }
        for value in ["0", "1", "1700000600", "9007199254740992", "1700000600.25"] {
            assert!(with(claim, value).is_ok(), "{claim}: {value}");
        }
    }
}

#[test]
fn a_fraction_of_a_second_never_lengthens_a_life() {
    // Row 16: `exp` and `iat` are rounded down, `nbf` up.
    assert_eq!(with("exp", "1700000600.999").unwrap().expires_at(), 1_700_000_600);
    assert_eq!(with("iat", "1700000000.999").unwrap().issued_at(), Some(1_700_000_000));
    assert_eq!(with("auth_time", "1700000000.999").unwrap().authenticated_at(), Some(1_700_000_000));
    assert_eq!(with("nbf", "1700000000.001").unwrap().not_before(), Some(1_700_000_001));
    assert_eq!(with("nbf", "1700000000.000").unwrap().not_before(), Some(1_700_000_000));
    assert_eq!(with("nbf", "1700000000").unwrap().not_before(), Some(1_700_000_000));
}

#[test]
fn a_claim_that_own_tokens_must_carry_is_missed() {
    // Row 18; `exp` is required of every token, RFC 9068 section 2.2 requires the others.
    for claim in ["exp", "sub", "client_id", "sid", "jti", "iat", "pos"] {
        let token = token(Algorithm::Hs384, &header(Algorithm::Hs256), &payload_without(claim));
        assert_refused(&token, Defect::MissingClaim, claim);
    }
    let token = |claim| token(Algorithm::Hs256, &header(Algorithm::Hs256), &payload_without(claim));
    assert_refused(&token("iss"), Defect::UnknownIssuer, "iss");
    assert_refused(&token("aud"), Defect::WrongAudience, "aud");
}

#[test]
fn an_id_is_a_text_in_the_form_of_ids() {
    // Rows 15 and 21: strings only, bounded, without control characters.
    let long = format!("\"{}\"", "x".repeat(257));
    for claim in ["iss", "sub", "client_id", "sid", "jti", "device_id", "aud"] {
        for value in [
            "1",
            "1.5",
            "null",
            "true",
            "{}",
            r#"{"id":"a"}"#,
            r#""""#,
            r#""a\u0000b""#,
            r#""a\nb""#,
            r#""a\u007f""#,
            r#""a\u0085b""#,
            &long,
        ] {
            assert_eq!(with_unsigned(claim, value), Some(Defect::MalformedClaim), "{claim}: {value}");
        }
    }
    for claim in ["iss", "sub", "client_id", "sid", "jti", "device_id"] {
        for value in ["[]", r#"["alice"]"#, "[1]"] {
            assert_eq!(with_unsigned(claim, value), Some(Defect::MalformedClaim), "{claim}: {value}");
        }
    }
    let longest = "x".repeat(256);
    assert_eq!(with("sub", &format!("\"{longest}\"")).unwrap().subject(), Some(longest.as_str()));
}

#[test]
fn two_spellings_of_an_accented_letter_are_two_subjects() {
    // Row 15: bytes are compared, nothing is normalised; an escape is only another spelling of the same bytes.
    let composed = with("sub", "\"caf\u{e9}\"").unwrap();
    let decomposed = with("sub", "\"cafe\u{301}\"").unwrap();
    let escaped = with("sub", r#""caf\u00e9""#).unwrap();
    assert_ne!(composed.subject(), decomposed.subject());
    assert_eq!(composed.subject(), escaped.subject());
}

#[test]
fn an_audience_must_be_named_exactly() {
    // Row 23; CVE-2025-30144.
    for value in [
        r#""https://api.example/""#,
        r#""https://api.exampl""#,
        r#""https://api.example.evil.example""#,
        r#""HTTPS://api.example""#,
        r#"["x","y"]"#,
        "[]",
        r#""*""#,
    ] {
        assert_eq!(with_unsigned("aud", value), Some(Defect::WrongAudience), "{value}");
    }
    for value in [
        "[1]",
        r#"[["https://api.example"]]"#,
        r#"["https://api.example",null]"#,
        r#"["https://api.example",""]"#,
    ] {
        assert_eq!(with_unsigned("aud", value), Some(Defect::MalformedClaim), "{value}");
    }
    let many = with("aud", r#"["x","https://api.example"]"#).unwrap();
    assert_eq!(many.audiences().collect::<Vec<_>>(), ["x", "https://api.example"]);
    assert!(with("aud", r#"["https:\/\/api.example"]"#).is_ok());
}

#[test]
fn an_issuer_must_be_the_configured_one_exactly() {
    // Row 23, RFC 8725 section 3.8.
    for value in [r#""https://quash.example/""#, r#""https://QUASH.example""#, r#""https://evil.example""#] {
        assert_eq!(with_unsigned("iss", value), Some(Defect::UnknownIssuer), "{value}");
    }
    assert_eq!(with_unsigned("iss", r#"["https://quash.example"]"#), Some(Defect::MalformedClaim));
}

#[test]
fn a_position_is_an_integer_below_two_to_the_fifty_third() {
    for value in [r#""7""#, "7.0", "-7", "7e0", "null", "9007199254740992", "[7]"] {
        assert_eq!(with_unsigned("pos", value), Some(Defect::MalformedClaim), "{value}");
    }
    assert_eq!(with("pos", "9007199254740991").unwrap().position().unwrap().number(), (1 << 53) - 1);
}

#[test]
fn a_scope_is_a_text_without_control_characters() {
    let verified = with("scope", r#""read write""#).unwrap();
    assert!(verified.has_scope("write"));
    for value in ["7", "null", r#"["read"]"#, r#""read\r\nX-Auth-Subject: root""#] {
        assert_eq!(with_unsigned("scope", value), Some(Defect::MalformedClaim), "{value}");
    }
}

#[test]
fn the_digest_is_of_the_signing_input_and_only_for_tokens_without_jti() {
    // Row 18, design section 2.
    assert_eq!(verify(&good_token(Algorithm::Hs256)).unwrap().digest(), None);
    let profile = own_profile().with_required(Vec::new());
    let token = token(Algorithm::Hs256, &header(Algorithm::Hs256), &payload_without("jti"));
    let signing_input = token.rsplit_once('.').unwrap().0;
    let verified = verify_as(&token, &profile).unwrap();
    assert_eq!(verified.digest().unwrap().0, sha256(signing_input.as_bytes()));
}

#[test]
fn the_payload_stays_as_it_was_spelt() {
    let verified = with("roles", r#"["a" , {"b":1.50}]"#).unwrap();
    assert!(verified.payload().ends_with(r#""roles":["a" , {"b":1.50}]}"#));
    assert_eq!(verified.to_object()["roles"][0], "a");
}
