//! `POST /v1/sessions` where a subject may have only so many (S23, S24).

use std::num::NonZeroU32;

use quash_authority::Settings;
use quash_core::session::policy::{Overflow, Per, SessionPolicy};
use serde_json::{Value, json};

use crate::house::{House, settings, text};

async fn one_session(overflow: Overflow) -> House {
    let policy = SessionPolicy { max: NonZeroU32::MIN, per: Per::Subject, overflow };
    House::with(Settings { sessions: Some(policy), ..settings() }, Vec::new()).await
}

fn on(device: &str) -> Value {
    let device = json!({ "id": device, "name": format!("Alice's {device}"), "type": "phone" });
    json!({ "subject": "alice", "client_id": "web", "device": device, "ip": "192.0.2.7" })
}

#[tokio::test]
async fn a_sign_in_beyond_the_limit_is_a_conflict_that_machines_can_read() {
    // S23, S24
    let house = one_session(Overflow::Refuse).await;
    house.sign_in_as(on("phone")).await;
    let reply = house.post("/v1/sessions").admin().json(&on("laptop")).send().await;
    assert_eq!(reply.status, 409, "{}", reply.text());
    let expected = json!({
        "title": "Conflict",
        "status": 409,
        "reason": "session_limit_reached",
        "detail": "1 sessions of the subject live, at most 1 may; nothing is done",
        "live_sessions": 1,
        "session_limit": 1,
    });
    assert_eq!(reply.json(), expected);
}

#[tokio::test]
async fn joining_a_session_beyond_the_limit_is_the_same_conflict() {
    // S24, S53
    let mut settings = settings();
    let policy = SessionPolicy { max: NonZeroU32::MIN, per: Per::Subject, overflow: Overflow::Refuse };
    settings.clients.last_mut().unwrap().sessions = Some(policy);
    let house = House::with(settings, Vec::new()).await;
    for (device, status) in [("phone", 201), ("laptop", 409)] {
        let opened = house.sign_in_as(on(device)).await;
        let uri = format!("/v1/sessions/{}/clients", text(&opened["session_id"]));
        let reply = house.post(&uri).admin().json(&json!({ "client_id": "shop" })).send().await;
        assert_eq!(reply.status, status, "{}", reply.text());
    }
}

#[tokio::test]
async fn a_replaced_device_is_told_what_its_owner_may_know() {
    // S23, S09: reason and remedy wherever a token is checked; the device where the registry is asked; no address.
    let house = one_session(Overflow::ReplaceOldest).await;
    let phone = house.sign_in_as(on("phone")).await;
    house.sign_in_as(on("laptop")).await;
    let by = json!({ "device_id": "laptop", "device_name": "Alice's laptop" });

    let checked = house.get("/auth/check").bearer(&text(&phone["access_token"])).send().await;
    assert_eq!((checked.status, checked.reason().as_str()), (401, "replaced"));
    let challenge = checked.header("www-authenticate");
    assert!(challenge.ends_with(r#"reason="replaced", remedy="sign_in""#), "{challenge}");

    let form = [
        ("grant_type", "refresh_token"),
        ("client_id", "web"),
        ("refresh_token", &text(&phone["refresh_token"])),
    ];
    let refreshed = house.post("/oauth/token").form(&form).send().await;
    assert_eq!(refreshed.status, 400);
    let body = refreshed.json();
    assert_eq!((&body["error"], &body["reason"]), (&json!("invalid_grant"), &json!("replaced")));
    assert_eq!((&body["remedy"], &body["replaced_by"]), (&json!("sign_in"), &by));

    let uri = format!("/v1/sessions/{}", text(&phone["session_id"]));
    let ended = house.get(&uri).admin().send().await.json()["ended"].clone();
    assert_eq!((&ended["reason"], &ended["replaced_by"]), (&json!("replaced"), &by));
}

#[tokio::test]
async fn what_ended_otherwise_was_replaced_by_nobody() {
    let house = one_session(Overflow::ReplaceOldest).await;
    let phone = house.sign_in_as(on("phone")).await;
    let uri = format!("/v1/sessions/{}", text(&phone["session_id"]));
    house.delete(&uri).admin().send().await;
    let ended = house.get(&uri).admin().send().await.json()["ended"].clone();
    assert_eq!(ended.get("replaced_by"), None, "{ended}");
}

#[tokio::test]
async fn a_shared_session_shows_every_device_that_shares_it() {
    // S23, S31: to its user as well as to an administrator.
    let house = one_session(Overflow::Share).await;
    let phone = house.sign_in_as(on("phone")).await;
    let laptop = house.sign_in_as(on("laptop")).await;
    let expected = json!([{ "id": "laptop", "name": "Alice's laptop", "type": "phone" }]);
    let uri = format!("/v1/sessions/{}", text(&phone["session_id"]));
    assert_eq!(house.get(&uri).admin().send().await.json()["shared_with"], expected);
    let own = house.get("/v1/me/sessions").bearer(&text(&laptop["access_token"])).send().await.json();
    assert_eq!(own["items"][0]["shared_with"], expected);
    assert_eq!(own["items"].as_array().map(Vec::len), Some(1));
}
