//! `/v1/keys`

use insta::assert_json_snapshot;

use crate::house::{House, text};

#[tokio::test]
async fn a_rotation_refuses_no_valid_token() {
    // I9, S21
    let house = House::new().await;
    let old = text(&house.sign_in("alice").await["access_token"]);
    let reply = house.post("/v1/keys/rotate").admin().send().await;
    assert_eq!(reply.status, 200);
    let new = text(&house.sign_in("alice").await["access_token"]);
    assert_eq!((house.check(&old).await, house.check(&new).await), (200, 200));
    let keys = house.get("/v1/keys").admin().send().await;
    assert_eq!(keys.status, 200);
    assert_eq!(keys.json()["items"][0]["kid"], reply.json()["retired"]);
    assert_eq!(keys.json()["items"][1]["kid"], reply.json()["active"]);
    assert_eq!(keys.json()["items"][2]["state"], "announced");
    assert_json_snapshot!(keys.json());
    let published = house.get("/.well-known/jwks.json").send().await.json();
    assert_eq!(published["keys"].as_array().unwrap().len(), 3, "the next one is there already");
}
