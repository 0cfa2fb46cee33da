//! Keys, profiles and hand-made tokens.

use std::sync::LazyLock;

use quash_core::defect::Defect;
use quash_core::ids::{Issuer, KeyId};
use quash_core::verified::VerifiedClaims;
use quash_jose::{Algorithm, KeySet, Limits, SigningKey, TokenProfile, TokenReader, UnverifiedToken};

pub(crate) const ISSUER: &str = "https://quash.example";
pub(crate) const AUDIENCE: &str = "https://api.example";

/// A payload with every claim that own tokens must have.
pub(crate) const PAYLOAD: &str = r#"{"iss":"https://quash.example","sub":"alice","aud":"https://api.example","client_id":"web","iat":1700000000,"exp":1700000600,"jti":"tok_1","sid":"ses_1","pos":7}"#;

pub(crate) fn key_id(text: &str) -> KeyId {
    KeyId::new(text).unwrap()
}

/// One key of each algorithm, made once per test run, named by the algorithm.
static KEYS: LazyLock<Vec<SigningKey>> = LazyLock::new(|| {
    Algorithm::ALL
        .iter()
        .map(|&algorithm| SigningKey::generate(algorithm, Some(key_id(algorithm.name()))).unwrap())
        .collect()
});

pub(crate) fn signing_key(algorithm: Algorithm) -> &'static SigningKey {
    KEYS.iter().find(|key| key.algorithm() == algorithm).unwrap()
}

/// The keys of all algorithms in one set.
pub(crate) fn all_keys() -> KeySet {
    KeySet::new(KEYS.iter().map(|key| key.verification_key().unwrap())).unwrap()
}

pub(crate) fn own_profile() -> TokenProfile {
    TokenProfile::own(Issuer::new(ISSUER).unwrap(), vec![AUDIENCE.to_owned()])
}

/// The header that tokens of `algorithm` usually have.
pub(crate) fn header(algorithm: Algorithm) -> String {
    let name = algorithm.name();
    format!(r#"{{"alg":"{name}","typ":"at+jwt","kid":"{name}"}}"#)
}

/// A token with this header and payload, signed with the key of `algorithm` whatever the header says.
pub(crate) fn token(algorithm: Algorithm, header: &str, payload: &str) -> String {
    signing_key(algorithm).sign_compact(header.as_bytes(), payload.as_bytes()).unwrap()
}

/// A token that is good in every way.
pub(crate) fn good_token(algorithm: Algorithm) -> String {
    token(algorithm, &header(algorithm), PAYLOAD)
}

/// Parses and verifies `token` as an own one.
pub(crate) fn verify(token: &str) -> Result<VerifiedClaims, Defect> {
    verify_as(token, &own_profile())
}

/// Parses and verifies `token` twice, with and without a memory for headers: both must say the same.
pub(crate) fn verify_as(token: &str, profile: &TokenProfile) -> Result<VerifiedClaims, Defect> {
    static READER: LazyLock<TokenReader> = LazyLock::new(TokenReader::default);
    let keys = all_keys();
    let result =
        UnverifiedToken::parse(token, Limits::default()).and_then(|read| read.verify(&keys, profile));
    let again = READER.read(token).and_then(|read| read.verify(&keys, profile));
    assert_eq!(result.as_ref().err(), again.as_ref().err(), "the memory for headers changed the outcome");
    result
}

/// Asserts that `token` is refused for `defect`.
pub(crate) fn assert_refused(token: &str, defect: Defect, what: &str) {
    assert_eq!(verify(token).err(), Some(defect), "{what}");
}

/// [`PAYLOAD`] with the member `name` set to the JSON text `value`.
pub(crate) fn payload_with(name: &str, value: &str) -> String {
    let mut members: Vec<String> = members_without(name);
    members.push(format!("\"{name}\":{value}"));
    format!("{{{}}}", members.join(","))
}

/// [`PAYLOAD`] without the member `name`.
pub(crate) fn payload_without(name: &str) -> String {
    format!("{{{}}}", members_without(name).join(","))
}

fn members_without(name: &str) -> Vec<String> {
    let prefix = format!("\"{name}\":");
    let members = PAYLOAD.trim_matches(['{', '}']).split(',');
    members.filter(|member| !member.starts_with(&prefix)).map(str::to_owned).collect()
}

pub(crate) fn base64url(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let word =
            chunk.iter().fold(0_u32, |word, byte| word << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for place in 0..=chunk.len() {
            text.push(char::from(DIGITS[(word >> (18 - 6 * place)) as usize & 63]));
        }
    }
    text
}

pub(crate) fn from_base64url(text: &str) -> Vec<u8> {
    let digit = |byte: u8| match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'-' => 62,
        b'_' => 63,
        _ => panic!("not base64url"),
    };
    let mut bytes = Vec::new();
    for chunk in text.as_bytes().chunks(4) {
        let word = chunk.iter().fold(0_u32, |word, byte| word << 6 | u32::from(digit(*byte)))
            << (6 * (4 - chunk.len()));
        bytes.extend_from_slice(&word.to_be_bytes()[1..chunk.len()]);
    }
    bytes
}

/// The three parts of a token.
pub(crate) fn parts(token: &str) -> [&str; 3] {
    token.split('.').collect::<Vec<_>>().try_into().unwrap()
}

/// The private key of `algorithm` as PEM, for other people's libraries.
pub(crate) fn private_pem(algorithm: Algorithm) -> String {
    let bytes = signing_key(algorithm).private_bytes().unwrap();
    let base64 = base64_simd::STANDARD.encode_to_string(bytes.expose());
    let lines: Vec<&str> =
        base64.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", lines.join("\n"))
}
