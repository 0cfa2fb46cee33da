//! S01: a short access token and a long refresh token, both lives configurable per client. The exact instants are tested
//! on a simulated clock (`core::session`, `verify`).

use quash_core::time::Timestamp;
use serde_json::json;

use super::clock::{before_and_after, now};
use crate::process::answer::text;
use crate::process::running::Running;

const CLIENTS: &str = r#"
[tokens]
access_token_lifetime = "1h"
refresh_grace = "1s"

[[client]]
id = "web"

[[client]]
id = "kiosk"
access_token_lifetime = "2s"
session_idle = "4s"
session_absolute = "1m"
"#;

#[test]
fn an_access_token_is_refused_on_its_exp_and_the_refresh_token_goes_on() {
    let data = tempfile::tempdir().unwrap();
    let server = Running::configured(data.path(), CLIENTS);
    let opened = server.post("/v1/sessions", &json!({"subject": "alice", "client_id": "kiosk"}));
    assert_eq!(opened.status, 201, "{opened:?}");
    let token = opened.text_of("access_token");
    let exp = server.introspect(token)["exp"].as_u64().unwrap();

    let (before, after) = before_and_after(Timestamp::from_seconds(exp), || server.check(token));
    assert_eq!((before, after), (200, 401), "RFC 7519 section 4.1.4: on or after");
    let refused = server.get_with("/auth/check", token);
    assert_eq!((refused.text_of("reason"), refused.text_of("remedy")), ("expired", "renew"));
    assert_eq!(server.refresh_as("kiosk", opened.text_of("refresh_token")).status, 200);
}

#[test]
fn lives_are_those_of_the_client() {
    let data = tempfile::tempdir().unwrap();
    let server = Running::configured(data.path(), CLIENTS);
    for (client, access, idle) in [("web", 3_600, 14 * 86_400), ("kiosk", 2, 4)] {
        let opened = server.post("/v1/sessions", &json!({"subject": "alice", "client_id": client}));
        // Rounded down, and never more than was promised.
        let seconds = |name: &str| opened.body[name].as_u64().unwrap();
        assert!((access - 1..=access).contains(&seconds("expires_in")), "{opened:?}");
        assert!((idle - 1..=idle).contains(&seconds("refresh_token_timeout")), "{opened:?}");
    }
}

#[test]
fn a_refresh_token_is_over_when_nobody_used_it_for_its_idle_limit() {
    let data = tempfile::tempdir().unwrap();
    let server = Running::configured(data.path(), CLIENTS);
    let opened = server.post("/v1/sessions", &json!({"subject": "alice", "client_id": "kiosk"}));
    // The session was opened at the latest now, so it is over four seconds from here at the latest.
    let end = now().plus(std::time::Duration::from_secs(4));
    let token = text(&opened.body, "refresh_token");
    while now() < end {
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    let over = server.refresh_as("kiosk", token);
    assert_eq!((over.status, over.text_of("error"), over.text_of("reason")), (400, "invalid_grant", "idle"));
}
