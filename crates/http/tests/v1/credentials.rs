//! `/v1/credentials`

use insta::assert_json_snapshot;
use serde_json::json;

use crate::house::{House, text};

const URI: &str = "/v1/credentials";

#[tokio::test]
async fn a_credential_works_from_its_making_to_its_removal() {
    let house = House::new().await;
    let body = json!({ "name": "the gateway", "roles": ["revoker", "auditor"], "client_id": "web" });
    let made = house.post(URI).admin().json(&body).send().await;
    assert_eq!(made.status, 201);
    assert_json_snapshot!(made.json(), { ".key" => "[key]" });
    let key = text(&made.json()["key"]);
    assert_eq!(house.get("/v1/head").bearer(&key).send().await.status, 200);

    let listed = house.get(URI).admin().send().await;
    assert_eq!(listed.status, 200);
    assert!(!listed.text().contains(&key), "a key is shown once");
    assert_json_snapshot!(listed.json());

    let one = format!("{URI}/{}", text(&made.json()["id"]));
    assert_eq!(house.delete(&one).admin().send().await.status, 200);
    let refused = house.get("/v1/head").bearer(&key).send().await;
    assert_eq!((refused.status, refused.reason().as_str()), (401, "credential_required"));
    let again = house.delete(&one).admin().send().await;
    assert_eq!((again.status, again.reason().as_str()), (404, "not_found"));
}

#[tokio::test]
async fn a_role_that_nobody_knows_is_refused() {
    let house = House::new().await;
    for roles in [json!(["root"]), json!([]), json!("admin"), json!([1])] {
        let reply = house.post(URI).admin().json(&json!({ "name": "x", "roles": roles })).send().await;
        assert_eq!((reply.status, reply.json()["field"].clone()), (400, json!("roles")), "{roles}");
    }
}
