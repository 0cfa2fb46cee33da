//! S21: signing keys rotate without refusing a valid token, and one that was stolen dies at once with all it signed. That they
//! rotate by themselves when their time is over is tested on a simulated clock (`authority`).

use serde_json::{Value as Json, json};

use crate::edge::authority::Authority;
use crate::edge::node::Plan;
use crate::process::answer::text;
use crate::process::running::Running;

/// The keys in one state, oldest first.
fn keys(server: &Running, state: &str) -> Vec<String> {
    let page = server.get("/v1/keys").body;
    let items = page["items"].as_array().unwrap().iter();
    items.filter(|key| key["state"] == state).map(|key| text(key, "kid").to_owned()).collect()
}

fn published(server: &Running) -> Vec<String> {
    let set = server.get("/.well-known/jwks.json").body;
    set["keys"].as_array().unwrap().iter().map(|key| text(key, "kid").to_owned()).collect()
}

#[test]
fn a_rotation_refuses_no_valid_token_here_or_elsewhere() {
    let authority = Authority::start();
    let server = authority.server();
    let edge = Plan::of("one", &authority).start();
    let mut tokens = vec![authority.token("alice")];
    for _ in 0..3 {
        assert_eq!(server.post("/v1/keys/rotate", &json!({})).status, 200);
        tokens.push(authority.token("alice"));
        for token in &tokens {
            assert_eq!(server.check(token), 200);
            edge.assert_accepts(token);
        }
    }
    assert_eq!(keys(server, "retired").len(), 3, "the old ones stay published: {:?}", published(server));
}

#[test]
fn a_key_that_tokens_need_is_kept_and_one_that_signs_too() {
    let data = tempfile::tempdir().unwrap();
    let server = Running::dev(data.path());
    let active = keys(&server, "active").remove(0);
    let remove = |kid: &str| server.delete_answer(&format!("/v1/keys/{kid}"));
    let refused = remove(&active);
    assert_eq!((refused.status, refused.text_of("reason")), (409, "key_in_use"));
    server.post("/v1/keys/rotate", &json!({}));
    let refused = remove(&active);
    assert_eq!((refused.status, refused.text_of("reason")), (409, "key_needed"));
    assert_eq!(remove("key_unknown").status, 404);
    let bad = server.delete_answer(&format!("/v1/keys/{active}?compromised=perhaps"));
    assert_eq!((bad.status, bad.text_of("field")), (400, "compromised"));
}

#[test]
fn a_compromised_key_dies_everywhere_with_all_it_signed_and_sessions_go_on() {
    let mut authority = Authority::start();
    let edge = Plan::of("one", &authority).start();
    let session = authority.server().sign_in("alice");
    let old = text(&session, "access_token").to_owned();
    edge.assert_accepts(&old);
    let stolen = keys(authority.server(), "active").remove(0);

    let path = format!("/v1/keys/{stolen}?compromised=true&wait=everywhere&timeout_ms=30000");
    let killed = authority.server().delete_answer(&path);
    assert_eq!((killed.status, &killed.body["complete"]), (200, &Json::Bool(true)), "{killed:?}");

    assert!(!published(authority.server()).contains(&stolen));
    assert_eq!(authority.server().check(&old), 401);
    edge.assert_refuses(&old);
    let renewed = authority.server().refresh(text(&session, "refresh_token"));
    assert_eq!(renewed.status, 200, "the session lives");
    assert_eq!(authority.server().check(renewed.text_of("access_token")), 200);
    edge.assert_accepts(renewed.text_of("access_token"));

    authority.kill();
    authority.restart();
    assert_eq!(authority.server().check(&old), 401, "over a restart");
}
