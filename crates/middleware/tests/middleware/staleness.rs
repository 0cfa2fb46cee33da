//! Routes that are stricter about stale knowledge than the verifier.

use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use quash_core::revocation::freshness::StalePolicy;
use quash_core::time::Uptime;
use quash_middleware::{Gate, RequireToken};
use quash_verify::{Gauge, GaugeReader};

use crate::house::{House, ask_with};

fn at(milliseconds: u64) -> Uptime {
    Uptime::ZERO.plus(Duration::from_millis(milliseconds))
}

/// A gate over a gauge that is fresh as of zero for ten seconds and knows two policies, read at `now`.
fn gate(house: &House, now: Uptime) -> Gate {
    let gauge = Gauge::new(Duration::from_secs(10)).policy(StalePolicy::Allow);
    gauge.complete();
    gauge.renew(at(0), Duration::from_secs(10));
    house.gate().freshness(GaugeReader::new(Arc::new(gauge), move || now))
}

async fn status(house: &House, gate: Gate) -> StatusCode {
    ask_with(&House::api(RequireToken::new(gate)), "/", &house.token("")).await.status
}

#[tokio::test]
async fn a_route_calls_knowledge_stale_earlier_than_the_verifier_and_never_later() {
    // design §3; I2: at the age of `max` exactly it is stale
    let house = House::new();
    let strict =
        |now| gate(&house, now).max_staleness(Duration::from_secs(2)).stale_policy(StalePolicy::Deny);
    assert_eq!(status(&house, strict(at(1_999))).await, StatusCode::OK);
    assert_eq!(status(&house, strict(at(2_000))).await, StatusCode::SERVICE_UNAVAILABLE);

    let lax = |now| gate(&house, now).max_staleness(Duration::from_secs(60)).stale_policy(StalePolicy::Deny);
    assert_eq!(status(&house, lax(at(9_999))).await, StatusCode::OK);
    assert_eq!(status(&house, lax(at(10_000))).await, StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn two_routes_of_one_verifier_have_policies_of_their_own() {
    let house = House::new();
    let late = at(20_000);
    assert_eq!(status(&house, gate(&house, late)).await, StatusCode::OK);
    let strict = gate(&house, late).stale_policy(StalePolicy::Deny);
    assert_eq!(status(&house, strict).await, StatusCode::SERVICE_UNAVAILABLE);
}
