//! Which sessions were used: what the verifier of a server saw, and `POST /v1/activity` (S05).

use std::time::Duration;

use quash_authority::settings::Lifetimes;
use quash_authority::testing::WhenToFail;
use quash_authority::{Clock as _, Noted, Settings};
use quash_core::time::Timestamp;
use serde_json::{Value, json};

use crate::house::{House, START, settings, text};

const ONE: Noted = Noted { noted: 1, ignored: 0 };
const NONE: Noted = Noted { noted: 0, ignored: 1 };

/// An idle limit of 100 s, and access tokens that live longer.
async fn idle_after_100_seconds() -> House {
    let seconds = Duration::from_secs;
    let lifetimes = Lifetimes { access: seconds(600), idle: seconds(100), absolute: seconds(10_000) };
    House::with(Settings { lifetimes, ..settings() }, Vec::new()).await
}

/// Sets the clock to so many milliseconds after the start.
fn go_to(house: &House, milliseconds: u64) {
    let now = house.clock.now().since(START);
    house.clock.advance(Duration::from_millis(milliseconds).checked_sub(now).unwrap());
}

async fn last_used(house: &House, tokens: &Value) -> String {
    let path = format!("/v1/sessions/{}", text(&tokens["session_id"]));
    text(&house.get(&path).admin().send().await.json()["last_used_at"])
}

fn spelt(milliseconds: u64) -> String {
    let (seconds, rest) = (milliseconds / 1_000, milliseconds % 1_000);
    // START is 2027-01-15T08:00:00Z.
    let clock = format!("2027-01-15T08:{:02}:{:02}", seconds / 60, seconds % 60);
    let fraction = format!(".{rest:03}");
    let fraction = fraction.trim_end_matches('0').trim_end_matches('.');
    format!("{clock}{fraction}Z")
}

#[tokio::test]
async fn a_check_is_seen_at_the_session_after_the_next_report_up_to_a_second_early_and_never_late() {
    // S05: a tick is 1,024 ms, and the start is the start of one.
    let house = idle_after_100_seconds().await;
    let tokens = house.sign_in("alice").await;
    let token = text(&tokens["access_token"]);
    for (used_at, told) in [(5_000, 4_096), (5_120, 5_120), (6_143, 5_120), (6_144, 6_144)] {
        go_to(&house, used_at);
        assert_eq!(house.check(&token).await, 200);
        let before = last_used(&house, &tokens).await;
        assert_eq!(house.state.note_activity().await.unwrap(), ONE);
        assert_eq!(last_used(&house, &tokens).await, spelt(told), "used at {used_at} ms, before: {before}");
    }
    assert_eq!(house.state.note_activity().await.unwrap(), Noted::default(), "nothing is told twice");
}

/// What became of a session that was used at 11,263 ms, the last millisecond of a tick, which is told as 10,240 ms; then
/// at `used_at`, and reported 30 s after that.
async fn used_again(used_at: u64) -> (Noted, u16) {
    let house = idle_after_100_seconds().await;
    let tokens = house.sign_in("alice").await;
    let token = text(&tokens["access_token"]);
    go_to(&house, 11_263);
    assert_eq!(house.check(&token).await, 200);
    assert_eq!(house.state.note_activity().await.unwrap(), ONE);
    go_to(&house, used_at);
    assert_eq!(house.check(&token).await, 200);
    go_to(&house, used_at + 30_000);
    let noted = house.state.note_activity().await.unwrap();
    let refresh = text(&tokens["refresh_token"]);
    let form = [("grant_type", "refresh_token"), ("client_id", "web"), ("refresh_token", refresh.as_str())];
    (noted, house.post("/oauth/token").form(&form).send().await.status)
}

#[tokio::test]
async fn a_session_lives_when_it_is_used_one_idle_limit_less_interval_and_tick_after_the_last_use() {
    // S05, the bound: 100,000 - 30,000 - 1,024 = 68,976 ms after a use the session has to be used again.
    assert_eq!(used_again(11_263 + 68_976).await, (ONE, 200));
    assert_eq!(
        used_again(11_263 + 68_977).await,
        (NONE, 400),
        "at the idle limit exactly it is over, and stays so"
    );
}

#[tokio::test]
async fn the_path_of_a_request_never_touches_the_store() {
    // S05: whatever becomes of the report, checks go on.
    let house = idle_after_100_seconds().await;
    let tokens = house.sign_in("alice").await;
    let token = text(&tokens["access_token"]);
    house.store.fail(WhenToFail::Always);
    for second in 1..=300 {
        go_to(&house, second * 100);
        assert_eq!(house.check(&token).await, 200);
    }
    assert_eq!(house.store.calls(), 0, "neither read nor written");
    for _again in 0..3 {
        house.state.note_activity().await.unwrap_err();
        assert_eq!(house.check(&token).await, 200);
    }
    house.store.fail(WhenToFail::Never);
    assert_eq!(house.state.note_activity().await.unwrap(), ONE, "what failed is kept");
    assert_eq!(house.store.calls(), 1, "three hundred checks are one transaction");
    assert_eq!(last_used(&house, &tokens).await, spelt(29_696));
}

#[tokio::test]
async fn a_use_before_a_logout_is_nothing_after_it_and_the_reverse() {
    // S05, S08
    let house = idle_after_100_seconds().await;
    let tokens = house.sign_in("alice").await;
    let token = text(&tokens["access_token"]);
    go_to(&house, 20_000);
    assert_eq!(house.check(&token).await, 200);
    assert_eq!(house.post("/v1/logout").bearer(&token).send().await.status, 200);
    let path = format!("/v1/sessions/{}", text(&tokens["session_id"]));
    let ended = house.get(&path).admin().send().await.json();
    assert_eq!(house.state.note_activity().await.unwrap(), NONE);
    assert_eq!(house.check(&token).await, 401);
    assert_eq!(house.state.note_activity().await.unwrap(), Noted::default(), "a refusal is no use");
    assert_eq!(house.get(&path).admin().send().await.json(), ended);
}

fn seen(tokens: &Value, at: &str) -> Value {
    json!({ "sid": tokens["session_id"], "client_id": "web", "device_id": tokens["device_id"], "at": at })
}

#[tokio::test]
async fn a_report_of_a_verifier_elsewhere_says_how_many_were_noted() {
    let house = idle_after_100_seconds().await;
    let key = house.key_of("verifier").await;
    let (alice, bob) = (house.sign_in("alice").await, house.sign_in("bob").await);
    house.revoke(json!({ "target": { "type": "subject", "id": "bob" } })).await;
    go_to(&house, 50_000);
    let unknown = json!({ "sid": "ses_0", "client_id": "web", "at": spelt(1_000) });
    let mut ahead = seen(&alice, "2099-01-01T00:00:00Z");
    ahead.as_object_mut().unwrap().remove("device_id");
    let sessions = json!([seen(&alice, &spelt(40_123)), seen(&bob, &spelt(40_000)), unknown]);
    let report = async |sessions: Value| {
        let reply =
            house.post("/v1/activity").bearer(&key).json(&json!({ "sessions": sessions })).send().await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        reply.json()
    };
    assert_eq!(report(sessions.clone()).await, json!({ "noted": 1, "ignored": 2 }));
    assert_eq!(last_used(&house, &alice).await, spelt(40_123));
    assert_eq!(report(sessions).await, json!({ "noted": 1, "ignored": 2 }), "a retry harms nobody");
    assert_eq!(report(json!([seen(&alice, "1970-01-01T00:00:00Z")])).await["noted"], 1);
    assert_eq!(last_used(&house, &alice).await, spelt(40_123), "it never goes back");
    // A clock elsewhere is ahead: nobody lives beyond one idle limit from now.
    assert_eq!(report(json!([ahead])).await["noted"], 1);
    assert_eq!(last_used(&house, &alice).await, spelt(50_000));
    assert_eq!(report(json!([])).await, json!({ "noted": 0, "ignored": 0 }));
    let page = house.get("/metrics").admin().send().await.text().to_owned();
    for line in [
        r#"quash_activity_reported_total{outcome="noted"} 4"#,
        r#"quash_activity_reported_total{outcome="ignored"} 4"#,
        "quash_verifier_activity_dropped_total 0",
    ] {
        assert!(page.lines().any(|held| held == line), "{line}: {page}");
    }
}

#[tokio::test]
async fn a_report_names_the_field_that_is_wrong() {
    let house = idle_after_100_seconds().await;
    let good = json!({ "sid": "ses_1", "client_id": "web", "device_id": "d", "at": spelt(0) });
    let with = |name: &str, value: Value| {
        let mut item = good.clone();
        item[name] = value;
        json!({ "sessions": [good.clone(), item] })
    };
    let without = |name: &str| {
        let mut item = good.clone();
        item.as_object_mut().unwrap().remove(name);
        json!({ "sessions": [good.clone(), item] })
    };
    let cases = [
        (json!({}), "sessions"),
        (json!({ "sessions": {} }), "sessions"),
        (json!({ "sessions": [good.clone(), 1] }), "sessions[1]"),
        (json!({ "sessions": [], "more": 1 }), "more"),
        (with("sid", json!("")), "sessions[1].sid"),
        (with("client_id", json!(1)), "sessions[1].client_id"),
        (with("device_id", json!("x".repeat(257))), "sessions[1].device_id"),
        (with("device_id", Value::Null), "sessions[1].device_id"),
        (with("at", json!(1_800_000_000)), "sessions[1].at"),
        (with("at", json!("yesterday")), "sessions[1].at"),
        (with("when", json!(1)), "sessions[1].when"),
        (without("sid"), "sessions[1].sid"),
        (without("client_id"), "sessions[1].client_id"),
        (without("at"), "sessions[1].at"),
    ];
    for (body, field) in cases {
        let reply = house.post("/v1/activity").admin().json(&body).send().await;
        assert_eq!((reply.status, &reply.json()["field"]), (400, &json!(field)), "{body}");
    }
    let long = json!({ "sessions": vec![good; 1_000] });
    assert_eq!(house.post("/v1/activity").admin().json(&long).send().await.status, 413);
    assert_eq!(START, Timestamp::from_seconds(1_800_000_000), "what `spelt` counts from");
}
