//! S06: the reply says when to refresh: before `exp` by two minutes or a fifth of the life, whichever is less.

use super::clock::now;
use crate::process::answer::text;
use crate::process::running::Running;

/// The claims of `token`, and `refresh_at` of the reply that it came in.
fn times(server: &Running, reply: &serde_json::Value) -> (u64, u64, u64) {
    let claims = server.introspect(text(reply, "access_token"));
    let seconds = |value: &serde_json::Value| value.as_u64().unwrap();
    (seconds(&claims["iat"]), seconds(&claims["exp"]), seconds(&reply["refresh_at"]))
}

#[test]
fn every_token_reply_says_when_to_refresh() {
    let data = tempfile::tempdir().unwrap();
    let server = Running::dev(data.path());
    let opened = server.sign_in("alice");
    let renewed = server.refresh(text(&opened, "refresh_token")).body;
    for reply in [opened, renewed] {
        let (_, exp, refresh_at) = times(&server, &reply);
        // Ten minutes: two minutes before the end, less up to a quarter of that by chance.
        assert!((exp - 120..=exp - 90).contains(&refresh_at), "{reply}");
    }
}

#[test]
fn a_one_minute_token_is_not_refreshed_for_ever() {
    let data = tempfile::tempdir().unwrap();
    let server = Running::configured(data.path(), "[tokens]\naccess_token_lifetime = \"1m\"\n");
    let mut reply = server.sign_in("alice");
    for _ in 0..3 {
        let (iat, exp, refresh_at) = times(&server, &reply);
        assert_eq!(exp - iat, 60);
        assert!((iat + 48..exp).contains(&refresh_at), "four fifths of the life pass first: {reply}");
        assert!(refresh_at > now().seconds(), "a client that obeys does not come back at once");
        reply = server.refresh(text(&reply, "refresh_token")).body;
    }
}
