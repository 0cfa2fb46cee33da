//! S07: a session is over at its greatest age, counted from the proof of identity, whatever its use.

use std::time::Duration;

use serde_json::json;

use super::clock::{now, rfc3339};
use crate::process::running::Running;

#[test]
fn a_session_that_is_used_all_the_time_is_over_at_its_absolute_limit() {
    let data = tempfile::tempdir().unwrap();
    let text = "[tokens]\naccess_token_lifetime = \"1s\"\nsession_idle = \"3s\"\nsession_absolute = \"4s\"\n";
    let server = Running::configured(data.path(), &format!("{text}refresh_grace = \"1s\"\n"));
    let mut token = server.sign_in("alice")["refresh_token"].as_str().unwrap().to_owned();
    let end = now().plus(Duration::from_secs(4));
    let mut renewals = 0;
    let over = loop {
        let asked = now();
        let answer = server.refresh(&token);
        if answer.status != 200 {
            break answer;
        }
        assert!(asked < end, "renewed after the absolute limit");
        token = answer.text_of("refresh_token").to_owned();
        renewals += 1;
        std::thread::sleep(Duration::from_millis(100));
    };
    assert!(renewals > 0);
    assert_eq!(
        (over.status, over.text_of("reason"), over.text_of("remedy")),
        (400, "absolute_limit", "sign_in")
    );
}

#[test]
fn the_age_counts_from_when_the_user_proved_who_they_are() {
    let data = tempfile::tempdir().unwrap();
    let server =
        Running::configured(data.path(), "[tokens]\nsession_idle = \"1h\"\nsession_absolute = \"1h\"\n");
    let sign_in = |ago: u64| {
        let at = now().minus(Duration::from_secs(ago));
        server.post(
            "/v1/sessions",
            &json!({"subject": "alice", "client_id": "web", "authenticated_at": rfc3339(at.seconds())}),
        )
    };
    let half = sign_in(1_800);
    assert_eq!(half.status, 201, "{half:?}");
    let left = half.body["authorization_expires_in"].as_u64().unwrap();
    assert!((1_700..=1_800).contains(&left), "{half:?}");
    assert_eq!(sign_in(3_601).status, 400, "a proof that is too old opens nothing");
}
