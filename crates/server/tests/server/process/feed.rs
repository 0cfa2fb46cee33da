//! A service with an embedded verifier that follows a real server over real sockets.

mod flooding;
pub(crate) mod follower;
mod interrupted;
mod stopped;

use serde_json::json;

use self::follower::{Answer, Follower, until};
use super::running::Running;

#[tokio::test(flavor = "multi_thread")]
async fn a_revocation_is_refused_by_a_follower_before_anybody_asks_the_server() {
    let (data, state) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let server = Running::dev(data.path());
    let follower = Follower::of(&server, state.path());
    follower.ready().await;
    let token = server.sign_in("alice")["access_token"].as_str().unwrap().to_owned();
    assert_eq!(follower.judge(&token), Answer::Accepted);
    let answer = server.post(
        "/v1/revocations",
        &json!({"target": {"type": "subject", "id": "alice"}, "wait": "everywhere", "timeout_ms": 20_000}),
    );
    // I1': nobody accepts any more when this returns, so there is nothing to wait for.
    assert_eq!(follower.judge(&token), Answer::Refused);
    assert_eq!((answer.status, &answer.body["complete"]), (200, &json!(true)), "{answer:?}");
    assert_eq!(answer.body["applied"][0]["verifier"], "follower", "{answer:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cold_follower_answers_nothing_before_its_state_is_complete() {
    // Design section 3
    let (data, state) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let server = Running::dev(data.path());
    let token = server.sign_in("alice")["access_token"].as_str().unwrap().to_owned();
    let (address, key) = (server.url.clone(), follower::key(&server));
    server.kill();
    let follower = Follower::start(&address, &key, state.path());
    assert_eq!(follower.judge(&token), Answer::Undecided);
    let _server = Running::at(address.trim_start_matches("http://").parse().unwrap(), data.path(), "");
    follower.ready().await;
    assert_eq!(follower.judge(&token), Answer::Accepted);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_follower_whose_credential_is_removed_is_sent_away() {
    // Attack row 37
    let (data, state) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let server = Running::dev(data.path());
    let follower = Follower::of(&server, state.path());
    follower.ready().await;
    assert!(follower.feed.status().connected_to.is_some());
    let credentials = server.get("/v1/credentials").body;
    let id =
        credentials["items"][0]["credential_id"].as_str().or(credentials["items"][0]["id"].as_str()).unwrap();
    assert_eq!(server.delete(&format!("/v1/credentials/{id}")), 200);
    until(|| follower.feed.status().connected_to.is_none()).await;
    until(|| {
        server.log().contains("the server refuses the service key") || !follower.feed.status().following
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_where_nobody_is_is_passed_over_and_a_damaged_file_is_put_aside() {
    let (data, state) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    std::fs::write(state.path().join("follower.state"), b"not a state").unwrap();
    let server = Running::dev(data.path());
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let follower =
        Follower::between(&[&format!("http://{nobody}"), &server.url], &follower::key(&server), state.path());
    follower.ready().await;
    assert_eq!(follower.feed.status().connected_to.unwrap().to_string(), server.url);
    assert_eq!(std::fs::read(state.path().join("follower.state.damaged")).unwrap(), b"not a state");
}
