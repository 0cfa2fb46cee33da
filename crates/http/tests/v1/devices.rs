//! `GET /v1/devices`, `DELETE /v1/subjects/{subject}/devices/{id}`

use std::time::Duration;

use insta::assert_json_snapshot;
use serde_json::{Value, json};

use crate::house::{House, text};

async fn on(house: &House, who: &str, device: &str) -> Value {
    house.sign_in_as(json!({ "subject": who, "client_id": "web", "device": { "id": device } })).await
}

#[tokio::test]
async fn the_devices_of_a_subject_are_listed_ended_ones_too() {
    // S31
    let house = House::new().await;
    let phone = json!({
        "subject": "alice", "client_id": "web", "ip": "192.0.2.7", "place": "Wien", "user_agent": "Browser/1.0",
        "device": { "id": "phone", "name": "Phone", "type": "phone" },
    });
    house.sign_in_as(phone).await;
    house.clock.advance(Duration::from_secs(60));
    on(&house, "alice", "phone").await;
    on(&house, "alice", "tv").await;
    on(&house, "bob", "car").await;
    let ended = house.delete("/v1/subjects/alice/devices/tv?reason=kicked").admin().send().await;
    assert_eq!(ended.status, 200);
    let reply = house.get("/v1/devices?subject=alice").admin().send().await;
    assert_eq!(reply.status, 200);
    assert_json_snapshot!(reply.json());
}

#[tokio::test]
async fn a_list_of_devices_needs_a_subject() {
    let house = House::new().await;
    for (query, reason) in
        [("", "missing_field"), ("?subject=", "invalid_field"), ("?subject=alice&device=x", "unknown_field")]
    {
        let reply = house.get(&format!("/v1/devices{query}")).admin().send().await;
        assert_eq!((reply.status, reply.reason().as_str()), (400, reason), "{query}");
    }
}

#[tokio::test]
async fn a_device_is_ended_once_and_an_unknown_one_is_not_found() {
    // S32
    let house = House::new().await;
    let (phone, tv) = (on(&house, "alice", "my phone/1").await, on(&house, "alice", "tv").await);
    let uri = "/v1/subjects/alice/devices/my%20phone%2F1";
    let first = house.delete(uri).admin().send().await;
    assert_eq!((first.status, first.json()["position"].is_u64()), (200, true));
    let again = house.delete(uri).admin().send().await;
    assert_eq!((again.status, again.json()["position"].clone()), (200, Value::Null), "it is over already");
    for (reply, status) in [(&phone, 401), (&tv, 200)] {
        assert_eq!(house.check(&text(&reply["access_token"])).await, status);
    }
    for uri in ["/v1/subjects/alice/devices/car", "/v1/subjects/bob/devices/tv"] {
        let reply = house.delete(uri).admin().send().await;
        assert_eq!((reply.status, reply.reason().as_str()), (404, "not_found"), "{uri}");
    }
}
