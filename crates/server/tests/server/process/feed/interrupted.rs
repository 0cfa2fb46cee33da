//! Servers that are killed, and followers that start while there is none.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use serde_json::json;

use super::follower::{Answer, Follower, key, until};
use crate::process::running::Running;

fn token(server: &Running, subject: &str) -> String {
    server.sign_in(subject)["access_token"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_killed_and_restarted_costs_no_answer_and_loses_nothing() {
    // Design section 3: a restart below `max_staleness` must not cost a single 503. I3
    let (data, state) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let server = Running::dev(data.path());
    let address = server.url.trim_start_matches("http://").parse().unwrap();
    let follower = Follower::of(&server, state.path());
    follower.ready().await;
    let (alice, bob) = (token(&server, "alice"), token(&server, "bob"));
    let position =
        server.revoke(&json!({"type": "subject", "id": "alice"})).body["position"].as_u64().unwrap();
    until(|| follower.judge(&alice) == Answer::Refused).await;
    let (over, undecided) = (AtomicBool::new(false), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                assert_eq!(follower.judge(&alice), Answer::Refused);
                if follower.judge(&bob) == Answer::Undecided {
                    undecided.fetch_add(1, Ordering::Relaxed);
                }
                std::thread::sleep(std::time::Duration::from_millis(1));
            }
        });
        server.kill();
        let server = Running::at(address, data.path(), "");
        let before = follower.feed.status().fresh_as_of;
        let runtime = tokio::runtime::Handle::current();
        tokio::task::block_in_place(|| {
            runtime.block_on(until(|| {
                let status = follower.feed.status();
                status.following && status.fresh_as_of > before
            }));
        });
        over.store(true, Ordering::Relaxed);
        let answer = server.post(
            "/v1/revocations",
            &json!({"target": {"type": "subject", "id": "bob"}, "wait": "everywhere", "timeout_ms": 30_000}),
        );
        assert_eq!(answer.body["complete"], true, "{answer:?}");
        assert_eq!(answer.body["position"].as_u64().unwrap(), position + 1);
    });
    assert_eq!(undecided.load(Ordering::Relaxed), 0);
    assert_eq!((follower.judge(&alice), follower.judge(&bob)), (Answer::Refused, Answer::Refused));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_follower_that_starts_during_an_outage_refuses_all_it_knew_and_accepts_nothing() {
    // Design section 3
    let (data, state) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let server = Running::dev(data.path());
    let (address, key) = (server.url.clone(), key(&server));
    let first = Follower::start(&address, &key, state.path());
    first.ready().await;
    let (alice, bob) = (token(&server, "alice"), token(&server, "bob"));
    server.revoke(&json!({"type": "subject", "id": "alice"}));
    until(|| first.judge(&alice) == Answer::Refused).await;
    assert_eq!(first.judge(&bob), Answer::Accepted);
    // What is acknowledged is in the file.
    let head = first.feed.status().position.unwrap().number();
    until(|| server.get("/v1/verifiers").body["items"][0]["watermark"].as_u64() >= Some(head)).await;
    server.kill();
    drop(first);
    let second = restarted(&address, &key, state.path()).await;
    assert!(second.feed.status().connected_to.is_none());
    assert_eq!((second.judge(&alice), second.judge(&bob)), (Answer::Refused, Answer::Undecided));
}

/// A follower in the same directory, once the one before has left it.
async fn restarted(address: &str, key: &str, state: &std::path::Path) -> Follower {
    use quash_middleware::feed::{Feed, ServiceKey};
    loop {
        let builder = Feed::builder(address, ServiceKey::new(key).unwrap()).name("follower");
        if let Ok(feed) = builder.state_directory(state).start() {
            return Follower { feed };
        }
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
}
