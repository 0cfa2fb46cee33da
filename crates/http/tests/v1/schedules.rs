//! `/v1/schedules`, and `at` of `POST /v1/revocations` (S25)

use std::time::Duration;

use serde_json::{Value, json};

use crate::house::{House, text};

const PATH: &str = "/v1/schedules";

fn alice(more: &Value) -> Value {
    let mut body = json!({ "target": { "type": "subject", "id": "alice" } });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

/// The house's clock, so many seconds later.
fn later(house: &House, seconds: u64) -> String {
    let at = house.authority.now().plus(Duration::from_secs(seconds));
    let at = time::OffsetDateTime::from_unix_timestamp(i64::try_from(at.seconds()).unwrap()).unwrap();
    at.format(&time::format_description::well_known::Rfc3339).unwrap()
}

#[tokio::test]
async fn a_schedule_is_made_listed_carried_out_and_gone() {
    let house = House::new().await;
    let token = text(&house.sign_in("alice").await["access_token"]);
    let body = alice(&json!({ "at": later(&house, 30), "reason": "contract_ends" }));
    let made = house.post(PATH).admin().json(&body).send().await;
    assert_eq!(made.status, 201, "{}", made.text());
    let listed = house.get(PATH).admin().send().await.json();
    assert_eq!(listed["items"], json!([made.json()]));
    assert_eq!(made.json()["due_at"], json!(later(&house, 30)));
    assert_eq!(made.json()["target"], json!({ "type": "subject", "id": "alice" }));
    assert_eq!(house.check(&token).await, 200);
    house.clock.advance(Duration::from_secs(30));
    assert_eq!(house.authority.fire_schedules().await.unwrap(), 1);
    assert_eq!(house.check(&token).await, 401);
    let entry = house.get("/v1/revocations").admin().send().await.json()["items"][0].clone();
    assert_eq!((&entry["cause"], &entry["reason"]), (&made.json()["id"], &json!("contract_ends")));
    assert_eq!(house.get(PATH).admin().send().await.json()["items"], json!([]));
}

#[tokio::test]
async fn a_revocation_with_a_time_is_a_schedule() {
    let house = House::new().await;
    let reply = house.revoke(alice(&json!({ "at": later(&house, 60) }))).await;
    assert_eq!(reply["position"], Value::Null);
    let listed = house.get(PATH).admin().send().await.json();
    assert_eq!(listed["items"][0]["id"], reply["schedule_id"]);
    assert_eq!(listed["items"][0]["every_seconds"], Value::Null);
    // Counted now, kept for nobody.
    let counted = house.revoke(alice(&json!({ "at": later(&house, 60), "dry_run": true }))).await;
    assert_eq!((&counted["matched_sessions"], &counted["schedule_id"]), (&json!(0), &Value::Null));
    assert_eq!(house.get(PATH).admin().send().await.json()["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_schedule_can_be_daily_or_every_so_often_and_removed() {
    let house = House::new().await;
    let daily = house.post(PATH).admin().json(&alice(&json!({ "daily_at": "03:30" }))).send().await.json();
    assert_eq!(daily["every_seconds"], 86_400);
    assert!(text(&daily["due_at"]).ends_with("T03:30:00Z"), "{daily}");
    let often = house.post(PATH).admin().json(&alice(&json!({ "every_seconds": 3_600 }))).send().await.json();
    assert_eq!(often["due_at"], json!(later(&house, 3_600)));
    for id in [&daily["id"], &often["id"]] {
        let uri = format!("{PATH}/{}", text(id));
        assert_eq!(house.delete(&uri).admin().send().await.status, 200);
        assert_eq!(house.delete(&uri).admin().send().await.status, 404);
    }
}

#[tokio::test]
async fn a_bad_field_is_named() {
    let house = House::new().await;
    let soon = later(&house, 60);
    let cases = [
        (json!({}), "at"),
        (json!({ "at": later(&house, 0) }), "at"),
        (json!({ "at": "tomorrow" }), "at"),
        (json!({ "daily_at": "24:00" }), "daily_at"),
        (json!({ "daily_at": "03:30", "at": soon }), "daily_at"),
        (json!({ "every_seconds": 59 }), "every_seconds"),
        (json!({ "at": soon, "window": {} }), "window"),
    ];
    for (more, field) in cases {
        let reply = house.post(PATH).admin().json(&alice(&more)).send().await;
        assert_eq!((reply.status, &reply.json()["field"]), (400, &json!(field)), "{more}");
    }
    for (more, field) in
        [(json!({ "wait": "everywhere" }), "wait"), (json!({ "expect_max": 3 }), "expect_max")]
    {
        let mut body = alice(&json!({ "at": soon }));
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let reply = house.post("/v1/revocations").admin().json(&body).send().await;
        assert_eq!((reply.status, &reply.json()["field"]), (400, &json!(field)), "{more}");
    }
}
