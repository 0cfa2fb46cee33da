//! What a relay serves from, and logs that become other logs.

use std::sync::Arc;

use quash_core::position::LogId;
use quash_core::revocation::target_key::LogKey;
use quash_core::time::Timestamp;
use quash_verify::feed::state_file::compact;
use quash_verify::feed::{Alarm, Fault, Follower, RecordLog};
use quash_verify::{Gauge, Verifier};

use super::pair::{LEASE, Log, ORIGIN, Pair, follower_config, milliseconds, position, relaying};
use crate::support::{NOW, own_config, signing_key};

const ALL: usize = 1_000;

/// A relay that took in five entries by a snapshot and five by pages of two.
fn filled() -> (Pair, Arc<RecordLog>) {
    let (mut pair, log) = relaying();
    pair.limits.page = 2;
    for number in 0..5 {
        pair.append(number);
    }
    pair.connect();
    for number in 5..10 {
        pair.append_untold(number);
    }
    pair.tell_head();
    pair.settle();
    (pair, log)
}

fn places(page: &quash_verify::feed::Page) -> Vec<u64> {
    page.records.iter().map(|record| record.position.number() - ORIGIN).collect()
}

#[test]
fn a_relay_knows_nothing_before_its_first_snapshot() {
    let log = RecordLog::new();
    assert_eq!(log.relayed(), None);
    assert_eq!(log.feed_after(position(ORIGIN), ALL), None);
    assert_eq!(log.snapshot_after(position(ORIGIN), ALL), None);
}

#[test]
fn pages_of_a_relay_end_where_a_checksum_is_known() {
    let (pair, log) = filled();
    let relayed = log.relayed().unwrap();
    assert_eq!((relayed.head, relayed.origin), (position(ORIGIN + 10), position(ORIGIN)));
    // The pages that came in ended at 5 (the snapshot), 7, 9 and 10.
    let page = log.feed_after(position(ORIGIN + 5), ALL).unwrap();
    assert_eq!((places(&page), page.through), (vec![6, 7, 8, 9, 10], position(ORIGIN + 10)));
    let page = log.feed_after(position(ORIGIN + 5), 3).unwrap();
    assert_eq!((places(&page), page.through), (vec![6, 7], position(ORIGIN + 7)));
    assert_eq!(pair.log.checksum_at(page.through), Some(page.checksum));
    assert_eq!(log.checksum_at(position(ORIGIN + 7)), Some(page.checksum));
    assert_eq!(log.checksum_at(position(ORIGIN + 6)), None);
    // Nobody can go on from within the snapshot, and there is nothing beyond the head.
    assert_eq!(log.feed_after(position(ORIGIN), 3), None);
    assert_eq!(log.feed_after(position(ORIGIN + 11), ALL), None);
    let page = log.feed_after(position(ORIGIN + 10), ALL).unwrap();
    assert_eq!((places(&page), page.through), (vec![], position(ORIGIN + 10)));
}

#[test]
fn the_snapshot_of_a_relay_is_all_that_was_not_purged() {
    let (_pair, log) = filled();
    let mut after = position(ORIGIN);
    let mut found = Vec::new();
    while after < position(ORIGIN + 10) {
        let page = log.snapshot_after(after, 4).unwrap();
        assert!(page.records.len() <= 4 && page.through > after);
        found.extend(places(&page));
        after = page.through;
    }
    assert_eq!(found, (1..=10).collect::<Vec<u64>>());
    // I8: what is over goes with the next purge, and I10: from then on every page says so.
    let over = Timestamp::from_seconds(NOW + 665);
    let just_before = Timestamp::from_milliseconds(over.milliseconds() - 1);
    assert_eq!(log.purge(just_before), 0);
    assert_eq!((log.purge(over), log.len()), (10, 0));
    assert_eq!(log.purge(just_before), 0);
    let page = log.snapshot_after(position(ORIGIN), ALL).unwrap();
    assert_eq!((places(&page), page.forgotten), (vec![], over));
    let page = log.feed_after(position(ORIGIN + 9), ALL).unwrap();
    assert_eq!((places(&page), page.forgotten), (vec![], over));
}

#[test]
fn a_relay_that_starts_from_its_file_serves_what_it_held() {
    let (pair, before) = filled();
    let log = Arc::new(RecordLog::new());
    let shared = Arc::clone(&log);
    let mut later = Pair::with(follower_config(), |follower| follower.relaying(shared));
    later.follower.load(&pair.file).unwrap();
    let page = |log: &RecordLog| log.snapshot_after(position(ORIGIN), ALL).unwrap();
    assert_eq!(page(&log).records, page(&before).records);
    assert_eq!(log.relayed().unwrap().head, position(ORIGIN + 10));
}

/// A pair whose verifier has no log yet.
fn cold() -> Pair {
    let mut pair = Pair::new();
    let builder = Verifier::builder().issuer(own_config(&signing_key(1, "own-1")));
    pair.verifier = Arc::new(builder.build_cold().unwrap());
    pair.gauge = Arc::new(Gauge::new(LEASE));
    pair.follower = Follower::new(follower_config(), Arc::clone(&pair.verifier), Arc::clone(&pair.gauge));
    pair
}

#[test]
fn a_cold_verifier_gets_its_first_log_in_one_piece() {
    let mut pair = cold();
    for number in 0..3 {
        pair.append(number);
    }
    pair.connect();
    assert!(pair.is_fresh() && (0..3).all(|number| pair.refuses(number)));
    assert!(pair.alarms.is_empty());
    let file = pair.file.clone();
    let mut later = cold();
    later.follower.load(&file).unwrap();
    assert!((0..3).all(|number| later.refuses(number)));
}

/// A log of somebody else, whose digests share nothing with those of the others.
fn other_log(number: u8, start: u64) -> Log {
    let mut log = Log::new(number);
    log.id = LogId::from_random([number; 16]);
    log.key = LogKey::from_random([number; 16]);
    log.origin = position(start);
    log
}

#[test]
fn another_log_takes_the_place_of_the_first_and_what_was_held_stays_in_force() {
    let mut pair = cold();
    pair.append(0);
    pair.connect();
    pair.disconnect();
    let before = pair.log.id;
    pair.log = other_log(2, 5_000);
    pair.acknowledged = None;
    pair.append_untold(1);
    pair.connect();
    assert_eq!(pair.alarms, [Alarm::Replaced { before, after: pair.log.id }]);
    assert!(pair.refuses(0) && pair.refuses(1) && !pair.refuses(2));
    assert!(pair.is_fresh());
    assert!(pair.held.is_empty(), "the records mean nothing to that log");
    // The local file holds both, compacted or not.
    for file in [pair.file.clone(), compact(&pair.file, pair.wall()).unwrap().bytes] {
        let mut later = cold();
        let loaded = later.follower.load(&file).unwrap();
        assert_eq!(loaded.position, Some(position(5_001)));
        assert!(later.refuses(0) && later.refuses(1) && !later.refuses(2));
    }
}

#[test]
fn a_log_that_becomes_another_one_too_often_is_not_taken() {
    let mut pair = cold();
    pair.append(0);
    pair.connect();
    for number in 2..=5 {
        pair.disconnect();
        pair.log = other_log(number, 1_000 * u64::from(number));
        pair.append_untold(u64::from(number));
        pair.connect();
        assert!(pair.is_fresh());
    }
    let as_of = pair.gauge.fresh_as_of();
    pair.disconnect();
    pair.now = pair.now.plus(milliseconds(100));
    pair.log = other_log(6, 6_000);
    pair.append_untold(6);
    pair.connect();
    let broken = pair.broken.pop().unwrap();
    assert_eq!(broken.fault, Fault::LogChangedTooOften);
    assert!(!broken.retry_after.is_zero());
    assert!(pair.alarms.contains(&Alarm::ReplacedTooOften));
    assert_eq!(pair.gauge.fresh_as_of(), as_of);
    assert!([0, 2, 3, 4, 5].iter().all(|number| pair.refuses(*number)) && !pair.refuses(6));
}

#[test]
fn a_compacted_file_says_the_same_without_what_is_over() {
    // I6
    let (mut pair, _) = filled();
    // The same entries once more, in a second snapshot.
    pair.log.entries[9].1.0[0] ^= 1;
    pair.disconnect();
    pair.connect();
    let now = pair.wall();
    let compacted = compact(&pair.file, now).unwrap();
    assert_eq!(compacted.records, 10);
    assert!(compacted.bytes.len() < pair.file.len());
    let mut later = Pair::new();
    let loaded = later.follower.load(&compacted.bytes).unwrap();
    assert_eq!((loaded.position, loaded.torn), (Some(position(ORIGIN + 10)), false));
    assert!((0..10).all(|number| later.refuses(number)));
    assert_eq!(compact(&compacted.bytes, now).unwrap().bytes, compacted.bytes);
    // An entry goes on the very instant that it is over, and then no clock may judge before it.
    let over = Timestamp::from_seconds(NOW + 665);
    let just_before = Timestamp::from_milliseconds(over.milliseconds() - 1);
    assert_eq!(compact(&pair.file, just_before).unwrap().records, 10);
    let empty = compact(&pair.file, over).unwrap();
    assert_eq!(empty.records, 0);
    let mut later = Pair::new();
    later.follower.load(&empty.bytes).unwrap();
    assert_eq!(later.verifier.ratchet(), over);
    assert_eq!(later.follower.position(), Some(position(ORIGIN + 10)));
}

#[test]
fn a_file_is_appended_to_after_it_was_compacted() {
    let mut pair = Pair::new();
    pair.append(0);
    pair.connect();
    let compacted = compact(&pair.file, pair.wall()).unwrap();
    pair.file = compacted.bytes.clone();
    pair.follower.compacted(&compacted);
    pair.append(1);
    pair.settle();
    pair.restart();
    assert_eq!(pair.follower.position(), Some(position(ORIGIN + 2)));
    assert!(pair.refuses(0) && pair.refuses(1));
}

#[test]
fn a_relay_whose_file_holds_two_logs_serves_the_last_one() {
    let mut pair = cold();
    pair.append(0);
    pair.connect();
    pair.disconnect();
    pair.log = other_log(2, 5_000);
    pair.acknowledged = None;
    pair.append_untold(1);
    pair.connect();
    pair.append(2);
    pair.settle();
    let load = |file: &[u8]| {
        let (mut later, log) = (cold(), Arc::new(RecordLog::new()));
        later.follower = later.follower.relaying(Arc::clone(&log));
        later.follower.load(file).unwrap();
        log
    };
    for file in [pair.file.clone(), compact(&pair.file, pair.wall()).unwrap().bytes] {
        let log = load(&file);
        let relayed = log.relayed().unwrap();
        assert_eq!((relayed.log, relayed.head), (pair.log.id, position(5_002)));
        let page = log.snapshot_after(relayed.origin, ALL).unwrap();
        let places: Vec<u64> = page.records.iter().map(|record| record.position.number()).collect();
        assert_eq!(places, [5_001, 5_002], "the records of the other log mean nothing to this one");
    }
}

#[test]
fn a_log_that_was_rolled_back_and_goes_on_is_served_with_what_it_lost() {
    let (mut pair, log) = filled();
    pair.disconnect();
    // The last five entries are lost, two others take the places of the first two of those.
    pair.log.entries.truncate(5);
    pair.log.id = LogId::from_random([9; 16]);
    pair.append_untold(20);
    pair.connect();
    pair.append(21);
    pair.settle();
    let head = log.relayed().unwrap().head;
    assert_eq!((head, log.len()), (position(ORIGIN + 7), 10));
    let page = log.snapshot_after(position(ORIGIN), ALL).unwrap();
    assert_eq!(places(&page), (1..=7).collect::<Vec<u64>>());
    for number in [22, 23] {
        pair.append(number);
    }
    pair.settle();
    assert_eq!(log.len(), 10);
    let page = log.snapshot_after(position(ORIGIN), ALL).unwrap();
    assert_eq!(places(&page), (1..=9).collect::<Vec<u64>>());
    let ours: Vec<_> = page.records.iter().map(|record| record.key).collect();
    let theirs: Vec<_> = pair.log.entries.iter().map(|(record, _)| record.key).collect();
    assert_eq!(ours, theirs, "where both have a record, the log's own is served");
}
