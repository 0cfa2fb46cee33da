//! What a follower makes of a server that behaves: completeness, freshness, acknowledgement, restarts, lost logs.

use std::time::Duration;

use quash_core::position::LogId;
use quash_core::revocation::freshness::{Freshness, StalePolicy};
use quash_verify::feed::frame::ByeCode;
use quash_verify::feed::{Alarm, Fault, Limits};

use super::pair::{HORIZON, LEASE, ORIGIN, Pair, milliseconds, position, record, relaying, token};

#[test]
fn a_follower_is_complete_and_fresh_after_the_snapshot_and_refuses_what_comes_after() {
    let mut pair = Pair::new();
    for number in 0..5 {
        pair.append(number);
    }
    assert_eq!(pair.freshness(), Freshness::Incomplete);
    pair.connect();
    assert!(pair.is_fresh());
    assert!((0..5).all(|number| pair.refuses(number)));
    assert!(!pair.refuses(5));
    let place = pair.append(5);
    pair.settle();
    assert!(pair.refuses(5));
    assert_eq!(pair.acknowledged.unwrap().watermark, place);
    assert!(pair.broken.is_empty() && pair.alarms.is_empty());
}

#[test]
fn the_state_is_stale_exactly_a_lease_after_the_last_answered_ping_was_made() {
    // design section 3, I2
    let mut pair = Pair::new();
    pair.connect();
    pair.pass(milliseconds(1_000));
    let as_of = pair.gauge.fresh_as_of().unwrap();
    pair.answering = false;
    pair.pass(milliseconds(500));
    assert_eq!(pair.gauge.fresh_as_of(), Some(as_of), "heartbeats without an echo renew nothing");
    let at = |late: i64| {
        let end = as_of.plus(LEASE);
        let now = if late < 0 { end.minus(Duration::from_nanos(1)) } else { end };
        pair.gauge.freshness_at(now, Duration::MAX, StalePolicy::Deny)
    };
    assert_eq!(at(-1), Freshness::Fresh);
    assert_eq!(at(0), Freshness::Stale { age: LEASE, policy: StalePolicy::Deny });
}

#[test]
fn an_answer_counts_only_when_its_head_is_reached_and_from_when_the_ping_was_made() {
    let mut pair = Pair::new();
    pair.connect();
    let before = pair.gauge.fresh_as_of().unwrap();
    // Entries are durable, but the server brings none of them yet; pings are answered.
    pair.append_untold(0);
    pair.now = pair.now.plus(milliseconds(300));
    pair.follower.tick(pair.now).unwrap();
    let asked_at = pair.now;
    pair.now = pair.now.plus(milliseconds(40));
    // The answer overtakes the entries.
    while pair.to_server.is_empty() {
        assert!(pair.step());
    }
    let ping = pair.to_server.pop_front().unwrap();
    let publication = pair.publication.as_mut().unwrap();
    let Ok(Some(quash_verify::feed::Call::Ping { number, .. })) = publication.receive(&ping, pair.now) else {
        panic!("a ping");
    };
    publication.pong(number, pair.log.head().0, Duration::ZERO);
    let answer = publication.next_message().unwrap();
    pair.follower.receive(&answer, pair.now, pair.wall()).unwrap();
    assert_eq!(pair.gauge.fresh_as_of(), Some(before), "the entry is not here yet");
    pair.settle();
    assert!(pair.refuses(0));
    assert_eq!(pair.gauge.fresh_as_of(), Some(asked_at));
}

#[test]
fn an_answer_is_as_old_as_the_answerer_says() {
    // design section 3: a relay's own age is subtracted, rounded up to a millisecond.
    let mut pair = Pair::new();
    pair.connect();
    pair.answering = false;
    pair.now = pair.now.plus(milliseconds(300));
    pair.tick();
    let head = pair.log.head().0;
    pair.publication.as_mut().unwrap().pong(2, head, Duration::from_micros(120_001));
    let asked_at = pair.now;
    pair.settle();
    assert_eq!(pair.gauge.fresh_as_of(), Some(asked_at.minus(milliseconds(121))));
}

#[test]
fn nothing_is_acknowledged_before_the_local_file_has_it() {
    // I3
    let mut pair = Pair::new();
    pair.append(0);
    pair.flushing = false;
    pair.connect();
    assert!(pair.refuses(0), "it is enforced at once");
    assert_eq!(pair.acknowledged, None);
    let mut pair = Pair::new();
    pair.append(0);
    pair.connect();
    assert_eq!(pair.acknowledged.unwrap().watermark, position(ORIGIN + 1));
}

#[test]
fn what_is_stored_late_is_not_acknowledged_to_a_log_that_lost_it() {
    let mut pair = Pair::new();
    pair.append(0);
    pair.connect();
    pair.flushing = false;
    pair.append(1);
    pair.append(2);
    pair.settle();
    pair.disconnect();
    pair.log.cut(1);
    pair.acknowledged = None;
    pair.connect();
    // The disk takes what was of the lost history, and then what was not.
    let mut acknowledged = Vec::new();
    for (piece, ticket) in std::mem::take(&mut pair.unflushed) {
        pair.flush(piece, ticket);
        pair.settle();
        acknowledged.push(pair.acknowledged.map(|ack| ack.watermark));
    }
    assert_eq!(acknowledged.first(), Some(&None));
    assert_eq!(acknowledged.last(), Some(&Some(position(ORIGIN + 1))));
    assert!(acknowledged.iter().flatten().all(|watermark| *watermark == position(ORIGIN + 1)));
}

#[test]
fn a_local_file_with_a_hole_counts_up_to_the_hole() {
    let mut pair = Pair::new();
    pair.append(0);
    pair.connect();
    let first = pair.file.len();
    pair.append(1);
    pair.settle();
    let second = pair.file.len();
    pair.append(2);
    pair.settle();
    pair.file.drain(first..second);
    let mut later = Pair::new();
    let loaded = later.follower.load(&pair.file).unwrap();
    assert_eq!((loaded.whole, loaded.torn), (first, true));
    assert_eq!(loaded.position, Some(position(ORIGIN + 1)));
}

#[test]
fn a_restart_enforces_all_that_was_acknowledged_and_is_stale_until_it_heard_an_answer() {
    let mut pair = Pair::new();
    pair.append(0);
    pair.connect();
    pair.append(1);
    pair.settle();
    let known = pair.acknowledged.unwrap().watermark;
    pair.restart();
    assert_eq!(pair.follower.position(), Some(known));
    assert!(pair.refuses(0) && pair.refuses(1));
    assert_eq!(pair.freshness(), Freshness::Stale { age: Duration::MAX, policy: StalePolicy::Deny });
    pair.append(2);
    pair.connect();
    assert!(pair.is_fresh() && pair.refuses(2));
    let resume = pair.hellos.last().unwrap().resume.unwrap();
    assert_eq!((resume.log, resume.position), (pair.log.id, known));
    assert!(pair.alarms.is_empty());
}

#[test]
fn a_local_file_that_is_cut_off_anywhere_holds_all_that_was_whole_before_the_cut() {
    // I3, I6: a torn write at power loss
    let mut pair = Pair::new();
    for number in 0..3 {
        pair.append(number);
    }
    pair.connect();
    let mut ends = vec![(pair.file.len(), 3)];
    for number in 3..6 {
        pair.append(number);
        pair.settle();
        ends.push((pair.file.len(), number + 1));
    }
    let whole = pair.file.clone();
    for cut in 0..whole.len() {
        let mut again = Pair::new();
        let held = ends.iter().filter(|(end, _)| *end <= cut).map(|(_, held)| *held).next_back();
        match again.follower.load(&whole[..cut]) {
            Err(error) => assert!(cut < 18, "{cut}: {error}"),
            Ok(loaded) => {
                assert!(loaded.whole <= cut);
                assert_eq!(loaded.torn, loaded.whole < cut);
                assert_eq!(loaded.position, held.map(|held| position(ORIGIN + held)), "cut at {cut}");
                assert_eq!(again.gauge.is_complete(), held.is_some());
                assert!((0..held.unwrap_or(0)).all(|number| again.refuses(number)));
            }
        }
    }
}

#[test]
fn after_a_torn_write_the_follower_goes_on_from_what_is_whole() {
    let mut pair = Pair::new();
    pair.append(0);
    pair.connect();
    pair.append(1);
    pair.settle();
    // The last write was torn: nothing of it had been acknowledged.
    pair.file.truncate(pair.file.len() - 3);
    pair.acknowledged = None;
    pair.restart();
    assert_eq!(pair.follower.position(), Some(position(ORIGIN + 1)));
    pair.connect();
    assert!(pair.is_fresh() && pair.refuses(1));
    // What was appended after the cut is read again.
    pair.restart();
    assert_eq!(pair.follower.position(), Some(position(ORIGIN + 2)));
    assert!(pair.refuses(0) && pair.refuses(1));
}

#[test]
fn a_snapshot_that_is_given_up_leaves_a_file_that_reads() {
    let mut pair = Pair::new();
    pair.append(0);
    pair.connect();
    // The log no longer knows the checksum there: a snapshot follows, and stops after its begin.
    pair.log.entries[0].1.0[0] ^= 1;
    pair.append_untold(1);
    // The welcome, an answer to the first ping, the begin.
    pair.fate = Some((pair.delivered + 3, super::pair::Fate::Disconnected));
    pair.disconnect();
    let before = pair.file.len();
    pair.connect();
    assert!(pair.publication.is_none() && pair.file.len() > before, "disconnected within the snapshot");
    pair.restart();
    assert_eq!(pair.follower.position(), Some(position(ORIGIN + 1)));
    assert!(pair.refuses(0));
    pair.log.entries[0].1.0[0] ^= 1;
    pair.fate = None;
    pair.connect();
    pair.append(2);
    pair.settle();
    pair.restart();
    assert_eq!(pair.follower.position(), Some(position(ORIGIN + 3)));
    assert!([0, 1, 2].iter().all(|number| pair.refuses(*number)));
}

#[test]
fn a_log_that_came_back_shorter_takes_nothing_away_and_is_told_what_it_lost() {
    // design section 2: a rolled-back store
    let mut pair = Pair::new();
    for number in 0..4 {
        pair.append(number);
    }
    pair.connect();
    pair.disconnect();
    pair.log.cut(2);
    pair.acknowledged = None;
    pair.connect();
    assert!(
        pair.alarms.contains(&Alarm::RolledBack { ours: position(ORIGIN + 4), theirs: position(ORIGIN + 2) })
    );
    assert!(pair.alarms.contains(&Alarm::Beyond { records: 2 }));
    assert_eq!(pair.mismatches, 1);
    assert_eq!(pair.held, [record(ORIGIN + 3, 2), record(ORIGIN + 4, 3)]);
    assert!((0..4).all(|number| pair.refuses(number)));
    assert_eq!(pair.follower.position(), Some(position(ORIGIN + 2)));
    assert_eq!(pair.acknowledged.unwrap().watermark, position(ORIGIN + 2), "nothing of the lost history");
    // Entries at positions that were given before are enforced as well.
    pair.append(10);
    pair.settle();
    assert!(pair.refuses(10) && pair.is_fresh());
    // And a restart forgets none of the two histories.
    pair.restart();
    assert!([0, 1, 2, 3, 10].iter().all(|number| pair.refuses(*number)));
}

#[test]
fn a_log_that_came_back_different_is_a_mismatch_though_it_is_as_long() {
    let mut pair = Pair::new();
    for number in 0..3 {
        pair.append(number);
    }
    pair.connect();
    pair.disconnect();
    pair.log.cut(2);
    pair.append(7);
    pair.connect();
    assert!(pair.alarms.contains(&Alarm::Diverged { position: position(ORIGIN + 3) }));
    assert_eq!((pair.mismatches, pair.held.clone()), (1, vec![record(ORIGIN + 3, 2)]));
    assert!([0, 1, 2, 7].iter().all(|number| pair.refuses(*number)));
}

#[test]
fn a_restored_log_with_the_same_key_is_merged_into_what_is_held() {
    let mut pair = Pair::new();
    for number in 0..3 {
        pair.append(number);
    }
    pair.connect();
    pair.disconnect();
    let before = pair.log.id;
    pair.log.id = LogId::from_random([2; 16]);
    pair.log.cut(1);
    pair.append(9);
    pair.connect();
    assert!(pair.alarms.contains(&Alarm::Restored { before, after: pair.log.id }));
    assert!([0, 1, 2, 9].iter().all(|number| pair.refuses(*number)));
    assert_eq!(pair.held.len(), 2);
    assert!(pair.is_fresh());
}

#[test]
fn a_relay_reports_what_the_log_lost_from_its_own_records() {
    let (mut pair, log) = relaying();
    for number in 0..3 {
        pair.append(number);
    }
    pair.connect();
    let before = log.relayed().unwrap();
    pair.disconnect();
    pair.log.cut(1);
    pair.connect();
    assert_eq!(pair.held, [record(ORIGIN + 2, 1), record(ORIGIN + 3, 2)]);
    let after = log.relayed().unwrap();
    assert!(after.generation > before.generation, "its followers come back for a snapshot");
    assert_eq!(after.head, position(ORIGIN + 1));
}

#[test]
fn a_relay_acknowledges_no_more_than_the_lowest_of_its_followers() {
    let (mut pair, _) = relaying();
    pair.append(0);
    pair.connect();
    assert_eq!(pair.acknowledged.unwrap().watermark, position(ORIGIN + 1));
    pair.follower.subtree(Some((position(ORIGIN + 1), 0)));
    let place = pair.append(1);
    pair.settle();
    assert_eq!(pair.acknowledged.unwrap().watermark, position(ORIGIN + 1));
    pair.follower.subtree(Some((place, 0)));
    pair.settle();
    assert_eq!(pair.acknowledged.unwrap().watermark, place);
    // Somebody who came anew is no reason to go back.
    pair.follower.subtree(Some((position(ORIGIN), 0)));
    pair.settle();
    assert_eq!(pair.acknowledged.unwrap().watermark, place);
    pair.append(2);
    pair.follower.subtree(None);
    pair.settle();
    assert_eq!(pair.acknowledged.unwrap().watermark, position(ORIGIN + 3));
}

#[test]
fn a_server_that_falls_silent_is_given_up_after_a_second() {
    let mut pair = Pair::new();
    pair.connect();
    pair.publication = None;
    let since = pair.now;
    pair.now = since.plus(Duration::from_nanos(999_999_999));
    assert_eq!(pair.follower.tick(pair.now), Ok(()));
    pair.now = since.plus(Duration::from_secs(1));
    let broken = pair.follower.tick(pair.now).unwrap_err();
    assert_eq!(broken.fault, Fault::Silence(Duration::from_secs(1)));
    // It goes on from where it was.
    pair.connect();
    assert!(pair.hellos.last().unwrap().resume.is_some() && pair.is_fresh());
}

#[test]
fn entries_that_are_spoken_of_and_never_come_end_the_connection_after_half_a_lease() {
    // A server that lost its place must not leave its follower to get stale.
    let mut pair = Pair::new();
    pair.connect();
    pair.append_untold(0);
    let publication = pair.publication.as_mut().unwrap();
    publication.head(position(ORIGIN + 1));
    publication.wants().unwrap();
    let since = pair.now;
    pair.pass(milliseconds(5_300));
    assert_eq!(pair.broken.len(), 1);
    let Fault::Stuck { position: at, head, lasted } = &pair.broken[0].fault else {
        panic!("{:?}", pair.broken)
    };
    assert_eq!((*at, *head), (position(ORIGIN), position(ORIGIN + 1)));
    assert!(*lasted >= LEASE / 2 && pair.now.since(since) < LEASE);
    pair.connect();
    assert!(pair.hellos.last().unwrap().resume.is_some() && pair.refuses(0));
}

#[test]
fn a_good_bye_says_how_long_to_stay_away() {
    let mut pair = Pair::new();
    pair.connect();
    pair.publication.as_mut().unwrap().refuse(ByeCode::Busy, Duration::from_secs(3), "too many followers");
    pair.settle();
    let broken = pair.broken.pop().unwrap();
    assert_eq!(broken.retry_after, Duration::from_secs(3));
    assert_eq!(broken.fault, Fault::Bye { code: ByeCode::Busy, text: "too many followers".into() });
}

#[test]
fn a_follower_that_is_too_far_behind_is_dropped_to_a_snapshot_on_the_same_connection() {
    let mut pair = Pair::new();
    pair.limits = Limits { furthest_behind: 5, page: 2, ..Limits::default() };
    pair.connect();
    for number in 0..5 {
        pair.append_untold(number);
    }
    pair.tell_head();
    pair.settle();
    assert!(pair.refuses(4), "five behind is the furthest");
    for number in 5..11 {
        pair.append_untold(number);
    }
    pair.tell_head();
    pair.settle();
    assert!((0..11).all(|number| pair.refuses(number)) && pair.is_fresh());
    assert_eq!(pair.hellos.len(), 1);
    assert_eq!(pair.acknowledged.unwrap().watermark, position(ORIGIN + 11));
}

#[test]
fn a_gap_of_a_horizon_ends_every_watch_and_a_shorter_one_ends_none() {
    // I11: an entry may have come and been over unseen
    let just_less = HORIZON.saturating_sub(Duration::from_nanos(1));
    for (gap, ends) in [(just_less, false), (HORIZON, true)] {
        let mut pair = Pair::new();
        pair.connect();
        let checked = pair.verifier.check(&token(0), crate::support::at(crate::support::NOW)).unwrap();
        let watch = pair.verifier.watch(checked.accepted().unwrap());
        pair.disconnect();
        pair.now = pair.gauge.fresh_as_of().unwrap().plus(gap);
        pair.append_untold(1);
        pair.now = pair.gauge.fresh_as_of().unwrap().plus(gap);
        pair.connect();
        assert!(pair.is_fresh() && pair.refuses(1));
        assert_eq!(watch.ended().is_some(), ends, "{gap:?}");
    }
}

#[test]
fn a_session_that_ends_by_the_feed_ends_its_watch() {
    let mut pair = Pair::new();
    pair.connect();
    let checked = pair.verifier.check(&token(0), crate::support::at(crate::support::NOW)).unwrap();
    let watch = pair.verifier.watch(checked.accepted().unwrap());
    pair.append(1);
    pair.settle();
    assert_eq!(watch.ended(), None);
    let place = pair.append(0);
    pair.settle();
    assert_eq!(watch.ended().and_then(|end| end.position), Some(place));
}
