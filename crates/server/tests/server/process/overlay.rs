//! Tokens of other issuers, made by another library, revoked here (S54).

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value as Json, json};

use super::other_library::{hs256, with_key_pair};
use super::running::Running;

const SHOP: &str = "https://shop.example";

#[expect(clippy::disallowed_methods, reason = "the other issuer has a clock of its own")]
pub(crate) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

/// A secret in `shared.secret`, for its owner alone.
pub(crate) fn write_secret(directory: &Path, secret: &str) {
    let path = directory.join("shared.secret");
    std::fs::write(&path, secret).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
}

/// A server that trusts the tutorial issuer under named relaxations, with more lines for it.
fn tutorial_server(directory: &Path, secret: &str, more: &str) -> Running {
    write_secret(directory, secret);
    let text = format!(
        r#"
[[issuer]]
name = "tutorial"
secret_file = "shared.secret"
algorithm = "HS256"
subject_claim = "id"
device_claim = "deviceId"
allow = ["missing_issuer", "missing_audience", "typ_jwt", "short_secret"]
longest_life = "1h"
{more}
"#
    );
    Running::configured(directory, &text)
}

/// The payload of ordinary tutorials, unchanged.
fn tutorial_claims(id: &str, jti: &str, device: &str) -> Json {
    // Issued well before any cutoff of the test: foreign tokens are compared by whole seconds and a skew.
    let issued = now() - 60;
    json!({"id": id, "username": "alice", "jti": jti, "deviceId": device, "iat": issued, "exp": issued + 3600})
}

fn revoked(server: &Running, token: &str) -> bool {
    let introspected = server.introspect(token);
    match server.check(token) {
        401 => {
            assert_eq!(introspected, json!({"active": false}));
            true
        }
        200 => {
            assert_eq!(introspected["active"], true);
            false
        }
        other => panic!("/auth/check said {other}"),
    }
}

#[test]
fn a_tutorial_token_is_taken_unchanged_and_revoked_by_jti_subject_and_device() {
    let data = tempfile::tempdir().unwrap();
    let secret = "my-secret";
    let server = tutorial_server(data.path(), secret, "");
    let claims: Vec<Json> =
        [("u1", "t1", "phone"), ("u1", "t2", "phone"), ("u2", "t3", "phone"), ("u2", "t4", "tv")]
            .iter()
            .map(|(id, jti, device)| tutorial_claims(id, jti, device))
            .collect();
    let tokens = hs256(secret, &claims);
    assert!(tokens.iter().all(|token| !revoked(&server, token)));

    server.revoke(&json!({"issuer": "tutorial", "type": "token", "id": "t1"}));
    assert_eq!(outcomes(&server, &tokens), [true, false, false, false]);
    server.revoke(&json!({"issuer": "tutorial", "type": "device", "subject": "u2", "id": "phone"}));
    assert_eq!(outcomes(&server, &tokens), [true, false, true, false]);
    server.revoke(&json!({"issuer": "tutorial", "type": "subject", "id": "u1"}));
    assert_eq!(outcomes(&server, &tokens), [true, true, true, false]);
}

fn outcomes(server: &Running, tokens: &[String]) -> Vec<bool> {
    tokens.iter().map(|token| revoked(server, token)).collect()
}

#[test]
fn a_forged_tutorial_token_and_an_expired_one_are_refused() {
    let data = tempfile::tempdir().unwrap();
    let server = tutorial_server(data.path(), "my-secret", "mode = \"observe\"");
    let claims = tutorial_claims("u1", "t1", "phone");
    let forged = hs256("another-secret", std::slice::from_ref(&claims));
    assert_eq!(server.check(&forged[0]), 401, "observing lets no forged token in");
    let mut old = claims;
    old["exp"] = json!(now() - 1);
    assert_eq!(server.check(&hs256("my-secret", &[old])[0]), 401);
}

#[test]
fn an_observed_issuer_s_revoked_tokens_pass_and_are_counted() {
    let data = tempfile::tempdir().unwrap();
    let server = tutorial_server(data.path(), "my-secret", "mode = \"observe\"");
    let token = &hs256("my-secret", &[tutorial_claims("u1", "t1", "phone")])[0];
    server.revoke(&json!({"issuer": "tutorial", "type": "token", "id": "t1"}));
    let before = would_refuse(&server);
    assert_eq!(server.check(token), 200);
    assert_eq!(would_refuse(&server), before + 1);
}

/// The sum of the counter of what would have been refused.
fn would_refuse(server: &Running) -> u64 {
    let metrics = server.get("/metrics").text;
    let lines = metrics.lines().filter(|line| line.contains("would_refuse") && !line.starts_with('#'));
    lines.map(|line| line.rsplit(' ').next().unwrap().parse::<u64>().unwrap()).sum()
}

#[test]
fn tokens_of_a_key_set_are_revoked_by_digest_and_by_claim() {
    // S11: no `jti`, so the digest of the signing input is the key; S16: any claim value is a group.
    let data = tempfile::tempdir().unwrap();
    for algorithm in ["RS256", "ES256"] {
        let directory = data.path().join(algorithm);
        std::fs::create_dir_all(&directory).unwrap();
        let issued = now() - 60;
        let claims = |subject: &str, roles: Json| json!({"iss": SHOP, "aud": "api", "sub": subject, "roles": roles, "iat": issued, "exp": issued + 600});
        let all =
            [claims("u1", json!(["admin", "staff"])), claims("u2", json!("admin")), claims("u3", json!([]))];
        let made = with_key_pair(algorithm, "k1", &all);
        std::fs::write(directory.join("jwks.json"), json!({"keys": [made.jwk]}).to_string()).unwrap();
        let text = format!(
            "[[issuer]]\nname = \"{SHOP}\"\njwks_file = \"jwks.json\"\naudience = [\"api\"]\nallow = [\"typ_jwt\"]\n"
        );
        let server = Running::configured(&directory, &text);
        assert_eq!(outcomes(&server, &made.tokens), [false, false, false], "{algorithm}");
        server.revoke(&json!({"issuer": SHOP, "type": "token", "token": made.tokens[2]}));
        assert_eq!(outcomes(&server, &made.tokens), [false, false, true], "{algorithm}");
        server.revoke(&json!({"issuer": SHOP, "type": "claim", "name": "roles", "value": "admin"}));
        assert_eq!(outcomes(&server, &made.tokens), [true, true, true], "{algorithm}");
    }
}
