//! `GET` and `DELETE /v1/sessions/{sid}`

use insta::assert_json_snapshot;
use serde_json::json;

use crate::house::{House, text};

#[tokio::test]
async fn one_session_is_found_by_its_id() {
    let house = House::new().await;
    let session = text(&house.sign_in("alice").await["session_id"]);
    let reply = house.get(&format!("/v1/sessions/{session}")).admin().send().await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.json()["subject"], "alice");
}

#[tokio::test]
async fn what_is_no_session_is_not_found() {
    let house = House::new().await;
    for id in ["ses_0", "%00", "%FF", &"a".repeat(300)] {
        for method in ["GET", "DELETE"] {
            let reply = house.call(method, &format!("/v1/sessions/{id}")).admin().send().await;
            assert_eq!((reply.status, reply.reason().as_str()), (404, "not_found"), "{method} {id}");
        }
    }
}

#[tokio::test]
async fn support_ends_one_session_and_no_other() {
    // S08, S25
    let house = House::new().await;
    let (one, other) = (house.sign_in("alice").await, house.sign_in("alice").await);
    let uri = format!("/v1/sessions/{}", text(&one["session_id"]));
    let reply = house.delete(&format!("{uri}?reason=kicked")).admin().send().await;
    assert_eq!(reply.status, 200);
    assert_json_snapshot!(reply.json(), { ".position" => "[position]" });
    assert!(reply.json()["position"].is_u64());
    assert_eq!(house.check(&text(&one["access_token"])).await, 401);
    assert_eq!(house.check(&text(&other["access_token"])).await, 200);
    let again = house.delete(&uri).admin().send().await;
    assert_eq!((again.status, again.json()), (200, json!({ "position": null, "complete": true })));
}

#[tokio::test]
async fn a_reason_has_to_be_a_short_plain_word() {
    let house = House::new().await;
    let session = text(&house.sign_in("alice").await["session_id"]);
    let reply = house.delete(&format!("/v1/sessions/{session}?reason=Oh%20no")).admin().send().await;
    assert_eq!((reply.status, reply.json()["field"].clone()), (400, json!("reason")));
}
