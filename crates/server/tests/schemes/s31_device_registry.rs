//! S31: who is signed in where: searched for, listed page by page, ended one by one or all together, and kept for a while
//! when it is over. What each search finds is held against a model in the contract suite (`search`).

use std::path::Path;
use std::time::Duration;

use base64_simd::URL_SAFE_NO_PAD;
use serde_json::{Value as Json, json};

use super::clock::now;
use crate::process::answer::text;
use crate::process::running::Running;

const CONFIG: &str = "[[client]]\nid = \"web\"\n[[client]]\nid = \"app\"\n";

fn sign_in(server: &Running, body: &Json) -> Json {
    let answer = server.post("/v1/sessions", body);
    assert_eq!(answer.status, 201, "{answer:?}");
    answer.body
}

/// A sign-in of `subject` on `device`, from `ip` in `place`.
fn from(server: &Running, subject: &str, device: &str, ip: &str, place: &str) -> Json {
    let device = json!({"id": device, "name": "A device", "type": "phone"});
    let body = json!({
        "subject": subject, "client_id": "web", "device": device, "ip": ip, "place": place, "user_agent": "Browser/1",
    });
    sign_in(server, &body)
}

/// What a search finds, page by page: the devices of the sessions.
fn found(server: &Running, query: &str) -> Vec<String> {
    let (mut devices, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = server.get(&format!("/v1/sessions?limit=2&{query}{cursor}"));
        assert_eq!(page.status, 200, "{page:?}");
        let items = page.body["items"].as_array().unwrap();
        devices.extend(items.iter().map(|item| text(&item["device"], "id").to_owned()));
        let Some(next) = page.body["next_cursor"].as_str() else { return devices };
        cursor = format!("&cursor={next}");
    }
}

fn jti(token: &str) -> String {
    let payload = URL_SAFE_NO_PAD.decode_to_vec(token.split('.').nth(1).unwrap()).unwrap();
    text(&serde_json::from_slice::<Json>(&payload).unwrap(), "jti").to_owned()
}

#[test]
fn sessions_are_found_by_user_device_client_address_place_use_state_and_token() {
    let data = tempfile::tempdir().unwrap();
    let server = Running::configured(data.path(), CONFIG);
    let before = now();
    let phone = from(&server, "alice", "phone", "192.0.2.7", "Vienna, AT");
    let tv = from(&server, "alice", "tv", "192.0.3.7", "Vienna, AT");
    from(&server, "bob", "car", "2001:db8::7", "Graz");
    let joins = format!("/v1/sessions/{}/clients", text(&tv, "session_id"));
    assert_eq!(server.post(&joins, &json!({"client_id": "app"})).status, 201);
    assert_eq!(server.delete(&format!("/v1/sessions/{}", text(&phone, "session_id"))), 200);
    let second = |at: u64| super::clock::rfc3339(at).replace(':', "%3A");
    let (earlier, later) = (second(before.seconds() - 1), second(now().seconds() + 60));
    let searches: [(String, &[&str]); 14] = [
        (String::new(), &["car", "tv", "phone"]),
        ("subject=alice".into(), &["tv", "phone"]),
        ("device_id=tv".into(), &["tv"]),
        ("client_id=app".into(), &["tv"]),
        ("ip=192.0.2.0/24".into(), &["phone"]),
        ("ip=192.0.2.0/23".into(), &["tv", "phone"]),
        ("ip=2001:db8::/32".into(), &["car"]),
        ("place=vienna,%20at".into(), &["tv", "phone"]),
        ("place=Vienna".into(), &[]),
        ("state=ended".into(), &["phone"]),
        ("state=active&subject=alice".into(), &["tv"]),
        (format!("jti={}", jti(text(&tv, "access_token"))), &["tv"]),
        (format!("last_seen_before={earlier}"), &[]),
        (format!("last_seen_after={later}"), &[]),
    ];
    let all = |server: &Running| {
        for (query, expected) in &searches {
            assert_eq!(found(server, query), *expected, "{query}");
        }
        let mut lately = found(server, &format!("last_seen_after={earlier}&last_seen_before={later}"));
        lately.sort_unstable();
        assert_eq!(lately, ["car", "phone", "tv"]);
    };
    all(&server);
    server.kill();
    all(&Running::configured(data.path(), CONFIG));
}

#[test]
fn pages_go_on_where_they_ended_whatever_comes_and_goes() {
    let data = tempfile::tempdir().unwrap();
    let server = Running::dev(data.path());
    let names: Vec<String> = (0..7).map(|number| format!("device-{number}")).collect();
    for device in &names {
        from(&server, "alice", device, "192.0.2.7", "Graz");
    }
    for filter in ["subject=alice", "ip=192.0.2.0/24", "place=graz", "client_id=web", "state=active"] {
        let (mut seen, mut cursor, mut cursors) = (Vec::new(), String::new(), Vec::new());
        loop {
            let page = server.get(&format!("/v1/sessions?limit=3&{filter}{cursor}"));
            let items = page.body["items"].as_array().unwrap().clone();
            seen.extend(items.iter().map(|item| text(&item["device"], "id").to_owned()));
            let Some(next) = page.body["next_cursor"].as_str() else { break };
            cursors.push(next.to_owned());
            cursor = format!("&cursor={next}");
            let late = from(&server, "alice", "late", "192.0.2.9", "Graz");
            assert_eq!(server.delete(&format!("/v1/sessions/{}", text(&late, "session_id"))), 200);
        }
        let mut once: Vec<_> = seen.into_iter().filter(|device| names.contains(device)).collect();
        once.sort_unstable();
        assert_eq!(once, names, "{filter}");
        let other = server.get(&format!("/v1/sessions?subject=bob&cursor={}", cursors[0]));
        assert_eq!((other.status, other.text_of("field")), (400, "cursor"), "{other:?}");
    }
}

#[test]
fn a_user_lists_their_devices_and_ends_one_all_others_or_all() {
    let data = tempfile::tempdir().unwrap();
    let server = Running::dev(data.path());
    let [phone, tv, car] =
        ["phone", "tv", "car"].map(|device| from(&server, "alice", device, "192.0.2.7", "Graz"));
    let stranger = from(&server, "bob", "phone", "192.0.2.7", "Graz");
    let token = text(&phone, "access_token");
    let statuses = || [&phone, &tv, &car].map(|session| server.check(text(session, "access_token")));

    let own = server.get_with("/v1/me/devices", token);
    let devices = own.body["items"].as_array().unwrap();
    let ids: Vec<_> = devices.iter().map(|device| text(device, "id")).collect();
    assert_eq!(ids, ["car", "phone", "tv"], "by id");
    let current: Vec<_> = devices.iter().map(|device| device["current"].as_bool().unwrap()).collect();
    assert_eq!(current, [false, true, false]);
    for (name, value) in
        [("ip", "192.0.2.7"), ("place", "Graz"), ("user_agent", "Browser/1"), ("state", "active")]
    {
        assert_eq!(text(&devices[0], name), value);
    }

    assert_eq!(server.delete_with("/v1/me/devices/tv", token), 200);
    assert_eq!(statuses(), [200, 401, 200]);
    assert_eq!(server.delete_with("/v1/me/devices/fridge", token), 404);
    assert_eq!(server.delete_with("/v1/me/sessions?except=current", token), 200);
    assert_eq!(statuses(), [200, 401, 401]);
    assert_eq!(server.delete_with("/v1/me/sessions?except=none", token), 200);
    assert_eq!(statuses(), [401, 401, 401]);
    assert_eq!(server.check(text(&stranger, "access_token")), 200, "nobody ends another's");
}

#[test]
fn an_administrator_lists_the_devices_of_a_user_and_ends_one_by_one_entry() {
    let data = tempfile::tempdir().unwrap();
    let server = Running::dev(data.path());
    let [old, new] = ["Graz", "Wien"].map(|place| from(&server, "alice", "phone", "192.0.2.7", place));
    let tv = from(&server, "alice", "tv", "192.0.2.7", "Graz");
    let head = || server.get("/v1/head").body["position"].as_u64().unwrap();
    let before = head();
    let ended = server.delete_answer("/v1/subjects/alice/devices/phone?reason=kicked");
    assert_eq!((ended.status, ended.body["position"].as_u64()), (200, Some(before + 1)), "{ended:?}");
    assert_eq!(head(), before + 1);
    for session in [&old, &new] {
        let checked = server.get_with("/auth/check", text(session, "access_token"));
        assert_eq!((checked.status, checked.text_of("reason")), (401, "kicked"));
        assert_eq!(server.refresh(text(session, "refresh_token")).status, 400);
    }
    assert_eq!(server.check(text(&tv, "access_token")), 200);
    let devices = server.get("/v1/devices?subject=alice").body["items"].clone();
    let state =
        |place: usize| (text(&devices[place], "id").to_owned(), text(&devices[place], "state").to_owned());
    assert_eq!(state(0), ("phone".into(), "ended".into()));
    assert_eq!(state(1), ("tv".into(), "active".into()));
    assert_eq!(text(&devices[0], "place"), "Wien", "where it was last");
    assert_eq!(server.delete("/v1/subjects/alice/devices/fridge"), 404);
}

fn restarted(server: Running, data: &Path, config: &str) -> Running {
    server.stop();
    Running::configured(data, config)
}

#[test]
fn an_ended_session_is_found_for_the_configured_time_and_not_for_ever() {
    let data = tempfile::tempdir().unwrap();
    let config = "[retention]\nkeep_ended_sessions = \"2s\"\n";
    let server = Running::configured(data.path(), config);
    let session = from(&server, "alice", "phone", "192.0.2.7", "Graz");
    let path = format!("/v1/sessions/{}", text(&session, "session_id"));
    let not_before = now();
    assert_eq!(server.delete(&path), 200);
    assert_eq!(found(&server, "state=ended&place=graz"), ["phone"]);
    // A server forgets as it starts, and every minute.
    let server = restarted(server, data.path(), config);
    let (asked, devices) = (found(&server, "place=graz"), now());
    assert!(asked == ["phone"] || devices >= not_before.plus(Duration::from_secs(2)), "it went too early");
    while now() < not_before.plus(Duration::from_millis(2_500)) {
        std::thread::sleep(Duration::from_millis(50));
    }
    let server = restarted(server, data.path(), config);
    let patience = now().plus(Duration::from_secs(30));
    while !found(&server, "place=graz").is_empty() {
        assert!(now() < patience, "it is still there");
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(server.get(&path).status, 404);
}
