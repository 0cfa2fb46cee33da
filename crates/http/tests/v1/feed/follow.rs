//! `GET /v1/feed/ws`

use quash_core::position::Position;
use quash_core::revocation::freshness::{Freshness, StalePolicy};
use quash_http::FeedLimits;
use quash_verify::Moment;
use quash_verify::feed::Limits;
use quash_verify::feed::frame::Start;
use serde_json::json;
use std::time::Duration;

use super::client::{Client, serve};
use crate::house::{House, ISSUER, START, text};

fn position(value: &serde_json::Value) -> Position {
    Position::new(value["position"].as_u64().unwrap()).unwrap()
}

async fn revoke(house: &House, subject: &str) -> Position {
    position(&house.revoke(json!({ "target": { "type": "subject", "id": subject } })).await)
}

#[tokio::test]
async fn a_follower_is_told_of_every_entry_and_is_fresh_once_it_holds_them() {
    // Design sections 3 and 4
    let house = House::new().await;
    let served = serve(&house, FeedLimits::default()).await;
    let key = house.key_of("verifier").await;
    let token = text(&house.sign_in("alice").await["access_token"]);
    let before = revoke(&house, "bob").await;
    let mut client = Client::new(1);
    client.connect(&served, &key).await.unwrap();
    let fresh = |client: &Client| {
        client.gauge.freshness_at(client.now(), Duration::MAX, StalePolicy::Deny) == Freshness::Fresh
    };
    client.until(fresh).await;
    assert!(client.verifier.watermark() >= before);
    let judge =
        |client: &Client| client.verifier.check(&token, Moment::fresh(START)).unwrap().accepted().is_some();
    assert!(judge(&client), "issuers and keys come with the feed");
    let at = revoke(&house, "alice").await;
    client.until(|client| client.verifier.watermark() >= at).await;
    assert!(!judge(&client));
    let listed = |house: &House| house.get("/v1/verifiers").admin();
    loop {
        let item = listed(&house).send().await.json()["items"][0].clone();
        if item["watermark"].as_u64() == Some(at.number()) {
            assert_eq!((&item["verifier"], &item["connected"]), (&json!("follower-1"), &json!(true)));
            break;
        }
        let mut steps = 0;
        client
            .until(|_| {
                steps += 1;
                steps > 2
            })
            .await;
    }
}

#[tokio::test]
async fn a_follower_whose_clock_is_far_behind_accepts_no_token_whose_entry_was_purged() {
    // I10: its clock stands at the start; the authority's went on, and forgot the entry.
    let house = House::new().await;
    let served = serve(&house, FeedLimits::default()).await;
    let key = house.key_of("verifier").await;
    let token = text(&house.sign_in("alice").await["access_token"]);
    let at = revoke(&house, "alice").await;
    house.clock.advance(Duration::from_secs(3_600));
    assert_eq!(house.authority.maintain().await.unwrap().verifier_entries, 1);
    let mut client = Client::new(1);
    client.connect(&served, &key).await.unwrap();
    client.until(|client| client.follower.position() >= Some(at) && client.gauge.is_complete()).await;
    assert_eq!(client.verifier.live_entries(), 0, "the entry itself does not come any more");
    let checked = client.verifier.check(&token, Moment::fresh(START)).unwrap();
    assert_eq!(checked.rejection().map(|rejection| rejection.reason().to_owned()), Some("expired".into()));
}

#[tokio::test]
async fn a_follower_goes_on_where_it_stood() {
    let house = House::new().await;
    let served = serve(&house, FeedLimits::default()).await;
    let key = house.key_of("verifier").await;
    let mut client = Client::new(1);
    client.connect(&served, &key).await.unwrap();
    client.until(|client| client.follower.is_following()).await;
    client.disconnect();
    let at = revoke(&house, "alice").await;
    client.connect(&served, &key).await.unwrap();
    client.until(|client| client.verifier.watermark() >= at).await;
    assert_eq!(client.starts, [Start::Snapshot, Start::Tail]);
}

#[tokio::test]
async fn a_follower_that_is_too_far_behind_is_dropped_to_a_snapshot() {
    // Design section 4
    let house = House::new().await;
    let publication = Limits { furthest_behind: 3, ..Limits::default() };
    let served = serve(&house, FeedLimits { publication, ..FeedLimits::default() }).await;
    let key = house.key_of("verifier").await;
    let mut client = Client::new(1);
    client.connect(&served, &key).await.unwrap();
    client.until(|client| client.follower.is_following()).await;
    let snapshots = client.snapshots;
    client.disconnect();
    for number in 0..10 {
        revoke(&house, &format!("user-{number}")).await;
    }
    let at = revoke(&house, "alice").await;
    client.connect(&served, &key).await.unwrap();
    client.until(|client| client.verifier.watermark() >= at).await;
    assert_eq!((client.starts.last(), client.snapshots), (Some(&Start::Tail), snapshots + 1));
    assert_eq!(client.verifier.live_entries(), 11, "none is missing");
}

#[tokio::test]
async fn many_followers_get_the_same_entries() {
    let house = House::new().await;
    let served = serve(&house, FeedLimits::default()).await;
    let key = house.key_of("verifier").await;
    let mut clients: Vec<Client> = (1..=8).map(Client::new).collect();
    for client in &mut clients {
        client.connect(&served, &key).await.unwrap();
        client.until(|client| client.follower.is_following()).await;
    }
    let mut at = Position::ZERO;
    for number in 0..50 {
        at = revoke(&house, &format!("user-{number}")).await;
    }
    for client in &mut clients {
        client.until(|client| client.verifier.watermark() >= at).await;
        assert_eq!(client.verifier.live_entries(), 50);
    }
}

#[tokio::test]
async fn a_change_of_trust_is_told_at_once() {
    // Design section 9: a new key is announced before a token is signed with it.
    let house = House::new().await;
    let served = serve(&house, FeedLimits::default()).await;
    let key = house.key_of("verifier").await;
    let mut client = Client::new(1);
    client.connect(&served, &key).await.unwrap();
    client.until(|client| client.follower.trust().is_some()).await;
    let (version, document) = client.follower.trust().unwrap();
    assert!(document.issuers.iter().any(|issuer| issuer.own && issuer.name.as_str() == ISSUER));
    house.key_of("verifier").await;
    client.until(|client| client.follower.trust().is_some_and(|(now, _)| now > version)).await;
    let (_, document) = client.follower.trust().unwrap();
    assert_eq!(document.introspection.len(), 2);
}

#[tokio::test]
async fn whoever_does_not_ask_for_a_websocket_is_told_so() {
    // RFC 9110 section 15.5.22
    let house = House::new().await;
    let reply = house.get("/v1/feed/ws").admin().send().await;
    assert_eq!((reply.status, reply.reason().as_str()), (426, "upgrade_required"));
    assert_eq!(reply.header("upgrade"), "websocket");
}

#[tokio::test]
async fn nobody_is_upgraded_before_the_credential_was_checked() {
    // Attack row 37
    let house = House::new().await;
    let served = serve(&house, FeedLimits::default()).await;
    let auditor = house.key_of("auditor").await;
    let mut client = Client::new(1);
    assert_eq!(client.connect(&served, &auditor).await, Err(403));
    assert_eq!(client.connect(&served, "an unknown key of 32 characters.").await, Err(401));
}

#[tokio::test]
async fn there_are_as_many_followers_as_there_may_be() {
    let house = House::new().await;
    let served = serve(&house, FeedLimits { most_followers: 1, ..FeedLimits::default() }).await;
    let key = house.key_of("verifier").await;
    let (mut first, mut second) = (Client::new(1), Client::new(2));
    first.connect(&served, &key).await.unwrap();
    first.until(|client| client.follower.is_following()).await;
    assert_eq!(second.connect(&served, &key).await, Err(503));
    assert_eq!(served.state.feed().followers(), 1);
}
