//! S32: one device is logged out, by the user or by an administrator, and the others stay signed in.

use serde_json::{Value as Json, json};

use crate::process::answer::text;
use crate::process::running::Running;

fn sign_in(server: &Running, subject: &str, device: &str) -> Json {
    let body = json!({"subject": subject, "client_id": "web", "device": {"id": device, "type": "phone"}});
    let answer = server.post("/v1/sessions", &body);
    assert_eq!((answer.status, answer.text_of("device_id")), (201, device), "{answer:?}");
    answer.body
}

fn statuses(server: &Running, sessions: &[&Json]) -> Vec<u16> {
    sessions.iter().map(|session| server.check(text(session, "access_token"))).collect()
}

#[test]
fn an_administrator_ends_one_of_three_devices() {
    let data = tempfile::tempdir().unwrap();
    let server = Running::dev(data.path());
    let [phone, tv, car] = ["phone", "tv", "car"].map(|device| sign_in(&server, "alice", device));
    let namesake = sign_in(&server, "bob", "phone");

    server.revoke(&json!({"type": "device", "subject": "alice", "id": "phone"}));

    assert_eq!(statuses(&server, &[&phone, &tv, &car, &namesake]), [401, 200, 200, 200]);
    assert_eq!(server.refresh(text(&phone, "refresh_token")).status, 400);
    assert_eq!(server.refresh(text(&tv, "refresh_token")).status, 200);
    let again = sign_in(&server, "alice", "phone");
    assert_eq!(server.check(text(&again, "access_token")), 200, "the device may sign in again");
}

#[test]
fn a_user_ends_one_of_their_own_devices_from_another_one() {
    let data = tempfile::tempdir().unwrap();
    let server = Running::dev(data.path());
    let [phone, tv, car] = ["phone", "tv", "car"].map(|device| sign_in(&server, "alice", device));
    let stranger = sign_in(&server, "bob", "phone");
    let path = format!("/v1/me/sessions/{}", text(&tv, "session_id"));

    assert_eq!(server.delete_with(&path, text(&stranger, "access_token")), 404, "nobody ends another's");
    let ended = server.delete_with(&path, text(&phone, "access_token"));
    assert!((200..300).contains(&ended), "{ended}");

    assert_eq!(statuses(&server, &[&phone, &tv, &car]), [200, 401, 200]);
}
