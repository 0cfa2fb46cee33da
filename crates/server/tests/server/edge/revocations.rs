//! A revocation at the authority is refused at its edges.

use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};

use super::authority::{Authority, names};
use super::node::Plan;
use crate::process::answer::text;
use crate::process::other_library::{hs256, with_key_pair};
use crate::process::overlay::{now, write_secret};

const SHOP: &str = "https://shop.example";

#[test]
fn a_revocation_is_refused_everywhere_once_it_was_waited_for() {
    let authority = Authority::start();
    let edge = Plan::of("one", &authority).start();
    let (gone, stays) = (authority.token("alice"), authority.token("bob"));
    edge.assert_accepts(&gone);
    let answer = authority.revoke_everywhere("alice", 30_000);
    assert_eq!(answer.body["complete"], true, "{answer:?}");
    assert_eq!((names(&answer, "applied"), names(&answer, "pending")), (vec!["one".to_owned()], vec![]));
    // I1': at once, without any waiting.
    edge.assert_refuses(&gone);
    edge.assert_accepts(&stays);
    let answer = edge.answer(&gone);
    assert!(answer.header("www-authenticate").contains("reason=\"admin\""), "{answer:?}");
}

#[test]
fn tokens_of_other_issuers_are_refused_too_and_a_shared_secret_never_travels() {
    // S54
    let data = tempfile::tempdir().unwrap();
    let issued = now() - 60;
    let claims = |subject: &str| json!({"iss": SHOP, "aud": "api", "sub": subject, "iat": issued, "exp": issued + 600});
    let made = with_key_pair("ES256", "k1", &[claims("u1"), claims("u2")]);
    std::fs::write(data.path().join("jwks.json"), json!({"keys": [made.jwk]}).to_string()).unwrap();
    let secret = "a secret that two share: 32 bytes";
    let tutorial = |id: &str| json!({"id": id, "iat": issued, "exp": issued + 600, "jti": id});
    let shared = hs256(secret, &[tutorial("t1"), tutorial("t2")]);
    write_secret(data.path(), secret);
    let tutorial_issuer = "[[issuer]]\nname = \"tutorial\"\nsecret_file = \"shared.secret\"\nsubject_claim = \"id\"\n\
                           allow = [\"missing_issuer\", \"missing_audience\", \"typ_jwt\"]\n";
    let text = format!(
        "[[issuer]]\nname = \"{SHOP}\"\njwks_file = \"jwks.json\"\naudience = [\"api\"]\nallow = [\"typ_jwt\"]\n{tutorial_issuer}"
    );
    let authority = Authority::configured_in(data, &text);
    let without = Plan::of("without", &authority).start();
    let secret_at_edge =
        tutorial_issuer.replace("shared.secret", authority.path().join("shared.secret").to_str().unwrap());
    let with = Plan::of("with", &authority).more(&secret_at_edge).start();

    for edge in [&with, &without] {
        for token in &made.tokens {
            edge.assert_accepts(token);
        }
    }
    for token in &shared {
        with.assert_accepts(token);
    }
    // Undecided, not refused: it is told that there is such an issuer, and not its secret.
    assert_eq!(without.check(&shared[0]), 503);
    authority.revoke_target_everywhere(&json!({"issuer": SHOP, "type": "subject", "id": "u1"}), 30_000);
    authority.revoke_target_everywhere(&json!({"issuer": "tutorial", "type": "subject", "id": "t1"}), 30_000);
    for edge in [&with, &without] {
        edge.assert_refuses(&made.tokens[0]);
        edge.assert_accepts(&made.tokens[1]);
    }
    with.assert_refuses(&shared[0]);
    with.assert_accepts(&shared[1]);
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the load goes on for a time")]
fn of_five_seconds_of_durable_revocations_none_is_lost_at_three_edges() {
    let authority = Authority::start();
    let edges = ["one", "two", "three"].map(|name| Plan::of(name, &authority).start());
    let ends = Instant::now() + Duration::from_secs(5);
    let mut revoked = Vec::new();
    while Instant::now() < ends {
        revoked.push(sign_in_and_revoke(&authority, revoked.len()));
    }
    let stays = authority.token("somebody else");
    let end = authority.revoke_everywhere("the last one", 60_000);
    assert_eq!(end.body["complete"], true, "{end:?}");
    for edge in &edges {
        let lost: Vec<usize> =
            (0..revoked.len()).filter(|place| edge.check(&revoked[*place]) != 401).collect();
        assert!(lost.is_empty(), "{}: {lost:?} of {}", edge.name(), revoked.len());
        edge.assert_accepts(&stays);
    }
}

/// The token of a session that is over when this returns.
fn sign_in_and_revoke(authority: &Authority, place: usize) -> String {
    let opened: Json = authority.server().sign_in(&format!("user-{place}"));
    authority.server().revoke(&json!({"type": "session", "id": text(&opened, "session_id")}));
    text(&opened, "access_token").to_owned()
}
