//! `GET /v1/head`

use serde_json::json;

use crate::house::House;

#[tokio::test]
async fn the_head_is_the_position_of_the_last_revocation() {
    let house = House::new().await;
    let entry = house.revoke(json!({ "target": { "type": "subject", "id": "alice" } })).await;
    let reply = house.get("/v1/head").admin().send().await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.json()["position"], entry["position"]);
    assert_eq!(reply.json()["log"].as_str().unwrap().len(), 32);
}
