//! A server that stops while it is followed.

use super::follower::{Follower, key, until};
use crate::process::running::Running;

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_stops_sends_its_followers_away_and_cuts_nobody() {
    // Design section 4: followers go elsewhere at once, and an open feed holds up no stop.
    let data = tempfile::tempdir().unwrap();
    let states = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let server = Running::dev(data.path());
    let key = key(&server);
    let followers = states.each_ref().map(|state| Follower::start(&server.url, &key, state.path()));
    for follower in &followers {
        follower.ready().await;
    }
    let watching = server.watch();
    let log = data.path().join("stderr.log");
    server.stop();
    until(|| followers.iter().all(|follower| follower.feed.status().connected_to.is_none())).await;
    let log = std::fs::read_to_string(log).unwrap();
    assert!(log.contains("abandoned=0") || log.contains("\"abandoned\":0"), "{log}");
    drop(watching);
}
