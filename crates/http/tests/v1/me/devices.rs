//! `/v1/me/devices`

use insta::assert_json_snapshot;
use serde_json::{Value, json};

use crate::house::{House, text};

const URI: &str = "/v1/me/devices";

async fn on(house: &House, who: &str, device: &str) -> Value {
    house.sign_in_as(json!({ "subject": who, "client_id": "web", "device": { "id": device } })).await
}

#[tokio::test]
async fn a_user_sees_their_own_devices_and_which_one_asks() {
    // S31
    let house = House::new().await;
    let phone = json!({
        "subject": "alice", "client_id": "web", "ip": "192.0.2.7", "place": "Wien", "user_agent": "Browser/1.0",
        "device": { "id": "phone", "name": "Phone", "type": "phone" },
    });
    let phone = house.sign_in_as(phone).await;
    on(&house, "alice", "tv").await;
    on(&house, "bob", "car").await;
    let reply = house.get(URI).bearer(&text(&phone["access_token"])).send().await;
    assert_eq!(reply.status, 200);
    assert_json_snapshot!(reply.json());
}

#[tokio::test]
async fn a_user_ends_one_of_their_devices_and_nobody_elses() {
    // S32, attack row 37
    let house = House::new().await;
    let (phone, tv) = (on(&house, "alice", "phone").await, on(&house, "alice", "tv").await);
    let bob = on(&house, "bob", "tv").await;
    let token = text(&phone["access_token"]);
    assert_eq!(house.delete(&format!("{URI}/tv")).bearer(&token).send().await.status, 200);
    for (reply, status) in [(&phone, 200), (&tv, 401), (&bob, 200)] {
        assert_eq!(house.check(&text(&reply["access_token"])).await, status);
    }
    let reply = house.delete(&format!("{URI}/car")).bearer(&token).send().await;
    assert_eq!((reply.status, reply.reason().as_str()), (404, "not_found"));
}
