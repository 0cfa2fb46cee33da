//! `POST /v1/sessions/{sid}/clients`

use serde_json::json;

use crate::house::{House, text};

#[tokio::test]
async fn a_second_client_joins_the_sign_in_with_tokens_of_its_own() {
    // S53
    let house = House::new().await;
    let first = house.sign_in("alice").await;
    let session = text(&first["session_id"]);
    let uri = format!("/v1/sessions/{session}/clients");
    let body = json!({ "client_id": "shop", "scope": "read" });
    let reply = house.post(&uri).admin().json(&body).send().await;
    assert_eq!(reply.status, 201);
    let second = reply.json();
    assert_eq!(second["session_id"], first["session_id"]);
    assert_ne!(second["refresh_token"], first["refresh_token"]);
    // Ending the session ends both.
    house.delete(&format!("/v1/sessions/{session}")).admin().send().await;
    for token in [&first["access_token"], &second["access_token"]] {
        assert_eq!(house.check(&text(token)).await, 401);
    }
    let late = house.post(&uri).admin().json(&body).send().await;
    assert_eq!((late.status, late.reason().as_str()), (409, "session_over"));
    assert_eq!(late.json()["session_reason"], "admin");
}

#[tokio::test]
async fn nobody_joins_what_is_not_there() {
    let house = House::new().await;
    let body = json!({ "client_id": "shop" });
    let reply = house.post("/v1/sessions/ses_0/clients").admin().json(&body).send().await;
    assert_eq!((reply.status, reply.reason().as_str()), (404, "not_found"));
}
