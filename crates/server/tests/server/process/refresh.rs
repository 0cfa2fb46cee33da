//! Refresh tokens under parallel use, lost replies and theft, over the real API.

use std::collections::BTreeSet;
use std::sync::Barrier;
use std::time::Duration;

use super::answer::text;
use super::running::Running;

#[test]
fn sixty_four_parallel_uses_of_one_refresh_token_get_one_successor() {
    // S03, I4: one generation, 64 equal successors, no theft.
    let data = tempfile::tempdir().unwrap();
    let server = Running::dev(data.path());
    let session = server.sign_in("alice");
    let token = text(&session, "refresh_token");
    let start = Barrier::new(64);
    let successors: BTreeSet<String> = std::thread::scope(|scope| {
        let uses: Vec<_> = (0..64)
            .map(|_| {
                scope.spawn(|| {
                    start.wait();
                    let answer = server.refresh(token);
                    assert_eq!(answer.status, 200, "{answer:?}");
                    answer.text_of("refresh_token").to_owned()
                })
            })
            .collect();
        uses.into_iter().map(|handle| handle.join().unwrap()).collect()
    });
    assert_eq!(successors.len(), 1);
    let successor = successors.first().unwrap();
    assert_ne!(successor, token);
    assert_eq!(server.refresh(successor).status, 200, "the session lives");
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
    // The grace is a promise in real time here; its exact boundary is tested on a simulated clock.
    std::thread::sleep(Duration::from_millis(1_100));

    let stolen = server.refresh(text(&session, "refresh_token"));
    assert_eq!((stolen.status, stolen.text_of("error")), (400, "invalid_grant"));
    assert_eq!(server.refresh(renewed.text_of("refresh_token")).status, 400);
    let refused = server.get_with("/auth/check", renewed.text_of("access_token"));
    assert_eq!((refused.status, refused.text_of("reason")), (401, "refresh_reuse"));
    assert_eq!(server.check(text(&other, "access_token")), 200, "other sign-ins are not touched");
}

#[test]
fn a_retry_after_a_lost_reply_gets_what_the_reply_said() {
    // S03; and a retry after a restart, too.
    let data = tempfile::tempdir().unwrap();
    let server = Running::dev(data.path());
    let session = server.sign_in("alice");
    let token = text(&session, "refresh_token");
    let lost = server.refresh(token).text_of("refresh_token").to_owned();
    server.kill();
    let server = Running::dev(data.path());
    assert_eq!(server.refresh(token).text_of("refresh_token"), lost);
}
