//! S05: last-used tracking without a write per request. The exact bound is tested on a simulated clock (`http`,
//! `v1::activity`); here it is held over real processes, with two seconds of slack.

use std::time::Duration;

use quash_core::time::Timestamp;
use serde_json::{Value as Json, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::clock::now;
use crate::edge::authority::Authority;
use crate::edge::node::{Edge, Plan};
use crate::edge::until::until;
use crate::process::answer::text;
use crate::process::feed::follower::{Answer, Follower};
use crate::process::running::Running;

/// Access tokens outlive the idle limit by far, so that only uses keep a session alive.
const CLIENT: &str = r#"
[[client]]
id = "web"
access_token_lifetime = "600s"
session_idle = "6s"
session_absolute = "600s"
"#;
const EVERY_SECOND: &str = "[activity]\ninterval = \"1s\"\n";
const RARELY: &str = "[activity]\ninterval = \"1h\"\n";

const PAUSE: Duration = Duration::from_millis(20);
/// How early a use may be told.
const TICK: Duration = Duration::from_millis(1_024);
/// How long a report may be under way: an interval of one second, and two of slack.
const BOUND: Duration = Duration::from_secs(3);

fn session(server: &Running, opened: &Json) -> Json {
    let answer = server.get(&format!("/v1/sessions/{}", text(opened, "session_id")));
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.body
}

fn last_used(server: &Running, opened: &Json) -> Timestamp {
    let session = session(server, opened);
    let at = OffsetDateTime::parse(text(&session, "last_used_at"), &Rfc3339).unwrap();
    Timestamp::from_milliseconds(u64::try_from(at.unix_timestamp_nanos() / 1_000_000).unwrap())
}

/// Waits until a use between the two instants is known; never is a later one.
fn until_seen(server: &Running, opened: &Json, from: Timestamp, to: Timestamp) {
    until("the use is seen at the session", || {
        let seen = last_used(server, opened);
        assert!(seen <= to, "{seen} is later than the use at {to}");
        (seen >= from.minus(TICK)).then_some(())
    });
}

/// Uses the token at `edge`, long enough after the sign-in to be told from it. Returns the instants around it.
fn use_at(edge: &Edge, opened: &Json, signed_in_at: Timestamp) -> (Timestamp, Timestamp) {
    while now() < signed_in_at.plus(TICK * 2) {
        std::thread::sleep(PAUSE);
    }
    let from = now();
    assert_eq!(edge.check(text(opened, "access_token")), 200);
    (from, now())
}

fn refresh(server: &Running, opened: &Json) -> (u16, String) {
    let answer = server.refresh(text(opened, "refresh_token"));
    (answer.status, answer.body["reason"].as_str().unwrap_or_default().to_owned())
}

#[test]
fn a_session_lives_by_its_checks_alone_and_one_that_nobody_uses_dies_at_its_idle_limit() {
    let data = tempfile::tempdir().unwrap();
    let server = Running::configured(data.path(), &format!("{CLIENT}{EVERY_SECOND}"));
    let (used, unused) = (server.sign_in("alice"), server.sign_in("bob"));
    let token = text(&used, "access_token");
    // Both were opened before now.
    let end = now().plus(Duration::from_secs(6) + BOUND);
    while now() < end {
        assert_eq!(server.check(token), 200);
        std::thread::sleep(PAUSE);
    }
    assert_eq!(refresh(&server, &unused), (400, "idle".to_owned()));
    assert_eq!(refresh(&server, &used), (200, String::new()));
    assert_eq!(server.check(text(&unused, "access_token")), 200, "no verifier knows of idle limits");
}

#[test]
fn a_use_at_an_edge_alone_is_seen_at_the_session_within_the_bound_and_keeps_it_alive() {
    let authority = Authority::configured(&format!("{CLIENT}{EVERY_SECOND}"));
    let relay = Plan::of("relay", &authority).more(EVERY_SECOND).start();
    let leaf = Plan::of("leaf", &authority).through(&relay).more(EVERY_SECOND).start();
    // An edge behind an edge takes an interval more.
    for (edge, bound) in [(&relay, BOUND), (&leaf, BOUND + Duration::from_secs(1))] {
        let opened = authority.server().sign_in("alice");
        let (from, to) = use_at(edge, &opened, now());
        until_seen(authority.server(), &opened, from, to);
        let seen_after = now().since(to);
        assert!(seen_after <= bound, "{}: {seen_after:?}", edge.name());
        let end = now().plus(Duration::from_secs(6) + BOUND);
        while now() < end {
            assert_eq!(edge.check(text(&opened, "access_token")), 200);
            std::thread::sleep(PAUSE);
        }
        assert_eq!(refresh(authority.server(), &opened).0, 200, "{}", edge.name());
    }
    assert!(relay.metric("quash_edge_activity_reported_total") > 0.0);
    assert!(relay.metric("quash_edge_activity_failures_total") < 0.5);
}

#[test]
fn uses_during_an_outage_are_reported_after_it() {
    let mut authority = Authority::configured(RARELY);
    let edge = Plan::of("edge", &authority).more(EVERY_SECOND).start();
    let opened = authority.server().sign_in("alice");
    let signed_in_at = now();
    edge.assert_accepts(text(&opened, "access_token"));
    authority.kill();
    let (from, to) = use_at(&edge, &opened, signed_in_at);
    until("a report fails", || (edge.metric("quash_edge_activity_failures_total") > 0.5).then_some(()));
    authority.restart();
    until_seen(authority.server(), &opened, from, to);
    assert!(edge.metric("quash_verifier_activity_dropped_total") < 0.5);
}

#[test]
fn whoever_is_asked_to_stop_reports_what_it_saw_before() {
    let mut authority = Authority::configured(RARELY);
    let mut edge = Plan::of("edge", &authority).more(RARELY).start();
    let opened = authority.server().sign_in("alice");
    let (from, to) = use_at(&edge, &opened, now());
    let before = last_used(authority.server(), &opened);
    edge.stop();
    assert!(before < from.minus(TICK), "nothing was reported before");
    until_seen(authority.server(), &opened, from, to);

    while now() < to.plus(TICK * 2) {
        std::thread::sleep(PAUSE);
    }
    let from = now();
    assert_eq!(authority.server().check(text(&opened, "access_token")), 200);
    let to = now();
    authority.stop();
    authority.restart();
    until_seen(authority.server(), &opened, from, to);
}

#[test]
fn where_it_is_switched_off_only_renewals_count() {
    let data = tempfile::tempdir().unwrap();
    let server = Running::configured(data.path(), &format!("{CLIENT}[activity]\ninterval = \"0s\"\n"));
    let opened = server.sign_in("alice");
    let end = now().plus(Duration::from_secs(6));
    while now() < end {
        assert_eq!(server.check(text(&opened, "access_token")), 200);
        std::thread::sleep(PAUSE);
    }
    assert_eq!(refresh(&server, &opened), (400, "idle".to_owned()));
}

/// How many times a report races a logout.
const ROUNDS: usize = 40;

#[test]
fn no_report_that_races_a_logout_revives_a_session() {
    // S05, S08, I6: whichever comes first, many times.
    let data = tempfile::tempdir().unwrap();
    let server = Running::configured(data.path(), "");
    let (mut noted, mut ignored) = (0, 0);
    for round in 0..ROUNDS {
        let opened = server.sign_in(&format!("user-{round}"));
        let report = json!({ "sessions": [{
            "sid": opened["session_id"],
            "client_id": "web",
            "device_id": opened["device_id"],
            "at": "2099-01-01T00:00:00Z",
        }] });
        let answers: Vec<Json> = std::thread::scope(|scope| {
            let reporters: Vec<_> = (0..3)
                .map(|_| scope.spawn(|| (0..5).map(|_| server.post("/v1/activity", &report).body).collect()))
                .collect();
            // The logout comes sooner or later among the reports.
            std::thread::sleep(Duration::from_micros(round as u64 * 137));
            assert_eq!(server.post_with("/v1/logout", text(&opened, "access_token")).status, 200);
            let ended = session(&server, &opened);
            let answers =
                reporters.into_iter().flat_map(|reporter| -> Vec<Json> { reporter.join().unwrap() });
            let answers = answers.collect();
            assert_eq!(session(&server, &opened), ended, "nothing was written after the logout");
            answers
        });
        noted += answers.iter().filter(|answer| answer["noted"] == 1).count();
        ignored += answers.iter().filter(|answer| answer["ignored"] == 1).count();
        assert_eq!(server.post("/v1/activity", &report).body, json!({ "noted": 0, "ignored": 1 }));
        assert_eq!(session(&server, &opened)["state"], "ended");
        assert_eq!(refresh(&server, &opened), (400, "logged_out".to_owned()));
        assert_eq!(server.check(text(&opened, "access_token")), 401);
    }
    assert_eq!(noted + ignored, ROUNDS * 15);
    assert!(noted > 0 && ignored > 0, "both orders were seen: {noted} before, {ignored} after");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_embedded_verifier_saw_is_reported_or_kept() {
    let (data, state) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let server = Running::configured(data.path(), RARELY);
    let made = server.post("/v1/credentials", &json!({"name": "service", "roles": ["verifier"]}));
    let follower = Follower::start(&server.url, made.text_of("key"), state.path());
    follower.ready().await;
    let opened = server.sign_in("alice");
    // Uses are told apart by the tick: the sign-in must not lie in the one of the use.
    tokio::time::sleep(TICK * 2).await;
    let from = now();
    assert_eq!(follower.judge(text(&opened, "access_token")), Answer::Accepted);
    let to = now();
    follower.feed.report_activity().await.unwrap();
    until_seen(&server, &opened, from, to);
    assert_eq!(follower.feed.activity_counts().reported, 1);

    // Its credential is given up: nobody takes its reports any more, and they are kept.
    server.delete(&format!("/v1/credentials/{}", made.text_of("id")));
    assert_eq!(follower.judge(text(&opened, "access_token")), Answer::Accepted);
    for failures in 1..=2 {
        assert!(follower.feed.report_activity().await.is_err());
        assert_eq!(follower.feed.activity_counts().failures, failures);
    }
    assert_eq!(follower.feed.verifier().take_activity().len(), 1);
}
