//! The crate `jsonwebtoken` in both directions: what it signs verifies here, what is signed here verifies there.

use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{DecodingKey, EncodingKey, Header, Validation, decode, encode};
use quash_jose::{Algorithm, jwks};
use serde_json::Value;

use crate::support::{AUDIENCE, ISSUER, PAYLOAD, own_profile, private_pem, signing_key, verify_as};

fn theirs(algorithm: Algorithm) -> jsonwebtoken::Algorithm {
    algorithm.name().parse().unwrap()
}

fn encoding_key(algorithm: Algorithm) -> EncodingKey {
    let pem = private_pem(algorithm);
    match algorithm {
        Algorithm::Rs256 | Algorithm::Ps256 => EncodingKey::from_rsa_pem(pem.as_bytes()).unwrap(),
        Algorithm::Es256 | Algorithm::Es384 => EncodingKey::from_ec_pem(pem.as_bytes()).unwrap(),
        Algorithm::EdDsa => EncodingKey::from_ed_pem(pem.as_bytes()).unwrap(),
        _ => EncodingKey::from_secret(signing_key(algorithm).private_bytes().unwrap().expose()),
    }
}

fn decoding_key(algorithm: Algorithm) -> DecodingKey {
    if algorithm.is_symmetric() {
        return DecodingKey::from_secret(signing_key(algorithm).private_bytes().unwrap().expose());
    }
    let set = jwks::publish([&signing_key(algorithm).verification_key().unwrap()]);
    let set: Value = serde_json::from_str(&set).unwrap();
    let jwk: Jwk = serde_json::from_value(set["keys"][0].clone()).unwrap();
    DecodingKey::from_jwk(&jwk).unwrap()
}

#[test]
fn tokens_of_every_algorithm_pass_in_both_directions() {
    let claims: Value = serde_json::from_str(PAYLOAD).unwrap();
    for algorithm in Algorithm::ALL {
        let mut validation = Validation::new(theirs(algorithm));
        validation.validate_exp = false;
        validation.set_audience(&[AUDIENCE]);
        validation.set_issuer(&[ISSUER]);
        let ours = signing_key(algorithm).mint("at+jwt", &claims).unwrap();
        let read = decode::<Value>(&ours, &decoding_key(algorithm), &validation).unwrap();
        assert_eq!(read.claims, claims, "{algorithm}: ours, read by them");

        let mut header = Header::new(theirs(algorithm));
        header.typ = Some("at+jwt".to_owned());
        header.kid = Some(algorithm.name().to_owned());
        let token = encode(&header, &claims, &encoding_key(algorithm)).unwrap();
        let verified = verify_as(&token, &own_profile()).unwrap();
        assert_eq!(Value::from(verified.to_object()), claims, "{algorithm}: theirs, read by us");
    }
}
