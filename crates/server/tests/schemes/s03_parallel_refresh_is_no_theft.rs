//! S03: parallel uses of one refresh token and a retry after a lost reply are no theft.

use std::collections::BTreeSet;
use std::sync::Barrier;

use crate::process::answer::text;
use crate::process::running::Running;

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
