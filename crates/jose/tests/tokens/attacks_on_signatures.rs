//! Attack rows 5, 6 and 7: one token has one spelling, and the one exception is revoked with it.

use quash_core::defect::Defect;
use quash_jose::Algorithm;

use crate::support::{
    PAYLOAD, assert_refused, base64url, from_base64url, good_token, header, own_profile, parts,
    payload_without, token, verify, verify_as,
};

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// The order of P-256 and of P-384, big-endian (FIPS 186-4 appendix D.1.2).
const P256_ORDER: &str = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
const P384_ORDER: &str =
    "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973";

fn from_hex(text: &str) -> Vec<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16).unwrap();
    text.as_bytes().chunks(2).map(|pair| (digit(pair[0]) * 16 + digit(pair[1])).to_le_bytes()[0]).collect()
}

/// `left - right` for big-endian numbers of one length.
fn minus(left: &[u8], right: &[u8]) -> Vec<u8> {
    let mut difference = vec![0; left.len()];
    let mut borrow = 0;
    for place in (0..left.len()).rev() {
        let step = i32::from(left[place]) - i32::from(right[place]) - borrow;
        borrow = i32::from(step < 0);
        difference[place] = step.rem_euclid(256).to_le_bytes()[0];
    }
    difference
}

fn elliptic() -> [(Algorithm, Vec<u8>); 2] {
    [(Algorithm::Es256, from_hex(P256_ORDER)), (Algorithm::Es384, from_hex(P384_ORDER))]
}

#[test]
fn every_algorithm_takes_its_own_signature_and_no_changed_one() {
    for algorithm in Algorithm::ALL {
        let good = good_token(algorithm);
        assert_eq!(verify(&good).unwrap().subject(), Some("alice"), "{algorithm}");
        let [head, payload, signature] = parts(&good);
        let bytes = from_base64url(signature);
        for place in [0, 1, bytes.len() / 2, bytes.len() - 1] {
            let mut changed = bytes.clone();
            changed[place] ^= 0x10;
            assert_refused(
                &format!("{head}.{payload}.{}", base64url(&changed)),
                Defect::BadSignature,
                algorithm.name(),
            );
        }
        for length in [bytes.len() - 1, bytes.len() / 2, 1] {
            let cut = base64url(&bytes[..length]);
            assert_refused(&format!("{head}.{payload}.{cut}"), Defect::BadSignature, "a cut signature");
        }
        for more in [&[0][..], &[0; 3]] {
            let longer = base64url(&[&bytes, more].concat());
            assert_refused(&format!("{head}.{payload}.{longer}"), Defect::BadSignature, "a longer signature");
            let padded = base64url(&[more, &bytes].concat());
            assert_refused(&format!("{head}.{payload}.{padded}"), Defect::BadSignature, "a padded signature");
        }
    }
}

#[test]
fn a_signature_is_for_its_own_text_only() {
    for algorithm in Algorithm::ALL {
        let good = good_token(algorithm);
        let [head, _, signature] = parts(&good);
        let other = base64url(PAYLOAD.replace("alice", "mallory").as_bytes());
        assert_refused(&format!("{head}.{other}.{signature}"), Defect::BadSignature, algorithm.name());
    }
}

#[test]
fn a_token_has_one_spelling_of_its_signature() {
    // Row 7 and finding 1: out of last character, padding and white space, exactly one string is taken.
    for algorithm in Algorithm::ALL {
        let good = good_token(algorithm);
        let (front, last) = good.split_at(good.len() - 1);
        let mut taken = Vec::new();
        for digit in DIGITS.iter().map(|digit| char::from(*digit)) {
            for tail in ["", "=", "==", "\n", "\r\n", " ", "A", "."] {
                let variant = format!("{front}{digit}{tail}");
                if verify(&variant).is_ok() {
                    taken.push(variant);
                }
            }
        }
        assert_eq!(taken, [format!("{front}{last}")], "{algorithm}");
    }
}

#[test]
fn the_other_alphabet_is_refused() {
    // Row 7: find a signature that holds a character of the difference.
    let mut met = 0;
    for number in 0..40 {
        let payload = PAYLOAD.replace("tok_1", &format!("tok_{number}"));
        let token = token(Algorithm::Hs256, &header(Algorithm::Hs256), &payload);
        let respelt = token.replace('-', "+").replace('_', "/");
        if respelt != token {
            met += 1;
            assert_refused(&respelt, Defect::NotBase64url, "the alphabet of RFC 4648 section 4");
        }
    }
    assert!(met > 0);
}

#[test]
fn signatures_of_zero_one_and_the_order_are_refused() {
    // Row 5; CVE-2022-21449, "psychic signatures".
    for (algorithm, order) in elliptic() {
        let length = order.len();
        let mut one = vec![0; length];
        one[length - 1] = 1;
        let numbers = [vec![0; length], one.clone(), minus(&order, &one), order.clone(), vec![0xFF; length]];
        let good = good_token(algorithm);
        let [head, payload, signature] = parts(&good);
        let bytes = from_base64url(signature);
        for r in &numbers {
            for s in &numbers {
                let forged = base64url(&[r.as_slice(), s].concat());
                assert_refused(
                    &format!("{head}.{payload}.{forged}"),
                    Defect::BadSignature,
                    "special r and s",
                );
            }
            let kept_s = base64url(&[r, &bytes[length..]].concat());
            assert_refused(&format!("{head}.{payload}.{kept_s}"), Defect::BadSignature, "special r");
            let kept_r = base64url(&[&bytes[..length], r].concat());
            assert_refused(&format!("{head}.{payload}.{kept_r}"), Defect::BadSignature, "special s");
        }
    }
}

#[test]
fn a_der_signature_is_refused() {
    // Row 5, RFC 7518 section 3.4.
    for (algorithm, order) in elliptic() {
        let good = good_token(algorithm);
        let [head, payload, signature] = parts(&good);
        let bytes = from_base64url(signature);
        let integer = |number: &[u8]| {
            let stripped = &number[number.iter().position(|byte| *byte != 0).unwrap()..];
            let sign: &[u8] = if stripped[0] >= 0x80 { &[0] } else { &[] };
            let length = u8::try_from(sign.len() + stripped.len()).unwrap();
            [&[0x02, length], sign, stripped].concat()
        };
        let both = [integer(&bytes[..order.len()]), integer(&bytes[order.len()..])].concat();
        let der = [&[0x30, u8::try_from(both.len()).unwrap()], both.as_slice()].concat();
        assert_refused(&format!("{head}.{payload}.{}", base64url(&der)), Defect::BadSignature, "DER");
    }
}

#[test]
fn the_twin_of_an_ecdsa_signature_is_the_same_token() {
    // Row 6, scheme S11: (r, n - s) is a legal signature of the same text. It may verify, but jti and digest,
    // which revocations name, are the same.
    let profile = own_profile().with_required(Vec::new());
    for (algorithm, order) in elliptic() {
        for payload in [PAYLOAD.to_owned(), payload_without("jti")] {
            let token = token(algorithm, &header(algorithm), &payload);
            let [head, body, signature] = parts(&token);
            let bytes = from_base64url(signature);
            let (r, s) = bytes.split_at(order.len());
            let twin = format!("{head}.{body}.{}", base64url(&[r, &minus(&order, s)].concat()));
            assert_ne!(twin, token);
            let (one, other) = (verify_as(&token, &profile).unwrap(), verify_as(&twin, &profile).unwrap());
            assert_eq!(one.token(), other.token());
            assert_eq!(one.digest(), other.digest());
            assert_eq!(one.digest().is_none(), one.token().is_some());
        }
    }
}

#[test]
fn an_ed25519_signature_with_a_number_beyond_the_order_is_refused() {
    // RFC 8032 section 5.1.7: S must be below L, else every signature has a second spelling.
    let order = from_hex("1000000000000000000000000000000014def9dea2f79cd65812631a5cf5d3ed");
    let good = good_token(Algorithm::EdDsa);
    let [head, payload, signature] = parts(&good);
    let mut bytes = from_base64url(signature);
    let mut carry = 0_u16;
    for (place, add) in order.iter().rev().enumerate() {
        let sum = u16::from(bytes[32 + place]) + u16::from(*add) + carry;
        bytes[32 + place] = sum.to_le_bytes()[0];
        carry = sum >> 8;
    }
    assert_refused(&format!("{head}.{payload}.{}", base64url(&bytes)), Defect::BadSignature, "S + L");
}
