//! What a follower says that a log lost.

use std::time::Duration;

use quash_core::ids::Issuer;
use quash_core::position::Position;
use quash_core::revocation::entry::Effect;
use quash_core::revocation::freshness::{Freshness, StalePolicy};
use quash_core::revocation::reason::Reason;
use quash_core::revocation::record::Record;
use quash_core::revocation::target::TargetKind;
use quash_core::revocation::target_key::LogKey;
use quash_core::time::Timestamp;
use quash_http::FeedLimits;
use quash_verify::feed::batch;
use quash_verify::feed::frame::{Held, ToServer};
use serde_json::json;

use super::client::{Client, serve};
use crate::house::{House, ISSUER, START, text};

/// Ends every token of the issuer, for ever. Whoever knows the log's key can make it.
fn everything(key: &LogKey) -> Record {
    let issuer = key.issuer_key(&Issuer::new(ISSUER).unwrap());
    Record {
        position: Position::LAST,
        recorded_at: START,
        retain_until: Timestamp::FOREVER,
        issuer,
        kind: TargetKind::Issuer,
        key: issuer.of_id(TargetKind::Issuer, ""),
        effect: Effect::End,
        spread: None,
        window: None,
        exception: None,
        undoes: None,
        reason: Reason::known("admin"),
    }
}

/// Follows with `key`, and says that the log lost an entry about everybody.
async fn report(house: &House, key: &str) {
    let served = serve(house, FeedLimits::default()).await;
    let mut client = Client::new(1);
    client.connect(&served, key).await.unwrap();
    let fresh = |client: &Client| {
        client.gauge.freshness_at(client.now(), Duration::MAX, StalePolicy::Deny) == Freshness::Fresh
    };
    client.until(fresh).await;
    let log_key = client.verifier.log_key().unwrap();
    let held = Held { batch: &batch::encode(&[everything(&log_key)]) };
    client.send(ToServer::Held(held).encode(&log_key)).await;
    // An answer to a later message: this one was read.
    let before = client.gauge.fresh_as_of();
    client.until(|client| client.gauge.fresh_as_of() > before).await;
    let before = client.gauge.fresh_as_of();
    client.until(|client| client.gauge.fresh_as_of() > before).await;
}

#[tokio::test]
async fn whoever_may_not_revoke_revokes_nothing_by_saying_that_the_log_lost_it() {
    // Attack row 37: a narrow service key, such as that of a stolen edge.
    let house = House::new().await;
    let token = text(&house.sign_in("alice").await["access_token"]);
    report(&house, &house.key_of("verifier").await).await;
    assert_eq!(house.check(&token).await, 200);
}

#[tokio::test]
async fn what_somebody_who_may_revoke_says_the_log_lost_is_enforced() {
    // Design section 2, "A log that comes back shorter"
    let house = House::new().await;
    let token = text(&house.sign_in("alice").await["access_token"]);
    let body = json!({ "name": "edge", "roles": ["verifier", "revoker"] });
    let made = house.post("/v1/credentials").admin().json(&body).send().await;
    report(&house, &text(&made.json()["key"])).await;
    assert_eq!(house.check(&token).await, 401);
}
