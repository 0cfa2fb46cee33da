//! S04: activity prolongs a session, and an access token that is about to end is answered with a new one. The exact
//! instants are tested on a simulated clock (`authority`, `slide`).

use std::time::Duration;

use super::clock::now;
use crate::process::answer::{Answer, text};
use crate::process::running::Running;

const CLIENT: &str = r#"
[[client]]
id = "web"
access_token_lifetime = "5s"
session_idle = "6s"
session_absolute = "14s"
sliding_access_token = true
"#;

const HEADER: &str = "x-auth-renewed-token";
const PAUSE: Duration = Duration::from_millis(20);

/// Checks `token` until the answer is another than 200 or brings a new token.
fn until_renewed(server: &Running, token: &str) -> Answer {
    loop {
        let answer = server.get_with("/auth/check", token);
        if answer.status != 200 || !answer.header(HEADER).is_empty() {
            return answer;
        }
        std::thread::sleep(PAUSE);
    }
}

#[test]
fn a_session_lives_by_its_checks_past_its_idle_limit_and_dies_at_its_absolute_limit() {
    let data = tempfile::tempdir().unwrap();
    let server = Running::configured(data.path(), CLIENT);
    let opened = server.sign_in("alice");
    // It was opened before now.
    let idle_end = now().plus(Duration::from_secs(6));
    let end = now().plus(Duration::from_secs(14));
    let mut token = text(&opened, "access_token").to_owned();
    let mut slid_at = now();
    let last = loop {
        let answer = until_renewed(&server, &token);
        if answer.status != 200 {
            break answer;
        }
        answer.header(HEADER).clone_into(&mut token);
        slid_at = now();
        assert!(slid_at < end, "nothing is renewed at the absolute limit");
    };
    assert!(slid_at > idle_end, "it was used past the idle limit");
    assert_eq!(last.text_of("reason"), "expired");
    // The last token may end a moment before its session, as it counts in whole seconds.
    while now() < end {
        std::thread::sleep(PAUSE);
    }
    let refused = server.refresh(text(&opened, "refresh_token"));
    assert_eq!((refused.status, refused.text_of("reason")), (400, "absolute_limit"));
}

#[test]
fn a_session_that_nobody_uses_dies_at_its_idle_limit() {
    let data = tempfile::tempdir().unwrap();
    let server = Running::configured(data.path(), CLIENT);
    let opened = server.sign_in("alice");
    let end = now().plus(Duration::from_secs(6));
    while now() < end {
        std::thread::sleep(PAUSE);
    }
    let refused = server.refresh(text(&opened, "refresh_token"));
    assert_eq!((refused.status, refused.text_of("reason")), (400, "idle"));
}

#[test]
fn no_token_slides_unless_its_client_is_configured_so() {
    let data = tempfile::tempdir().unwrap();
    let server = Running::configured(data.path(), &CLIENT.replace("true", "false"));
    let opened = server.sign_in("alice");
    let last = until_renewed(&server, text(&opened, "access_token"));
    assert_eq!((last.status, last.text_of("reason"), last.header(HEADER)), (401, "expired", ""));
}

#[test]
fn what_slid_is_the_same_session_and_ends_with_it() {
    let data = tempfile::tempdir().unwrap();
    let server = Running::configured(data.path(), CLIENT);
    let opened = server.sign_in("alice");
    let first = text(&opened, "access_token");
    let answer = until_renewed(&server, first);
    assert_eq!(answer.status, 200, "a second before its end a new one comes: {answer:?}");
    let slid = answer.header(HEADER);
    assert_eq!(server.introspect(slid)["sid"], opened["session_id"]);
    assert_eq!(server.post_with("/v1/logout", slid).status, 200);
    for token in [first, slid] {
        let answer = server.get_with("/auth/check", token);
        assert_eq!((answer.status, answer.header(HEADER)), (401, ""));
    }
}
