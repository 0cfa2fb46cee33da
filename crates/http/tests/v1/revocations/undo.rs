//! `POST /v1/revocations/{position}/undo` (S29)

use serde_json::{Value, json};

use crate::house::{House, Reply, text};

async fn undo(house: &House, position: &Value, body: &Value) -> Reply {
    house.post(&format!("/v1/revocations/{position}/undo")).admin().json(body).send().await
}

async fn revoke(house: &House, subject: &str) -> Value {
    house.revoke(json!({ "target": { "type": "subject", "id": subject } })).await["position"].clone()
}

#[tokio::test]
async fn a_revocation_is_taken_back_and_the_list_says_so() {
    let house = House::new().await;
    let token = text(&house.sign_in("alice").await["access_token"]);
    let position = revoke(&house, "alice").await;
    assert_eq!(house.check(&token).await, 401);
    let undone = undo(&house, &position, &json!({ "reason": "mistake" })).await;
    let by = undone.json()["position"].clone();
    let none: [u8; 0] = [];
    let expected = json!({
        "position": by, "undoes": position, "complete": true, "applied": none, "pending": none, "unfenced": none,
    });
    assert_eq!((undone.status, undone.json()), (200, expected));
    assert_eq!(house.check(&token).await, 200, "enforced no longer by then");
    let listed = house.get("/v1/revocations").admin().send().await.json();
    assert_eq!(
        (&listed["items"][0]["undoes"], &listed["items"][0]["reason"]),
        (&position, &json!("mistake"))
    );
    assert_eq!(listed["items"][0]["cause"], undone.header("x-request-id"));
    assert_eq!((&listed["items"][1]["undone_by"], &listed["items"][1]["undoes"]), (&by, &Value::Null));
}

#[tokio::test]
async fn a_body_may_be_left_out() {
    let house = House::new().await;
    let position = revoke(&house, "alice").await;
    let reply = house.post(&format!("/v1/revocations/{position}/undo")).admin().send().await;
    assert_eq!(reply.status, 200, "{}", reply.text());
}

#[tokio::test]
async fn every_refusal_has_its_own_code() {
    let house = House::new().await;
    let position = revoke(&house, "alice").await;
    let by = undo(&house, &position, &json!({})).await.json()["position"].clone();
    let cases = [
        (position, 409, "already_undone"),
        (by, 409, "not_undoable"),
        (json!(1), 404, "not_found"),
        (json!(u64::MAX), 404, "not_found"),
        (json!(-1), 404, "not_found"),
    ];
    for (position, status, reason) in cases {
        let reply = undo(&house, &position, &json!({})).await;
        assert_eq!((reply.status, &*reply.reason()), (status, reason), "{position}");
    }
    let word = house.post("/v1/revocations/first/undo").admin().send().await;
    assert_eq!(word.status, 404);
}

#[tokio::test]
async fn whoever_may_not_revoke_may_not_undo() {
    // Attack row 37
    let house = House::new().await;
    let position = revoke(&house, "alice").await;
    for (role, status) in
        [("support", 403), ("auditor", 403), ("issuer", 403), ("verifier", 403), ("revoker", 200)]
    {
        let key = house.key_of(role).await;
        let reply = house.post(&format!("/v1/revocations/{position}/undo")).bearer(&key).send().await;
        assert_eq!(reply.status, status, "{role}");
    }
    let nobody = house.post(&format!("/v1/revocations/{position}/undo")).send().await;
    assert_eq!(nobody.status, 401);
}

#[tokio::test]
async fn a_bad_field_is_named() {
    let house = House::new().await;
    let position = revoke(&house, "alice").await;
    for (body, field) in [
        (json!({ "reason": "Not A Word" }), "reason"),
        (json!({ "wait": "soon" }), "wait"),
        (json!({ "timeout_ms": 120_001 }), "timeout_ms"),
        (json!({ "dry_run": true }), "dry_run"),
    ] {
        let reply = undo(&house, &position, &body).await;
        assert_eq!((reply.status, &reply.json()["field"]), (400, &json!(field)), "{body}");
    }
    assert_eq!(undo(&house, &position, &json!({})).await.status, 200, "nothing was done by any of those");
}

#[tokio::test]
async fn a_request_that_is_sent_again_is_one_undo() {
    let house = House::new().await;
    let position = revoke(&house, "alice").await;
    let undo = |reason: &str| {
        let call = house.post(&format!("/v1/revocations/{position}/undo")).admin();
        call.header("Idempotency-Key", "k").json(&json!({ "reason": reason })).send()
    };
    let first = undo("mistake").await.json();
    assert_eq!(undo("mistake").await.json(), first);
    let other = undo("another").await;
    assert_eq!((other.status, &*other.reason()), (409, "idempotency_key_reused"));
}
