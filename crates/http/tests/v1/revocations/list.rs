//! `GET /v1/revocations`

use insta::assert_json_snapshot;
use serde_json::json;

use crate::house::{House, text};

#[tokio::test]
async fn an_entry_is_shown_with_all_that_was_asked_for() {
    let house = House::new().await;
    let session = text(&house.sign_in("alice").await["session_id"]);
    house
        .revoke(json!({
            "target": { "type": "device", "subject": "alice", "id": "phone" },
            "effect": "refresh",
            "except": { "sid": session },
            "window": { "from": "2027-01-15T07:00:00Z", "to": "2027-01-15T08:00:00Z" },
            "reason": "stale_claims",
        }))
        .await;
    let reply = house.get("/v1/revocations").admin().send().await;
    assert_eq!(reply.status, 200);
    assert_json_snapshot!(reply.json(), { ".items[].position" => "[position]" });
}

#[tokio::test]
async fn the_log_is_read_backwards_page_by_page() {
    let house = House::new().await;
    for subject in ["a", "b", "c"] {
        house.revoke(json!({ "target": { "type": "subject", "id": subject } })).await;
    }
    let page = house.get("/v1/revocations?limit=2").admin().send().await.json();
    let ids = |page: &serde_json::Value| {
        page["items"].as_array().unwrap().iter().map(|item| text(&item["target"]["id"])).collect::<Vec<_>>()
    };
    assert_eq!(ids(&page), ["c", "b"]);
    let cursor = text(&page["next_cursor"]);
    let next = house.get(&format!("/v1/revocations?limit=2&cursor={cursor}")).admin().send().await.json();
    assert_eq!((ids(&next), next["next_cursor"].clone()), (vec!["a".to_owned()], json!(null)));
    let bad = house.get("/v1/revocations?cursor=-1").admin().send().await;
    assert_eq!((bad.status, bad.json()["field"].clone()), (400, json!("cursor")));
}

#[tokio::test]
async fn an_entry_names_the_request_that_made_it() {
    let house = House::new().await;
    let body = json!({ "target": { "type": "client", "id": "web" } });
    let made = house.post("/v1/revocations").admin().json(&body).send().await;
    let listed = house.get("/v1/revocations").admin().send().await.json();
    assert_eq!(listed["items"][0]["cause"], made.header("x-request-id"));
}
