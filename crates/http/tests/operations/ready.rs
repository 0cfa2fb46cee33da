//! `GET /readyz`

use std::time::Duration;

use quash_core::revocation::freshness::{Freshness, StalePolicy};

use crate::house::House;

#[tokio::test]
async fn a_server_is_ready_while_it_can_judge_tokens() {
    // S18: a cold verifier answers nothing.
    let house = House::new().await;
    assert_eq!(house.get("/readyz").send().await.status, 200);
    let age = Duration::from_secs(11);
    let states = [
        (Freshness::Incomplete, 503),
        (Freshness::Stale { age, policy: StalePolicy::Deny }, 503),
        (Freshness::Stale { age, policy: StalePolicy::Allow }, 200),
        (Freshness::Fresh, 200),
    ];
    for (freshness, status) in states {
        *house.freshness.lock().unwrap() = freshness;
        assert_eq!(house.get("/readyz").send().await.status, status, "{freshness:?}");
    }
}
