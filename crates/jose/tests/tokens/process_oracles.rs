//! PyJWT and npm `jose` in both directions, each in a process of its own.
//!
//! A job goes in as JSON: for every algorithm the private key, the public key and a token made here. Back come
//! the claims they read in our token, and a token they made of the same claims.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use quash_jose::{Algorithm, jwks};
use serde_json::{Value, json};

use crate::support::{PAYLOAD, base64url, own_profile, private_pem, signing_key, verify_as};

/// Where other people's libraries are installed.
fn dependencies() -> PathBuf {
    let default = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/test-dependencies");
    std::env::var_os("QUASH_TEST_DEPENDENCIES").map_or_else(|| default.into(), PathBuf::from)
}

fn installed(part: &str) -> PathBuf {
    let path = dependencies().join(part);
    assert!(
        path.exists(),
        "`{}` is missing: `make test` installs it, and so does `scripts/install-test-dependencies`",
        path.display()
    );
    path
}

fn job(algorithm: Algorithm, claims: &Value) -> Value {
    let key = signing_key(algorithm);
    let mut job = json!({
        "alg": algorithm.name(),
        "claims": claims,
        "token": key.mint("at+jwt", claims).unwrap(),
    });
    if algorithm.is_symmetric() {
        let secret = key.private_bytes().unwrap();
        job["jwk"] = json!({"kty": "oct", "k": base64url(secret.expose())});
    } else {
        let set: Value = serde_json::from_str(&jwks::publish([&key.verification_key().unwrap()])).unwrap();
        job["jwk"] = set["keys"][0].clone();
        job["pem"] = private_pem(algorithm).into();
    }
    job
}

/// Gives `jobs` to `command` on its standard input, and returns the answers from its standard output.
fn ask(mut command: Command, jobs: &[Value]) -> Vec<Value> {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .expect("the interpreter starts");
    let input = serde_json::to_vec(jobs).unwrap();
    child.stdin.take().unwrap().write_all(&input).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "the oracle failed");
    serde_json::from_slice(&output.stdout).unwrap()
}

fn both_directions(command: Command, algorithms: &[Algorithm]) {
    let claims: Value = serde_json::from_str(PAYLOAD).unwrap();
    let jobs: Vec<Value> = algorithms.iter().map(|algorithm| job(*algorithm, &claims)).collect();
    let answers = ask(command, &jobs);
    assert_eq!(answers.len(), jobs.len());
    for (algorithm, answer) in algorithms.iter().zip(answers) {
        assert_eq!(answer["claims"], claims, "{algorithm}: ours, read by them");
        let verified = verify_as(answer["token"].as_str().unwrap(), &own_profile()).unwrap();
        assert_eq!(Value::from(verified.to_object()), claims, "{algorithm}: theirs, read by us");
    }
}

#[test]
fn pyjwt_and_this_library_read_each_other() {
    let mut command = Command::new(installed("venv/bin/python"));
    command.args(["-I", "-c", include_str!("oracles/pyjwt.py")]);
    both_directions(command, &Algorithm::ALL);
}

#[test]
fn npm_jose_and_this_library_read_each_other() {
    installed("node_modules/jose");
    let mut command = Command::new("node");
    // A bare import in a script given on the command line is looked up from the working directory.
    command.args(["--input-type=module", "-e", include_str!("oracles/jose.mjs")]).current_dir(dependencies());
    both_directions(command, &Algorithm::ALL);
}
