//! Undos on their way to followers (S29, I6).

use std::sync::Arc;

use quash_core::position::Position;
use quash_core::revocation::record::Record;
use quash_core::time::Timestamp;
use quash_verify::feed::batch;
use quash_verify::feed::frame::{Hello, ToFollower, ToServer};
use quash_verify::feed::state_file::compact;
use quash_verify::feed::{Alarm, Call, Publication};

use super::pair::{LEASE, ORIGIN, Pair, opening, position, record, relaying, token};
use crate::support::{NOW, at, log_key};

#[test]
fn an_undo_lets_in_what_it_names_and_leaves_an_older_entry_in_force() {
    let mut pair = Pair::new();
    let once = pair.append(0);
    pair.append(1);
    pair.log.append(1, pair.now);
    pair.connect();
    let again = position(ORIGIN + 3);
    assert!(pair.refuses(0) && pair.refuses(1));
    pair.undo(once);
    pair.undo(again);
    pair.settle();
    assert!(!pair.refuses(0), "undone");
    assert!(pair.refuses(1), "an older entry names it too");
    assert_eq!(pair.acknowledged.unwrap().watermark, position(ORIGIN + 5));
    pair.restart();
    assert!(!pair.refuses(0) && pair.refuses(1), "and so it is after a restart from the local file");
}

#[test]
fn what_was_undone_comes_back_with_no_snapshot_and_no_rewritten_file() {
    let mut pair = Pair::new();
    let place = pair.append(0);
    pair.connect();
    pair.undo(place);
    pair.settle();
    // The log comes again, whole, for whoever is too far behind.
    pair.limits.furthest_behind = 0;
    pair.append(1);
    pair.settle();
    assert!(!pair.refuses(0) && pair.refuses(1));
    pair.disconnect();
    let shorter = compact(&pair.file, Timestamp::from_seconds(NOW)).unwrap();
    assert_eq!(shorter.records, 3, "the undo stays as long as what it undoes, and longer");
    pair.file = shorter.bytes;
    pair.restart();
    pair.limits.furthest_behind = 1 << 20;
    pair.connect();
    assert!(!pair.refuses(0) && pair.refuses(1));
}

#[test]
fn a_follower_that_starts_late_gets_both_and_enforces_neither() {
    let mut pair = Pair::new();
    let place = pair.append(0);
    pair.undo(place);
    pair.limits.page = 1;
    pair.connect();
    assert!(!pair.refuses(0) && pair.is_fresh());
    assert_eq!((pair.verifier.live_entries(), pair.verifier.state().undone_entries()), (0, 1));
}

#[test]
fn no_stream_ends_for_what_is_undone_when_it_comes_again() {
    // I11
    let mut pair = Pair::new();
    let place = pair.append(0);
    pair.connect();
    pair.undo(place);
    pair.settle();
    let checked = pair.verifier.check(&token(0), at(NOW)).unwrap();
    let watch = pair.verifier.watch(checked.accepted().unwrap());
    pair.limits.furthest_behind = 0;
    pair.append(1);
    pair.settle();
    assert!(pair.refuses(1));
    assert_eq!(watch.ended(), None, "a snapshot brought the entry and its undo again");
    let again = pair.append(0);
    pair.settle();
    assert_eq!(watch.ended().unwrap().position, Some(again));
}

#[test]
fn a_relay_hands_undos_on() {
    let (mut pair, log) = relaying();
    let place = pair.append(0);
    pair.connect();
    pair.undo(place);
    pair.settle();
    let mut below = Pair::new();
    below.log = pair.log.clone();
    below.relay = Some(Arc::clone(&log));
    below.connect();
    assert!(!below.refuses(0) && below.is_fresh());
}

/// What a follower of these versions is served.
pub(super) fn records_for(pair: &Pair, versions: (u32, u32)) -> Vec<Record> {
    let mut other = Pair::new();
    other.log = pair.log.clone();
    let mut publication = Publication::new(other.limits, other.now);
    let hello = other.follower.connect(other.now);
    let ToServer::Hello(hello) = ToServer::decode(&hello, None).unwrap() else { panic!("a hello") };
    let hello = Hello { min_version: versions.0, max_version: versions.1, ..hello };
    let message = ToServer::Hello(hello).encode(&log_key());
    let Ok(Some(Call::Open(_))) = publication.receive(&message, other.now) else { panic!("opens") };
    publication.opened(&opening(&other.log, None, LEASE));
    let mut records = Vec::new();
    let mut counted = None;
    loop {
        if let Some(message) = publication.next_message() {
            match ToFollower::decode(&message, Some(&log_key())).unwrap() {
                ToFollower::SnapshotChunk(chunk) => records.extend(batch::decode(chunk.batch).unwrap()),
                ToFollower::SnapshotEnd(end) => counted = Some(end.records),
                ToFollower::Entries(entries) => records.extend(batch::decode(entries.batch).unwrap()),
                _ => {}
            }
        } else if publication.wants().is_some() {
            publication.page(
                other.log.page(records.last().map_or(Position::ZERO, |last: &Record| last.position), 100),
            );
        } else {
            assert_eq!(counted, Some(records.len() as u64));
            return records;
        }
    }
}

#[test]
fn a_follower_of_version_one_is_told_of_no_undo_and_goes_on_refusing() {
    // design section 4: one version back
    let mut pair = Pair::new();
    let place = pair.append(0);
    pair.undo(place);
    let told = records_for(&pair, (1, 1));
    assert_eq!(told, [record(ORIGIN + 1, 0)]);
    let told = records_for(&pair, (1, 2));
    assert_eq!(told.iter().map(|record| record.undoes).collect::<Vec<_>>(), [None, Some(place)]);
}

#[test]
fn what_a_log_lost_is_reported_without_undos_and_without_what_is_undone() {
    for relay in [false, true] {
        let mut pair = if relay { relaying().0 } else { Pair::new() };
        pair.append(0);
        let place = pair.append(1);
        pair.append(2);
        pair.undo(place);
        pair.connect();
        pair.disconnect();
        pair.log.cut(1);
        pair.connect();
        assert!(pair.alarms.contains(&Alarm::Beyond { records: 1 }), "{:?}", pair.alarms);
        assert_eq!(pair.held, [record(ORIGIN + 3, 2)], "nobody but the log takes an entry back");
        assert!(pair.refuses(0) && !pair.refuses(1) && pair.refuses(2));
    }
}

#[test]
fn nobody_takes_an_entry_back_by_saying_that_the_log_lost_the_undo() {
    let mut pair = Pair::new();
    let place = pair.append(0);
    pair.connect();
    let undo = Record { undoes: Some(place), ..record(ORIGIN + 2, 0) };
    let batch = batch::encode(&[undo, record(ORIGIN + 3, 5)]);
    let held = ToServer::Held(quash_verify::feed::frame::Held { batch: &batch });
    pair.to_server.push_back(held.encode(&log_key()));
    pair.settle();
    assert_eq!(pair.held, [record(ORIGIN + 3, 5)]);
}
