//! S02: every use of a refresh token replaces it; one that was replaced long ago is theft, and ends the session.

use std::time::Duration;

use super::clock::now;
use crate::process::answer::text;
use crate::process::running::Running;

#[test]
fn every_use_of_a_refresh_token_gives_another_one() {
    let data = tempfile::tempdir().unwrap();
    let server = Running::dev(data.path());
    let mut seen = vec![text(&server.sign_in("alice"), "refresh_token").to_owned()];
    for _ in 0..5 {
        let renewed = server.refresh(seen.last().unwrap());
        assert_eq!(renewed.status, 200, "{renewed:?}");
        let next = renewed.text_of("refresh_token").to_owned();
        assert!(!seen.contains(&next));
        seen.push(next);
    }
}

#[test]
fn an_older_generation_after_the_grace_ends_the_session() {
    // S02: both holders are out; the reason says why.
    let data = tempfile::tempdir().unwrap();
    let server = Running::configured(data.path(), "[tokens]\nrefresh_grace = \"1s\"\n");
    let session = server.sign_in("alice");
    let other = server.sign_in("alice");
    let renewed = server.refresh(text(&session, "refresh_token"));
    assert_eq!(renewed.status, 200);
    // Rotated before it was answered, so the grace is over by then; its exact boundary is tested on a simulated clock.
    let over = now().plus(Duration::from_secs(1));
    while now() < over {
        std::thread::sleep(Duration::from_millis(20));
    }

    let stolen = server.refresh(text(&session, "refresh_token"));
    assert_eq!((stolen.status, stolen.text_of("error")), (400, "invalid_grant"));
    assert_eq!(server.refresh(renewed.text_of("refresh_token")).status, 400);
    let refused = server.get_with("/auth/check", renewed.text_of("access_token"));
    assert_eq!((refused.status, refused.text_of("reason")), (401, "refresh_reuse"));
    assert_eq!(server.check(text(&other, "access_token")), 200, "other sign-ins are not touched");
}
