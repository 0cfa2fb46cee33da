//! Tokens made by PyJWT: a library that knows nothing of this project.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::{Value as Json, json};

/// Reads one JSON object `{"alg", "secret"?, "kid"?, "claims": [..]}`, answers `{"tokens": [..], "jwk"?}`.
const SCRIPT: &str = r#"
import json, sys
import jwt
from jwt.algorithms import RSAAlgorithm, ECAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa

asked = json.load(sys.stdin)
jwk = None
if asked["alg"].startswith("HS"):
    key = asked["secret"]
elif asked["alg"].startswith("RS"):
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    jwk = json.loads(RSAAlgorithm.to_jwk(key.public_key()))
else:
    key = ec.generate_private_key(ec.SECP256R1())
    jwk = json.loads(ECAlgorithm.to_jwk(key.public_key()))
headers = {"kid": asked["kid"]} if "kid" in asked else None
tokens = [jwt.encode(claims, key, algorithm=asked["alg"], headers=headers) for claims in asked["claims"]]
if jwk is not None:
    jwk.update({"kid": asked.get("kid"), "alg": asked["alg"], "use": "sig"})
json.dump({"tokens": tokens, "jwk": jwk}, sys.stdout)
"#;

/// What PyJWT made.
pub(crate) struct Made {
    pub(crate) tokens: Vec<String>,
    /// The public key, for asymmetric algorithms.
    pub(crate) jwk: Json,
}

/// Tokens signed with the shared `secret`, without a `kid`.
pub(crate) fn hs256(secret: &str, claims: &[Json]) -> Vec<String> {
    run(&json!({"alg": "HS256", "secret": secret, "claims": claims})).tokens
}

/// Tokens signed with a new key pair.
pub(crate) fn with_key_pair(algorithm: &str, kid: &str, claims: &[Json]) -> Made {
    run(&json!({"alg": algorithm, "kid": kid, "claims": claims}))
}

fn run(asked: &Json) -> Made {
    let mut python = Command::new(interpreter())
        .args(["-W", "ignore", "-c", SCRIPT])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("PyJWT is missing: run `make test`, which installs it");
    python.stdin.take().unwrap().write_all(asked.to_string().as_bytes()).unwrap();
    let output = python.wait_with_output().unwrap();
    assert!(output.status.success(), "PyJWT failed: run `make test`, which installs it");
    let answer: Json = serde_json::from_slice(&output.stdout).unwrap();
    let tokens = answer["tokens"].as_array().unwrap().iter().map(|token| token.as_str().unwrap().to_owned());
    Made { tokens: tokens.collect(), jwk: answer["jwk"].clone() }
}

fn interpreter() -> PathBuf {
    let default = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/test-dependencies");
    let place = std::env::var_os("QUASH_TEST_DEPENDENCIES").map_or_else(|| default.into(), PathBuf::from);
    place.join("venv/bin/python")
}
