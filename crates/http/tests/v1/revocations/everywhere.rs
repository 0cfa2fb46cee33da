//! `POST /v1/revocations` with `wait: "everywhere"` (design section 3).

use std::time::Duration;

use quash_authority::{LeaseRequest, UptimeClock as _};
use quash_core::lease::Instance;
use serde_json::{Value, json};

use crate::house::House;

/// A lease of the followers of these tests, with its margin.
const WHOLE: Duration = Duration::from_millis(10_100);

fn everywhere(timeout_ms: u64) -> Value {
    let target = json!({ "type": "subject", "id": "alice" });
    json!({ "target": target, "wait": "everywhere", "timeout_ms": timeout_ms })
}

/// Lets the request get to where it waits.
async fn settle() {
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn without_verifiers_everywhere_is_here() {
    let house = House::new().await;
    let reply = house.revoke(everywhere(0)).await;
    assert_eq!((&reply["complete"], &reply["applied"]), (&json!(true), &json!([])));
    assert!(reply["position"].is_u64());
}

#[tokio::test]
async fn it_returns_when_every_verifier_has_acknowledged() {
    let house = House::new().await;
    let (one, two) = (house.follower("edge-1", 1).await, house.follower("edge-2", 2).await);
    let revoking = tokio::spawn({
        let call = house.post("/v1/revocations").admin().json(&everywhere(5_000));
        async move { call.send().await }
    });
    settle().await;
    let position = house.verifier.watermark();
    one.acknowledge(position, 0);
    settle().await;
    assert!(!revoking.is_finished(), "one is missing");
    two.acknowledge(position, 0);
    let reply = revoking.await.unwrap().json();
    assert_eq!(reply["complete"], true);
    assert_eq!(reply["position"], position.number());
    assert_eq!(
        reply["applied"][0],
        json!({ "verifier": "edge-1", "watermark": position.number(), "at": "2027-01-15T08:00:00Z" })
    );
    assert_eq!((&reply["pending"], &reply["unfenced"]), (&json!([]), &json!([])));
}

#[tokio::test]
async fn a_silent_verifier_is_waited_for_until_the_nanosecond_at_which_its_lease_is_over() {
    // I1'
    let house = House::new().await;
    let silent = house.follower("silent", 1).await;
    drop(silent);
    let revoking = tokio::spawn({
        let call = house.post("/v1/revocations").admin().json(&everywhere(60_000));
        async move { call.send().await }
    });
    settle().await;
    house.uptime.advance(WHOLE.checked_sub(Duration::from_nanos(1)).unwrap());
    settle().await;
    assert!(!revoking.is_finished());
    house.uptime.advance(Duration::from_nanos(1));
    let reply = revoking.await.unwrap().json();
    assert_eq!(
        (&reply["complete"], &reply["applied"], &reply["pending"]),
        (&json!(true), &json!([]), &json!([]))
    );
}

#[tokio::test]
async fn who_is_missing_after_the_timeout_is_named_with_the_rest_of_its_lease() {
    let house = House::new().await;
    let _silent = house.follower("silent", 1).await;
    let unfenced = LeaseRequest {
        instance: Instance::from_random([2; 16]),
        name: "lax".into(),
        max_staleness: Duration::from_secs(10),
        unfenced: true,
        relay: false,
    };
    let _lax = house.follower_as(unfenced).await;
    let revoking = tokio::spawn({
        let call = house.post("/v1/revocations").admin().json(&everywhere(4_000));
        async move { call.send().await }
    });
    settle().await;
    house.uptime.advance(Duration::from_millis(4_000).checked_sub(Duration::from_nanos(1)).unwrap());
    settle().await;
    assert!(!revoking.is_finished());
    house.uptime.advance(Duration::from_nanos(1));
    let reply = revoking.await.unwrap();
    assert_eq!(reply.status, 200, "the entry is durable");
    let reply = reply.json();
    assert_eq!(reply["complete"], false);
    assert_eq!(
        reply["pending"],
        json!([
            { "verifier": "silent", "lease_ends_in_ms": 6_100 },
            { "verifier": "lax", "lease_ends_in_ms": 6_100 },
        ])
    );
    assert_eq!(reply["unfenced"], json!(["lax"]));
}

#[tokio::test]
async fn a_dry_run_and_a_durable_one_wait_for_nobody() {
    let house = House::new().await;
    let _silent = house.follower("silent", 1).await;
    let mut dry = everywhere(120_000);
    dry["dry_run"] = json!(true);
    assert_eq!(house.revoke(dry).await["complete"], true);
    let durable = json!({ "target": { "type": "subject", "id": "alice" }, "wait": "durable" });
    assert_eq!(house.revoke(durable).await["complete"], true);
}

#[tokio::test]
async fn a_caller_that_goes_away_leaves_nothing_behind_and_the_entry_stands() {
    let house = House::new().await;
    let silent = house.follower("silent", 1).await;
    let revoking = tokio::spawn({
        let call = house.post("/v1/revocations").admin().json(&everywhere(120_000));
        async move { call.send().await }
    });
    settle().await;
    revoking.abort();
    assert!(revoking.await.unwrap_err().is_cancelled());
    let position = house.verifier.watermark();
    let head = house.get("/v1/head").admin().send().await.json();
    assert_eq!(head["position"], position.number(), "the entry was made");
    // Whoever asks next is answered as ever.
    silent.acknowledge(position.next().unwrap(), 0);
    assert_eq!(silent.answer_ping(house.uptime.uptime()).head, position);
    let reply = house.revoke(everywhere(0)).await;
    assert_eq!(reply["position"], position.next().unwrap().number());
    assert_eq!(reply["pending"][0]["verifier"], "silent", "what it can not know yet it has not acknowledged");
}

#[tokio::test]
async fn a_repeated_request_waits_for_the_entry_of_the_first() {
    let house = House::new().await;
    let follower = house.follower("edge-1", 1).await;
    let call = || {
        let call = house.post("/v1/revocations").admin().header("idempotency-key", "ticket-9");
        call.json(&everywhere(0)).send()
    };
    let first = call().await.json();
    assert_eq!(first["complete"], false);
    follower.acknowledge(house.verifier.watermark(), 0);
    let again = call().await.json();
    assert_eq!((&again["position"], &again["complete"]), (&first["position"], &json!(true)));
}
