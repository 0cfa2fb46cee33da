//! `GET /v1/sessions`

use std::time::Duration;

use insta::assert_json_snapshot;
use serde_json::{Value, json};

use crate::house::{House, text};

async fn subjects(house: &House, query: &str) -> Vec<String> {
    let reply = house.get(&format!("/v1/sessions?{query}")).admin().send().await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    reply.json()["items"].as_array().unwrap().iter().map(|item| text(&item["subject"])).collect()
}

#[tokio::test]
async fn a_session_is_shown_with_device_clients_and_times() {
    let house = House::new().await;
    let body = json!({
        "subject": "alice", "client_id": "web", "ip": "2001:DB8::1", "user_agent": "Browser/1.0",
        "device": { "id": "phone-1", "name": "Phone", "type": "phone" }, "amr": ["pwd"], "claims": { "tenant": "t1" },
    });
    house.sign_in_as(body).await;
    let reply = house.get("/v1/sessions?subject=alice").admin().send().await;
    assert_eq!(reply.status, 200);
    assert_json_snapshot!(reply.json());
}

#[tokio::test]
async fn every_filter_narrows_the_list() {
    let house = House::new().await;
    let open = |subject: &str, client: &str, device: &str, ip: &str| json!({ "subject": subject, "client_id": client, "device": { "id": device }, "ip": ip });
    house.sign_in_as(open("alice", "web", "phone", "192.0.2.1")).await;
    house.sign_in_as(open("bob", "shop", "tv", "2001:db8::1")).await;
    assert_eq!(subjects(&house, "").await, ["bob", "alice"], "newest first");
    for query in
        ["subject=bob", "client_id=shop", "device_id=tv", "ip=2001:DB8:0::1", "subject=bob&state=active"]
    {
        assert_eq!(subjects(&house, query).await, ["bob"], "{query}");
    }
    assert!(subjects(&house, "subject=carol").await.is_empty());
}

#[tokio::test]
async fn sessions_are_found_by_range_place_last_use_and_token() {
    // S31
    let house = House::new().await;
    let open = |subject: &str, ip: &str, place: &str| json!({ "subject": subject, "client_id": "web", "ip": ip, "place": place });
    house.sign_in_as(open("alice", "192.0.2.200", "Graz")).await;
    house.clock.advance(Duration::from_secs(7_200));
    let now = house.get("/v1/sessions").admin().send().await.json()["items"][0]["opened_at"].clone();
    let bob = house.sign_in_as(open("bob", "2001:db8::1", "Vienna, AT")).await;
    let bobs = jti(&text(&bob["access_token"]));
    let alices = text(&now).replace(':', "%3A");
    for query in [
        "ip=2001:db8::/32",
        "ip=2001:db8::1/128",
        "place=vienna,%20AT",
        &format!("jti={bobs}"),
        "ip=::/0&place=VIENNA,%20at",
    ] {
        assert_eq!(subjects(&house, query).await, ["bob"], "{query}");
    }
    for query in
        ["ip=192.0.2.0/24", "ip=::ffff:192.0.2.200", &format!("last_seen_before={alices}&ip=0.0.0.0/0")]
    {
        let expected: &[&str] = if query.contains("before") { &[] } else { &["alice"] };
        assert_eq!(subjects(&house, query).await, expected, "{query}");
    }
    assert_eq!(
        subjects(&house, &format!("last_seen_after={alices}")).await,
        ["alice", "bob"],
        "unused for longest"
    );
    assert!(subjects(&house, "jti=unknown").await.is_empty());
}

fn jti(token: &str) -> String {
    let payload = token.split('.').nth(1).unwrap();
    let payload = base64_simd::URL_SAFE_NO_PAD.decode_to_vec(payload).unwrap();
    text(&serde_json::from_slice::<Value>(&payload).unwrap()["jti"])
}

#[tokio::test]
async fn what_a_search_can_not_be_is_refused_and_named() {
    let house = House::new().await;
    for number in 0..3 {
        house.sign_in(&format!("user-{number}")).await;
    }
    let page = house.get("/v1/sessions?limit=1").admin().send().await.json();
    let cursor = text(&page["next_cursor"]);
    for (query, field) in [
        ("ip=192.0.2.0/33", "ip"),
        ("ip=example", "ip"),
        ("last_seen_after=yesterday", "last_seen_after"),
        ("last_seen_before=1", "last_seen_before"),
        ("jti=", "jti"),
        ("state=dead", "state"),
        ("cursor=ses_1", "cursor"),
        ("cursor=", "cursor"),
        (&*format!("subject=user-1&cursor={cursor}"), "cursor"),
    ] {
        let reply = house.get(&format!("/v1/sessions?{query}")).admin().send().await;
        assert_eq!(
            (reply.status, reply.json()["field"].clone()),
            (400, json!(field)),
            "{query}: {}",
            reply.text()
        );
    }
    assert_eq!(house.get(&format!("/v1/sessions?cursor={cursor}")).admin().send().await.status, 200);
}

#[tokio::test]
async fn ended_sessions_stay_in_the_list_with_their_reason() {
    let house = House::new().await;
    let one = house.sign_in("alice").await;
    house.clock.advance(Duration::from_secs(1));
    house.sign_in("alice").await;
    let target = json!({ "type": "session", "id": one["session_id"] });
    house.revoke(json!({ "target": target, "reason": "kicked" })).await;
    let ended = house.get("/v1/sessions?subject=alice&state=ended").admin().send().await.json();
    assert_eq!(ended["items"].as_array().unwrap().len(), 1);
    assert_eq!(ended["items"][0]["session_id"], one["session_id"]);
    assert_json_snapshot!(ended["items"][0]["ended"]);
    assert_eq!(subjects(&house, "subject=alice&state=active").await.len(), 1);
}

#[tokio::test]
async fn a_cutoff_shows_on_every_session_that_it_ended() {
    // S13: one entry, however many sessions.
    let house = House::new().await;
    for _ in 0..3 {
        house.sign_in("alice").await;
    }
    house.revoke(json!({ "target": { "type": "subject", "id": "alice" }, "reason": "banned" })).await;
    let items = house.get("/v1/sessions?subject=alice").admin().send().await.json()["items"].clone();
    let reasons: Vec<&Value> =
        items.as_array().unwrap().iter().map(|item| &item["ended"]["reason"]).collect();
    assert_eq!(reasons, ["banned"; 3]);
}

#[tokio::test]
async fn a_session_that_ran_out_says_which_limit_it_was() {
    // S09
    let house = House::new().await;
    let body = json!({ "subject": "alice", "client_id": "web", "lifetimes": { "idle_seconds": 60 } });
    house.sign_in_as(body).await;
    house.clock.advance(Duration::from_secs(60));
    let item = house.get("/v1/sessions?subject=alice").admin().send().await.json()["items"][0].clone();
    assert_eq!((&item["state"], &item["ended"]["reason"]), (&json!("ended"), &json!("idle")));
}

#[tokio::test]
async fn pages_follow_one_another_without_gap_or_repetition() {
    // S31: stable paging.
    let house = House::new().await;
    for number in 0..5 {
        house.sign_in(&format!("user-{number}")).await;
        house.clock.advance(Duration::from_secs(1));
    }
    let mut seen = Vec::new();
    let mut query = "limit=2".to_owned();
    loop {
        let page = house.get(&format!("/v1/sessions?{query}")).admin().send().await.json();
        seen.extend(page["items"].as_array().unwrap().iter().map(|item| text(&item["subject"])));
        // A sign-in between two pages does not move what is on them.
        house.sign_in("late").await;
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        query = format!("limit=2&cursor={cursor}");
    }
    assert_eq!(seen, ["user-4", "user-3", "user-2", "user-1", "user-0"]);
}

#[tokio::test]
async fn an_unknown_parameter_is_refused_and_named() {
    let house = House::new().await;
    let reply = house.get("/v1/sessions?subjct=alice").admin().send().await;
    assert_eq!(reply.status, 400);
    assert_json_snapshot!(reply.json());
}
