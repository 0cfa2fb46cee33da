//! `GET /v1/verifiers`

use std::time::Duration;

use insta::assert_json_snapshot;
use serde_json::json;

use crate::house::{House, text};

#[tokio::test]
async fn the_list_says_who_follows_and_how_far_behind() {
    let house = House::new().await;
    let (near, _far) = (house.follower("near", 1).await, house.follower("far", 2).await);
    house.revoke(json!({ "target": { "type": "subject", "id": "alice" } })).await;
    near.acknowledge(house.verifier.watermark(), 0);
    house.revoke(json!({ "target": { "type": "subject", "id": "alice" } })).await;
    house.uptime.advance(Duration::from_millis(2_500));
    drop(near);
    let reply = house.get("/v1/verifiers").admin().send().await;
    assert_eq!(reply.status, 200);
    assert_json_snapshot!(reply.json(), { ".items[].watermark" => "[position]" });
}

#[tokio::test]
async fn the_list_comes_in_pages() {
    let house = House::new().await;
    let mut kept = Vec::new();
    for number in [9, 3, 7, 1, 5] {
        kept.push(house.follower("edge", number).await);
    }
    let (mut cursor, mut seen) = (String::new(), Vec::new());
    loop {
        let page = house.get(&format!("/v1/verifiers?limit=2{cursor}")).admin().send().await.json();
        let items = page["items"].as_array().unwrap().clone();
        assert!(items.len() <= 2);
        seen.extend(items.iter().map(|item| text(&item["instance"])));
        let Some(next) = page["next_cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    let expected: Vec<String> = [1, 3, 5, 7, 9].map(|number: u8| format!("{number:02x}").repeat(16)).into();
    assert_eq!(seen, expected);
    let bad = house.get("/v1/verifiers?cursor=x").admin().send().await;
    assert_eq!((bad.status, bad.json()["field"].clone()), (400, json!("cursor")));
}

#[tokio::test]
async fn a_verifier_that_went_is_listed_until_its_lease_is_over() {
    // Rows end only by time (design section 3).
    let house = House::new().await;
    drop(house.follower("edge", 1).await);
    let listed = async || {
        house.authority.maintain().await.unwrap();
        house.get("/v1/verifiers").admin().send().await.json()["items"].as_array().unwrap().len()
    };
    house.uptime.advance(Duration::from_millis(10_100).checked_sub(Duration::from_nanos(1)).unwrap());
    assert_eq!(listed().await, 1);
    house.uptime.advance(Duration::from_nanos(1));
    assert_eq!(listed().await, 0);
}
