//! Keys change without a valid token being refused (I9).

use serde_json::Value as Json;

use super::authority::Authority;
use super::node::Plan;
use crate::process::running::ADMIN_KEY;

#[test]
fn a_token_of_a_new_key_is_accepted_at_once() {
    // Design section 9: a new key is announced before a token is signed with it.
    let authority = Authority::start();
    let edge = Plan::of("one", &authority).start();
    let mut tokens = vec![authority.token("alice")];
    for _ in 0..3 {
        let rotated = authority.server().post_with("/v1/keys/rotate", ADMIN_KEY);
        assert_eq!(rotated.status, 200, "{rotated:?}");
        tokens.push(authority.token("alice"));
        // At once: no asking again until it fits.
        for token in &tokens {
            edge.assert_accepts(token);
        }
    }
    assert_eq!(
        keys(&edge.url("/.well-known/jwks.json")),
        keys(&format!("{}/.well-known/jwks.json", authority.url()))
    );
}

fn keys(url: &str) -> Json {
    let text = ureq::get(url).call().unwrap().body_mut().read_to_string().unwrap();
    serde_json::from_str(&text).unwrap()
}
