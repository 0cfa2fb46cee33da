//! `GET /healthz`

use quash_authority::testing::WhenToFail;

use crate::house::House;

#[tokio::test]
async fn health_needs_neither_key_nor_store() {
    let house = House::new().await;
    house.store.fail(WhenToFail::Always);
    let reply = house.get("/healthz").send().await;
    assert_eq!((reply.status, reply.text()), (200, r#"{"status":"ok"}"#));
}
