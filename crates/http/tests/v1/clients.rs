//! `GET /v1/clients`

use insta::assert_json_snapshot;

use crate::house::{House, SHOP_SECRET};

#[tokio::test]
async fn clients_are_shown_without_their_secrets() {
    let house = House::new().await;
    let reply = house.get("/v1/clients").admin().send().await;
    assert_eq!(reply.status, 200);
    assert!(!reply.text().contains(SHOP_SECRET) && !reply.text().contains("digest"));
    assert_json_snapshot!(reply.json());
}
