//! Every rule of leases, each boundary to the nanosecond, and all of them against a naive model.

use std::collections::BTreeMap;
use std::time::Duration;

use proptest::prelude::*;

use super::row::UNFENCED_KEPT_FOR;
use super::{Goal, Instance, LeaseTable, Standing, Terms, margin};
use crate::position::Position;
use crate::time::{Timestamp, Uptime};

const LEASE: Duration = Duration::from_secs(10);
/// A lease and its margin.
const WHOLE: Duration = Duration::from_millis(10_100);

fn instance(number: u8) -> Instance {
    Instance::from_random([number; 16])
}

fn terms(name: &str) -> Terms {
    Terms { name: name.into(), lease: LEASE, unfenced: false, relay: false }
}

fn at(seconds: u64) -> Uptime {
    Uptime::ZERO.plus(Duration::from_secs(seconds))
}

fn wall(seconds: u64) -> Timestamp {
    Timestamp::from_seconds(1_800_000_000 + seconds)
}

fn position(number: u64) -> Position {
    Position::new(number).unwrap()
}

fn just_before(instant: Uptime) -> Uptime {
    instant.minus(Duration::from_nanos(1))
}

fn names(named: &[super::Named]) -> Vec<&str> {
    named.iter().map(|named| &*named.name).collect()
}

/// A table with one verifier, `edge`, that was answered at `at(100)`.
fn table() -> LeaseTable {
    let mut table = LeaseTable::new();
    table.admit(instance(1), terms("edge"), at(100));
    table.extend(&instance(1), at(100), Duration::ZERO);
    table
}

#[test]
fn a_margin_is_one_percent() {
    assert_eq!(margin(LEASE), Duration::from_millis(100));
    assert_eq!(margin(Duration::from_nanos(99)), Duration::ZERO);
}

#[test]
fn a_lease_is_over_at_its_end_and_not_a_nanosecond_earlier() {
    // Design section 3: `wait=everywhere` returns when the lease, with its margin, has run out.
    let table = table();
    let waiting = table.watch(position(7), at(101));
    let end = at(100).plus(WHOLE);
    let standing = table.settled(&waiting, just_before(end));
    assert!(!standing.is_settled());
    assert_eq!(standing.pending[0].ends_in, Duration::from_nanos(1));
    assert_eq!(standing.changes_at, Some(end));
    let standing = table.settled(&waiting, end);
    assert!(standing.is_settled() && standing.is_complete());
    assert_eq!(names(&standing.fenced), ["edge"]);
    assert_eq!(standing.changes_at, None);
}

#[test]
fn whose_lease_is_over_is_not_waited_for() {
    let table = table();
    let end = at(100).plus(WHOLE);
    assert_eq!(table.watch(position(7), just_before(end)).rows.len(), 1);
    assert_eq!(table.watch(position(7), end).rows.len(), 0);
}

#[test]
fn an_acknowledgement_of_the_position_or_beyond_ends_the_wait_for_a_verifier() {
    let mut table = table();
    let waiting = table.watch(position(7), at(101));
    table.acknowledge(&instance(1), position(6), 0, wall(1));
    assert!(!table.settled(&waiting, at(101)).is_settled());
    table.acknowledge(&instance(1), position(7), 0, wall(2));
    let standing = table.settled(&waiting, at(101));
    assert!(standing.is_complete() && standing.pending.is_empty());
    let applied = &standing.applied[0];
    assert_eq!((applied.watermark, applied.at, &*applied.name), (position(7), wall(2), "edge"));
}

#[test]
fn who_had_acknowledged_before_the_wait_has_applied() {
    let mut table = table();
    table.acknowledge(&instance(1), position(9), 0, wall(1));
    let standing = table.settled(&table.watch(position(7), at(101)), at(101));
    assert_eq!(standing.applied.len(), 1);
}

#[test]
fn an_extension_after_the_wait_began_does_not_count_against_it() {
    // The head in that answer was at or beyond the position: on it alone nothing is accepted without the entry.
    let mut table = table();
    let waiting = table.watch(position(7), at(101));
    table.extend(&instance(1), at(105), Duration::ZERO);
    assert!(table.settled(&waiting, at(100).plus(WHOLE)).is_complete());
    // Whoever begins to wait later waits for the longer lease.
    let later = table.watch(position(8), at(106));
    assert_eq!(table.settled(&later, at(106)).changes_at, Some(at(105).plus(WHOLE)));
}

#[test]
fn a_verifier_admitted_or_first_answered_after_the_wait_began_does_not_count() {
    let mut table = LeaseTable::new();
    table.admit(instance(1), terms("admitted"), at(100));
    let waiting = table.watch(position(7), at(100));
    table.extend(&instance(1), at(100), Duration::ZERO);
    table.admit(instance(2), terms("new"), at(100));
    table.extend(&instance(2), at(100), Duration::ZERO);
    assert_eq!(table.settled(&waiting, at(100)), Standing::default());
}

#[test]
fn a_lease_never_becomes_shorter() {
    let mut table = table();
    let end = Some(at(100).plus(WHOLE));
    assert_eq!(table.extend(&instance(1), at(99), Duration::ZERO), end, "an answer that was overtaken");
    table.admit(instance(1), Terms { lease: Duration::from_secs(1), ..terms("edge") }, at(101));
    assert_eq!(table.extend(&instance(1), at(101), Duration::ZERO), end, "shorter terms");
    table.disconnected(&instance(1), at(102));
    assert_eq!(table.row(&instance(1)).unwrap().runs_until, end, "a lost connection");
}

#[test]
fn nobody_who_was_not_admitted_gets_a_lease() {
    let mut table = LeaseTable::new();
    assert_eq!(table.extend(&instance(1), at(100), Duration::ZERO), None);
    table.acknowledge(&instance(1), position(1), 1, wall(1));
    table.disconnected(&instance(1), at(100));
    assert!(table.is_empty());
}

#[test]
fn a_relay_grants_no_more_than_what_is_left_of_what_it_knows() {
    // Design section 3: asked at 100, its own knowledge 4 s old: the child's lease counts from 96.
    let mut table = LeaseTable::new();
    table.admit(instance(1), terms("child"), at(100));
    let until = table.extend(&instance(1), at(100), Duration::from_secs(4));
    assert_eq!(until, Some(at(96).plus(WHOLE)));
}

#[test]
fn a_relay_acknowledges_no_more_than_every_child_that_may_accept() {
    let mut table = LeaseTable::new();
    assert_eq!((table.lowest(at(100)), table.lowest_trust(at(100))), (None, None));
    for number in 1..=3 {
        table.admit(instance(number), terms("child"), at(100));
        table.acknowledge(&instance(number), position(number.into()), u64::from(number) + 10, wall(1));
    }
    assert_eq!(table.lowest(at(100)), None, "nobody was answered");
    table.extend(&instance(2), at(100), Duration::ZERO);
    table.extend(&instance(3), at(105), Duration::ZERO);
    assert_eq!((table.lowest(at(105)), table.lowest_trust(at(105))), (Some(position(2)), Some(12)));
    let end = at(100).plus(WHOLE);
    assert_eq!(table.lowest(just_before(end)), Some(position(2)));
    assert_eq!(table.lowest(end), Some(position(3)), "the lease of the second is over");
    // A child that was answered and acknowledged nothing holds the relay back.
    table.admit(instance(4), terms("cold"), at(106));
    table.extend(&instance(4), at(106), Duration::ZERO);
    assert_eq!(table.lowest(at(106)), Some(Position::ZERO));
}

#[test]
fn after_a_restart_every_recorded_verifier_counts_for_one_more_lease() {
    // Design section 3: until it acknowledges, or one lease and margin have passed.
    let recorded = [(instance(1), terms("silent")), (instance(2), terms("back"))];
    let mut table = LeaseTable::recovered(recorded, at(500));
    let waiting = table.watch(position(7), at(501));
    assert_eq!(table.settled(&waiting, at(501)).pending.len(), 2);
    table.admit(instance(2), terms("back"), at(502));
    assert_eq!(table.settled(&waiting, at(502)).pending.len(), 2, "a hello says nothing yet");
    table.acknowledge(&instance(2), position(7), 0, wall(1));
    assert_eq!(table.settled(&waiting, at(502)).pending.len(), 1);
    let end = at(500).plus(WHOLE);
    assert!(!table.settled(&waiting, just_before(end)).is_settled());
    let standing = table.settled(&waiting, end);
    assert_eq!((names(&standing.fenced), standing.applied.len()), (vec!["silent"], 1));
    assert!(table.expire(just_before(end)).is_empty());
    assert_eq!(table.expire(end), [instance(1)]);
}

#[test]
fn an_unfenced_verifier_is_waited_for_and_then_reported_by_name() {
    let mut table = table();
    table.admit(instance(2), Terms { unfenced: true, ..terms("lax") }, at(100));
    table.extend(&instance(2), at(100), Duration::ZERO);
    let waiting = table.watch(position(7), at(100));
    let end = at(100).plus(WHOLE);
    let standing = table.settled(&waiting, just_before(end));
    assert_eq!((standing.pending.len(), names(&standing.unfenced)), (2, vec!["lax"]));
    let standing = table.settled(&waiting, end);
    assert!(standing.is_settled(), "its lease is over: waiting longer brings nothing that is promised");
    assert!(!standing.is_complete(), "it may be accepting still");
    assert_eq!((names(&standing.unfenced), names(&standing.fenced)), (vec!["lax"], vec!["edge"]));
    // A wait that begins after its lease is over does not wait for it, and names it.
    let standing = table.settled(&table.watch(position(7), end), end);
    assert_eq!((standing.is_settled(), names(&standing.unfenced)), (true, vec!["lax"]));
    // Once it has acknowledged, it is one like any other.
    table.acknowledge(&instance(2), position(7), 0, wall(1));
    let standing = table.settled(&waiting, end);
    assert!(standing.is_complete() && standing.unfenced.is_empty());
}

#[test]
fn an_unfenced_verifier_counts_before_its_first_answer_and_holds_a_relay_back() {
    // It accepts on what it had stored, answered or not.
    let mut table = LeaseTable::new();
    table.admit(instance(1), Terms { unfenced: true, ..terms("lax") }, at(100));
    assert_eq!(names(&table.settled(&table.watch(position(7), at(100)), at(100)).unfenced), ["lax"]);
    assert_eq!(table.lowest(at(100)), Some(Position::ZERO));
    // An instance that was unfenced once stays so.
    table.admit(instance(1), terms("lax"), at(101));
    assert!(table.row(&instance(1)).unwrap().terms.unfenced);
}

#[test]
fn a_fenced_verifier_goes_when_its_lease_is_over_and_no_connection_is_left() {
    let mut table = table();
    let end = at(100).plus(WHOLE);
    assert!(table.expire(end).is_empty(), "it is connected");
    table.admit(instance(1), terms("edge"), at(101));
    table.disconnected(&instance(1), at(102));
    assert!(table.expire(end).is_empty(), "by its second connection");
    table.disconnected(&instance(1), at(103));
    assert!(table.expire(just_before(end)).is_empty());
    assert_eq!(table.expire(end), [instance(1)]);
    assert_eq!(table.len(), 0);
}

#[test]
fn one_that_was_never_answered_goes_with_its_connection() {
    let mut table = LeaseTable::new();
    table.admit(instance(1), terms("edge"), at(100));
    assert!(table.expire(at(100)).is_empty());
    table.disconnected(&instance(1), at(100));
    assert_eq!(table.expire(at(100)), [instance(1)]);
}

#[test]
fn an_unfenced_verifier_is_kept_for_a_day_after_it_was_last_heard_of() {
    let mut table = LeaseTable::new();
    table.admit(instance(1), Terms { unfenced: true, ..terms("lax") }, at(0));
    table.extend(&instance(1), at(50), Duration::ZERO);
    table.disconnected(&instance(1), at(60));
    let end = at(60).plus(UNFENCED_KEPT_FOR);
    assert!(table.expire(just_before(end)).is_empty());
    assert_eq!(table.expire(end), [instance(1)]);
}

#[test]
fn watermark_and_trust_never_go_back() {
    let mut table = table();
    table.acknowledge(&instance(1), position(9), 5, wall(1));
    table.acknowledge(&instance(1), position(8), 4, wall(2));
    table.admit(instance(1), terms("edge"), at(101));
    let row = table.row(&instance(1)).unwrap();
    assert_eq!((row.watermark, row.trust, row.acknowledged_at), (position(9), 5, Some(wall(1))));
}

#[test]
fn a_version_of_the_trust_document_is_waited_for_by_the_same_rules() {
    // Design section 9: a new key is announced before a token is signed with it.
    let mut table = table();
    let waiting = table.watch(Goal::Trust(3), at(101));
    table.acknowledge(&instance(1), position(9), 2, wall(1));
    assert!(!table.settled(&waiting, at(101)).is_settled());
    assert!(table.settled(&waiting, at(100).plus(WHOLE)).is_settled());
    table.acknowledge(&instance(1), position(9), 3, wall(1));
    assert_eq!(table.settled(&waiting, at(101)).applied.len(), 1);
}

#[test]
fn rows_come_by_instance_and_from_any_of_them_on() {
    let mut table = LeaseTable::new();
    for number in [3, 1, 2] {
        table.admit(instance(number), terms("edge"), at(0));
    }
    let after = |row: Option<Instance>| {
        table.rows_after(row.as_ref()).map(|(instance, _)| *instance).collect::<Vec<_>>()
    };
    assert_eq!(after(None), [instance(1), instance(2), instance(3)]);
    assert_eq!(after(Some(instance(1))), [instance(2), instance(3)]);
    assert_eq!(after(Some(instance(3))), []);
}

/// What can happen to one of three verifiers.
#[derive(Clone, Debug)]
enum Event {
    Admit { lease_ms: u64, unfenced: bool },
    Answer { received_ago: u64, age: u64 },
    Acknowledge(u64),
    Disconnect,
}

fn events() -> impl Strategy<Value = Vec<(u8, u64, Event)>> {
    let event = prop_oneof![
        (1_u64..40, any::<bool>()).prop_map(|(lease_ms, unfenced)| Event::Admit { lease_ms, unfenced }),
        (0_u64..5, 0_u64..20).prop_map(|(received_ago, age)| Event::Answer { received_ago, age }),
        (0_u64..9).prop_map(Event::Acknowledge),
        Just(Event::Disconnect),
    ];
    // Who, how many milliseconds after the event before, what.
    prop::collection::vec((0_u8..3, 0_u64..20, event), 0..60)
}

/// The model: everything that happened to one verifier, from which each answer is worked out anew.
#[derive(Clone, Default)]
struct Story {
    unfenced: bool,
    lease_ms: u64,
    /// Ends of all leases it was ever given, in microseconds.
    ends: Vec<u64>,
    acknowledged: Vec<u64>,
}

impl Story {
    fn end(&self) -> u64 {
        self.ends.iter().copied().max().unwrap_or(0)
    }

    fn may_accept(&self, now: u64) -> bool {
        self.unfenced || now < self.end()
    }

    fn watermark(&self) -> u64 {
        self.acknowledged.iter().copied().max().unwrap_or(0)
    }
}

fn micros(uptime: u64) -> Uptime {
    Uptime::from_nanoseconds(uptime * 1_000)
}

/// Both, after the same events.
fn play(events: &[(u8, u64, Event)]) -> (LeaseTable, BTreeMap<u8, Story>, u64) {
    let (mut table, mut stories, mut now) = (LeaseTable::new(), BTreeMap::<u8, Story>::new(), 1_000_000_u64);
    for (who, later, event) in events {
        now += later * 1_000;
        match event {
            Event::Admit { lease_ms, unfenced } => {
                let lease = Duration::from_millis(*lease_ms);
                let terms = Terms { name: "v".into(), lease, unfenced: *unfenced, relay: false };
                table.admit(instance(*who), terms, micros(now));
                let story = stories.entry(*who).or_default();
                story.unfenced |= unfenced;
                story.lease_ms = *lease_ms;
            }
            Event::Answer { received_ago, age } => {
                let received = now - received_ago * 1_000;
                table.extend(&instance(*who), micros(received), Duration::from_millis(*age));
                if let Some(story) = stories.get_mut(who) {
                    // The lease in microseconds, and a hundredth of it.
                    story.ends.push(received - age * 1_000 + story.lease_ms * 1_000 + story.lease_ms * 10);
                }
            }
            Event::Acknowledge(number) => {
                table.acknowledge(&instance(*who), position(*number), 0, wall(0));
                if let Some(story) = stories.get_mut(who) {
                    story.acknowledged.push(*number);
                }
            }
            Event::Disconnect => table.disconnected(&instance(*who), micros(now)),
        }
    }
    (table, stories, now)
}

proptest! {
    #[test]
    fn the_table_agrees_with_a_model_that_remembers_everything(
        before in events(), after in events(), goal in 1_u64..9, ahead in 0_u64..60_000,
    ) {
        // I1': who is waited for, until when, and who holds a relay back.
        let (table, stories, now) = play(&before);
        let lowest = stories.values().filter(|story| story.may_accept(now)).map(Story::watermark).min();
        prop_assert_eq!(table.lowest(micros(now)), lowest.map(position));
        let waiting = table.watch(position(goal), micros(now));
        let all: Vec<_> = before.iter().cloned().chain(after).collect();
        let (table, later_stories, later) = play(&all);
        let judged_at = later + ahead;
        let standing = table.settled(&waiting, micros(judged_at));
        let (mut applied, mut pending, mut fenced, mut unfenced) = (vec![], vec![], vec![], vec![]);
        for (who, story) in stories.iter().filter(|(_, story)| story.may_accept(now)) {
            let who_is = instance(*who);
            if later_stories[who].watermark() >= goal {
                applied.push(who_is);
                continue;
            }
            if judged_at < story.end() { pending.push(who_is) } else if !story.unfenced { fenced.push(who_is) }
            if story.unfenced { unfenced.push(who_is) }
        }
        let of = |named: &[super::Named]| named.iter().map(|named| named.instance).collect::<Vec<_>>();
        prop_assert_eq!(standing.applied.iter().map(|row| row.instance).collect::<Vec<_>>(), applied);
        prop_assert_eq!(standing.pending.iter().map(|row| row.instance).collect::<Vec<_>>(), pending);
        prop_assert_eq!(of(&standing.fenced), fenced);
        prop_assert_eq!(of(&standing.unfenced), unfenced);
    }

    #[test]
    fn what_is_dropped_was_accepting_nothing_and_what_is_kept_has_a_reason(before in events(), ahead in 0_u64..60_000) {
        // I8, and rows end only by time.
        let (mut table, stories, now) = play(&before);
        let judged_at = now + ahead;
        for gone in table.expire(micros(judged_at)) {
            prop_assert!(!stories[&gone.bytes()[0]].may_accept(judged_at));
        }
        for (kept, row) in table.rows() {
            prop_assert!(row.connections > 0 || stories[&kept.bytes()[0]].may_accept(judged_at));
        }
    }
}
