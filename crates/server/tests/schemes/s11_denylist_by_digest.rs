//! S11: a token without a `jti` is ended by the digest of its signing input, so that no other spelling of it slips
//! through.

use serde_json::{Value as Json, json};

use crate::process::other_library::hs256;
use crate::process::overlay::{now, write_secret};
use crate::process::running::Running;

const SECRET: &str = "a-secret-of-an-issuer-that-sets-no-jti";
const ISSUER: &str = r#"
[[issuer]]
name = "https://old.example"
secret_file = "shared.secret"
algorithm = "HS256"
audience = ["api"]
allow = ["typ_jwt"]
longest_life = "1h"
"#;

fn claims(subject: &str) -> Json {
    json!({"iss": "https://old.example", "aud": "api", "sub": subject, "iat": now() - 60, "exp": now() + 600})
}

#[test]
fn every_accepted_spelling_of_a_revoked_token_is_refused() {
    let data = tempfile::tempdir().unwrap();
    write_secret(data.path(), SECRET);
    let server = Running::configured(data.path(), ISSUER);
    let tokens = hs256(SECRET, &[claims("u1"), claims("u2")]);
    let spellings = respelt(&tokens[0]);
    let accepted: Vec<&String> = spellings.iter().filter(|token| server.check(token) == 200).collect();
    assert_eq!(accepted, [&tokens[0]], "one spelling of a signature is enough (RFC 7515 section 2)");

    // Revoked by the spelling that is not accepted: the signing input is the same.
    let other = json!({"issuer": "https://old.example", "type": "token", "token": tokens[0]});
    server.revoke(&other);

    assert!(spellings.iter().all(|token| server.check(token) == 401));
    assert_eq!(server.check(&tokens[1]), 200);
}

/// The token, and the same with a signature that decodes to the same bytes under a lenient reader: the last character of
/// 43 carries four bits that say nothing, and padding can be added.
fn respelt(token: &str) -> Vec<String> {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let (front, last) = token.split_at(token.len() - 1);
    let place = ALPHABET.iter().position(|letter| *letter == last.as_bytes()[0]).unwrap();
    assert_eq!(place % 4, 0, "a canonical last character of 32 bytes");
    let others = (0..4).map(|more| format!("{front}{}", char::from(ALPHABET[place + more])));
    others.chain([format!("{token}=")]).collect()
}
