//! The gauge of a followed state, and when a check reads it (design section 3, I2, I1').

use std::cell::Cell;
use std::time::Duration;

use quash_core::revocation::freshness::{
    Freshness, FreshnessSource, Known, StalePolicy, Staleness, Undecided,
};
use quash_core::time::{Timestamp, Uptime};
use quash_verify::{Gauge, GaugeReader, Moment, RouteRules};
use serde_json::json;

use crate::support::{NOW, World, end, target};

const MAX: Duration = Duration::from_secs(10);

fn at(milliseconds: u64) -> Uptime {
    Uptime::ZERO.plus(Duration::from_millis(milliseconds))
}

fn fresh_as_of(milliseconds: u64) -> Gauge {
    let gauge = Gauge::new(MAX);
    gauge.complete();
    gauge.renew(at(milliseconds), MAX);
    gauge
}

fn stale(age: Duration) -> Freshness {
    Freshness::Stale { age, policy: StalePolicy::Deny }
}

#[test]
fn at_exactly_the_largest_age_knowledge_is_stale() {
    let gauge = fresh_as_of(5_000);
    let just_before = Uptime::from_nanoseconds(at(15_000).nanoseconds() - 1);
    let freshness = |now, max| gauge.freshness_at(now, max, StalePolicy::Deny);
    assert_eq!(freshness(just_before, MAX), Freshness::Fresh);
    assert_eq!(freshness(at(15_000), MAX), stale(MAX));
    assert_eq!(freshness(at(15_000), Duration::MAX), stale(MAX), "nobody is laxer than the verifier");
    let second = Duration::from_secs(1);
    assert_eq!(freshness(at(5_999), second), Freshness::Fresh);
    assert_eq!(freshness(at(6_000), second), stale(second), "a route may be stricter");
    assert_eq!(freshness(at(5_000), Duration::ZERO), stale(Duration::ZERO), "nothing is younger than zero");
}

#[test]
fn knowledge_of_unknown_age_is_stale_and_a_state_that_was_never_complete_is_worse() {
    let gauge = Gauge::new(MAX);
    assert_eq!(gauge.freshness_at(at(1), MAX, StalePolicy::Deny), Freshness::Incomplete);
    gauge.renew(at(1), MAX);
    assert_eq!(gauge.freshness_at(at(1), MAX, StalePolicy::Deny), Freshness::Incomplete);
    let restarted = Gauge::new(MAX);
    restarted.complete();
    assert_eq!(restarted.freshness_at(at(1), MAX, StalePolicy::Deny), stale(Duration::MAX));
    assert_eq!((restarted.age_at(at(1)), restarted.fresh_as_of()), (None, None));
}

#[test]
fn a_state_can_be_fresh_as_of_the_very_start_of_the_machine() {
    let gauge = fresh_as_of(0);
    assert_eq!(gauge.fresh_as_of(), Some(Uptime::ZERO));
    assert_eq!(gauge.freshness_at(at(9_999), MAX, StalePolicy::Deny), Freshness::Fresh);
}

#[test]
fn a_lease_ends_earlier_than_the_owner_s_limit_and_never_later() {
    // design section 3: the lease is what was granted, at most what was asked for.
    let gauge = Gauge::new(MAX);
    gauge.complete();
    gauge.renew(at(0), Duration::from_secs(2));
    assert_eq!(gauge.freshness_at(at(1_999), MAX, StalePolicy::Deny), Freshness::Fresh);
    assert_eq!(gauge.freshness_at(at(2_000), MAX, StalePolicy::Deny), stale(Duration::from_secs(2)));
    gauge.renew(at(0), Duration::from_secs(60));
    assert_eq!(gauge.fresh_until(), at(10_000));
    gauge.renew(at(1_000), Duration::from_secs(1));
    assert_eq!(
        (gauge.fresh_as_of(), gauge.fresh_until()),
        (Some(at(1_000)), at(10_000)),
        "nothing goes back"
    );
    gauge.renew(at(500), MAX);
    assert_eq!((gauge.fresh_as_of(), gauge.fresh_until()), (Some(at(1_000)), at(10_500)));
    assert_eq!(Gauge::new(Duration::from_secs(3600)).max_staleness(), Gauge::LONGEST_MAX_STALENESS);
}

#[test]
fn a_route_goes_as_far_as_the_verifier_lets_it_and_the_verifier_says_that_it_has_no_fence() {
    let freshness = |gauge: &Gauge, policy| {
        gauge.complete();
        gauge.freshness_at(at(0), MAX, policy)
    };
    let stale = |policy| Freshness::Stale { age: Duration::MAX, policy };
    let strict = Gauge::new(MAX);
    assert_eq!(freshness(&strict, StalePolicy::Allow), stale(StalePolicy::Deny));
    assert!(!strict.is_unfenced());
    let mixed = Gauge::new(MAX).routes_may(StalePolicy::Allow);
    assert_eq!(freshness(&mixed, StalePolicy::Allow), stale(StalePolicy::Allow));
    assert_eq!(GaugeReader::new(&mixed, || at(0)).freshness(), stale(StalePolicy::Deny));
    assert!(mixed.is_unfenced());
    let asking = Gauge::new(MAX).policy(StalePolicy::Ask);
    asking.complete();
    assert_eq!(GaugeReader::new(&asking, || at(0)).freshness(), stale(StalePolicy::Ask));
    assert!(!asking.is_unfenced());
    assert!(Gauge::new(MAX).policy(StalePolicy::Allow).routes_may(StalePolicy::Deny).is_unfenced());
}

#[test]
fn a_route_s_staleness_turns_its_accepts_into_its_policy_s_answer_and_nothing_else() {
    let world = World::new();
    let gauge = Gauge::new(MAX).routes_may(StalePolicy::Allow);
    gauge.complete();
    gauge.renew(at(0), MAX);
    let (good, ended) = (world.own(&json!({})), world.own(&json!({ "sub": "bob", "sid": "b", "jti": "b" })));
    world.revoke(end(target::subject("bob")));
    let strict = RouteRules::none().max_staleness(Duration::from_secs(2));
    let ask = |token: &str, now, rules: &RouteRules| {
        let moment = Moment::new(Timestamp::from_seconds(NOW), GaugeReader::new(&gauge, || at(now)));
        world.verifier.pin().admit(token, moment, rules).map(|admission| format!("{admission:?}"))
    };
    let is = |answer: Result<String, Undecided>, what| answer.unwrap().starts_with(what);
    let age = Duration::from_secs(2);
    for _ in 0..2 {
        assert!(is(ask(&good, 1_999, &strict), "Admitted"));
        assert_eq!(ask(&good, 2_000, &strict), Err(Undecided::Stale { age }));
        let asking = strict.clone().stale_policy(StalePolicy::Ask);
        assert_eq!(ask(&good, 2_000, &asking), Err(Undecided::Ask { age }));
        assert!(is(ask(&good, 2_000, &RouteRules::none()), "Admitted"), "other routes do not mind");
        let age = Duration::from_secs(10);
        let lax = RouteRules::none().max_staleness(Duration::MAX);
        assert_eq!(ask(&good, 10_000, &lax), Err(Undecided::Stale { age }));
    }
    assert_eq!(world.verifier.counts().allowed_stale, 0);
    let allowing = strict.clone().stale_policy(StalePolicy::Allow);
    for _ in 0..3 {
        assert!(is(ask(&good, 2_000, &allowing), "Admitted"));
        assert!(is(ask(&good, 1_999, &allowing), "Admitted"));
    }
    assert_eq!(world.verifier.counts().allowed_stale, 3, "only those that were stale");
    for policy in [StalePolicy::Deny, StalePolicy::Ask, StalePolicy::Allow] {
        for now in [0, 2_000, 100_000] {
            assert!(is(ask(&ended, now, &strict.clone().stale_policy(policy)), "Refused"));
        }
    }
}

/// Calls `meanwhile` when it is asked for the freshness, and answers by a gauge at `now`.
struct Slow<'a> {
    gauge: &'a Gauge,
    now: &'a Cell<Uptime>,
    meanwhile: &'a dyn Fn(),
}

impl FreshnessSource for Slow<'_> {
    fn freshness(&self) -> Freshness {
        panic!("a check asks in two steps")
    }

    fn known(&self) -> Known {
        self.gauge.known()
    }

    fn freshness_after(&self, known: Known, wanted: Staleness) -> Freshness {
        (self.meanwhile)();
        GaugeReader::new(self.gauge, || self.now.get()).freshness_after(known, wanted)
    }
}

/// A check of a token that is new here, of one that has to be looked up again, and of one that nothing happened to.
fn on_every_path(world: &World, check: impl Fn(&str)) {
    let token = |id: &str| world.own(&json!({ "jti": id, "sub": id, "sid": id, "device_id": id }));
    check(&token("first"));
    let known = token("known");
    assert!(world.accepts(&known, NOW));
    world.revoke(end(target::client("another")));
    let before = world.verifier.counts();
    check(&known);
    assert!(world.verifier.counts().repeated > before.repeated);
    assert!(world.accepts(&known, NOW));
    let before = world.verifier.counts();
    check(&known);
    assert!(world.verifier.counts().shortcuts > before.shortcuts);
}

#[test]
fn the_clock_is_read_after_the_state_on_every_path() {
    // A process that is frozen between reading the state and answering must not accept on what it read before.
    let world = World::new();
    let gauge = fresh_as_of(0);
    on_every_path(&world, |token| {
        let now = Cell::new(at(1));
        let freeze = || now.set(at(10_000));
        let source = Slow { gauge: &gauge, now: &now, meanwhile: &freeze };
        let answer = world.verifier.check(token, Moment::new(Timestamp::from_seconds(NOW), source));
        assert!(matches!(answer, Err(Undecided::Stale { age: MAX })), "{answer:?}");
    });
}

#[test]
fn what_a_follower_learns_after_the_state_was_read_does_not_count_for_it() {
    // The state is read while stale; then the follower catches up, with an entry against this very token. The gauge
    // is fresh now, the state that was read is not.
    let world = World::new();
    on_every_path(&world, |token| {
        let gauge = fresh_as_of(0);
        let now = Cell::new(at(20_000));
        let catch_up = || gauge.renew(at(20_000), MAX);
        let source = Slow { gauge: &gauge, now: &now, meanwhile: &catch_up };
        let answer = world.verifier.check(token, Moment::new(Timestamp::from_seconds(NOW), source));
        assert!(matches!(answer, Err(Undecided::Stale { .. })), "{answer:?}");
        let caught_up = GaugeReader::new(&gauge, || at(20_000));
        let answer = world.verifier.check(token, Moment::new(Timestamp::from_seconds(NOW), caught_up));
        assert!(answer.is_ok());
    });
}

/// The answer to a token of carol, on one of the ways that a check can go, where `meanwhile` happens once between the
/// reading of the state and that of the clock.
fn judged_while(way: &str, meanwhile: impl Fn(&World)) -> String {
    let world = World::new();
    let token = world.own(&json!({ "sub": "carol", "sid": "c", "jti": "c" }));
    if way != "first" {
        assert!(world.accepts(&token, NOW));
    }
    if way == "repeated" {
        world.revoke(end(target::client("another")));
    }
    let gauge = fresh_as_of(0);
    let (now, happened) = (Cell::new(at(1)), Cell::new(false));
    let once = || {
        if !happened.replace(true) {
            meanwhile(&world);
        }
    };
    let source = Slow { gauge: &gauge, now: &now, meanwhile: &once };
    let moment = Moment::new(Timestamp::from_seconds(NOW), source);
    let answer = world.verifier.check(&token, moment).unwrap();
    assert_eq!(world.verifier.counts().checks(), if way == "first" { 1 } else { 2 }, "{way}");
    answer.rejection().map_or("accepted".to_owned(), |rejection| rejection.reason().to_owned())
}

#[test]
fn an_entry_that_takes_effect_while_an_accept_is_under_way_refuses() {
    // I1': the entry may be acknowledged as soon as it is in the maps, so a thread that read them before, and stood
    // still, accepts nothing on what it read. What does not concern the token does not disturb it.
    for way in ["first", "repeated", "shortcut"] {
        let hit = judged_while(way, |world| {
            world.revoke(end(target::subject("carol")));
        });
        assert_eq!(hit, "admin", "{way}");
        let missed = judged_while(way, |world| {
            world.revoke(end(target::subject("dave")));
        });
        assert_eq!(missed, "accepted", "{way}");
    }
}

#[test]
fn a_refusal_asks_nobody_and_an_accept_asks_once() {
    let world = World::new();
    let gauge = fresh_as_of(0);
    let now = Cell::new(at(1));
    let asked = Cell::new(0);
    let count = || asked.set(asked.get() + 1);
    let check = |token: &str| {
        let source = Slow { gauge: &gauge, now: &now, meanwhile: &count };
        let answer = world.verifier.check(token, Moment::new(Timestamp::from_seconds(NOW), source)).unwrap();
        (answer.accepted().is_some(), asked.replace(0))
    };
    on_every_path(&world, |token| assert_eq!(check(token), (true, 1)));
    let token = world.own(&json!({}));
    assert_eq!(check(&token), (true, 1));
    world.revoke(end(target::subject("alice")));
    assert_eq!(check(&token), (false, 0));
    assert_eq!(check(&world.own(&json!({ "iat": NOW - 300, "exp": NOW }))), (false, 0));
    assert_eq!(check("no token"), (false, 0));
}
