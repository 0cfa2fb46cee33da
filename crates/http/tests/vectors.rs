//! The language-neutral tokens of `vectors/tokens`, sent to `/auth/check` and to introspection (attack rows 1
//! to 24): whatever has a defect gets the generic answer, whichever it is.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use base64_simd::URL_SAFE_NO_PAD;
use quash_core::ids::{Issuer, KeyId};
use quash_core::time::Timestamp;
use quash_jose::{Algorithm, KeySet, ShortSecret, VerificationKey};
use serde_json::Value;

use crate::house::{Call, House, settings};

const ISSUER: &str = "https://quash.example";
/// A moment in the life of the tokens.
const NOW: Timestamp = Timestamp::from_seconds(1_700_000_010);

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../vectors")
}

fn read(name: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(name).unwrap()).unwrap()
}

/// Every key that has a name.
fn keys() -> KeySet {
    let file = read(&folder().join("keys.json"));
    let keys: BTreeMap<&String, &Value> = file.as_object().unwrap().iter().collect();
    KeySet::new(keys.into_values().filter_map(key)).unwrap()
}

fn key(key: &Value) -> Option<VerificationKey> {
    if key["jwk"].is_object() {
        return Some(VerificationKey::from_jwk(&key["jwk"].to_string()).unwrap());
    }
    let name = KeyId::new(key["kid"].as_str()?).unwrap();
    let algorithm = Algorithm::from_name(key["alg"].as_str().unwrap()).unwrap();
    let secret = URL_SAFE_NO_PAD.decode_to_vec(key["secret"].as_str().unwrap()).unwrap();
    Some(VerificationKey::from_secret(algorithm, &secret, Some(name), ShortSecret::Refuse).unwrap())
}

/// The vectors of our own tokens, with the keys that have names.
fn vectors() -> Vec<Value> {
    let files = std::fs::read_dir(folder().join("tokens")).unwrap().map(|file| file.unwrap().path());
    let all = files.flat_map(|file| read(&file).as_array().unwrap().clone());
    all.filter(|vector| vector["profile"] == "own" && vector["keys"].is_null()).collect()
}

/// A server that takes the vectors' issuer for its own.
async fn house() -> House {
    let mut settings = settings();
    settings.issuer = Issuer::new(ISSUER).unwrap();
    let house = House::with(settings, Vec::new()).await;
    house.verifier.replace_keys(&Issuer::new(ISSUER).unwrap(), keys()).unwrap();
    house.clock.set(NOW);
    house
}

/// A header can not carry every text: what it can not is asked about by introspection alone.
fn fits_a_header(token: &str) -> bool {
    token.bytes().all(|byte| byte == b'\t' || byte >= b' ' && byte != 0x7F)
}

async fn introspected(house: &House, token: &str) -> Value {
    let call: Call = house.post("/oauth/introspect").admin().form(&[("token", token)]);
    let reply = call.send().await;
    if token.is_empty() {
        // No token at all is no question.
        assert_eq!((reply.status, reply.oauth_error().as_str()), (400, "invalid_request"));
        return serde_json::json!({ "active": false });
    }
    if reply.status == 413 && token.len() > 20_000 {
        return serde_json::json!({ "active": false });
    }
    assert_eq!(reply.status, 200, "{}", reply.text());
    reply.json()
}

#[tokio::test]
async fn every_defect_gets_the_same_answer() {
    let house = house().await;
    let mut tried = 0;
    for vector in vectors() {
        let (name, token) = (&vector["name"], vector["token"].as_str().unwrap());
        // A token that a client got for itself has no session, so over HTTP that one is no defect.
        if vector["expected"]["defect"].is_null() || name == "no sid" {
            continue;
        }
        tried += 1;
        if fits_a_header(token) {
            let reply = house.get("/auth/check").bearer(token).send().await;
            assert_eq!(reply.status, 401, "{name}");
            let reason = reply.reason();
            assert!(
                matches!(reason.as_str(), "invalid_token" | "authorization_malformed"),
                "{name}: {reason}"
            );
        }
        assert_eq!(introspected(&house, token).await, serde_json::json!({ "active": false }), "{name}");
    }
    assert!(tried > 150, "{tried}");
}

#[tokio::test]
async fn what_is_to_be_read_is_read() {
    // The counterpart: without it the test above could pass by refusing everything.
    let house = house().await;
    let mut accepted = 0;
    for vector in vectors() {
        let (name, token) = (&vector["name"], vector["token"].as_str().unwrap());
        if vector["expected"]["claims"].is_null() || !fits_a_header(token) {
            continue;
        }
        let reply = house.get("/auth/check").bearer(token).send().await;
        if reply.status == 200 {
            accepted += 1;
            let claims = &vector["expected"]["claims"];
            assert_eq!(introspected(&house, token).await["sub"], claims["sub"], "{name}");
        } else {
            // Its life may be over, or too long: that is not for these files to say.
            assert_ne!(reply.reason(), "invalid_token", "{name}");
        }
    }
    assert!(accepted >= 15, "{accepted}");
}
