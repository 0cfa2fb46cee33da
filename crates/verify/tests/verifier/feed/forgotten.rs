//! What a server forgot is lost to whoever begins there, so nothing is judged as of before: no clock that is wrong, at
//! a server or at a follower, revives a token whose entry is gone (I6, I10).

use std::sync::Arc;
use std::time::Duration;

use quash_core::time::Timestamp;
use quash_verify::feed::state_file::compact;
use quash_verify::feed::{Follower, RecordLog};

use super::pair::{ORIGIN, Pair, follower_config, position, relaying, token};
use crate::support::{NOW, at};

/// The entries of [`NOW`] are over.
fn over() -> Timestamp {
    Timestamp::from_seconds(NOW + 665)
}

/// What becomes of the token of session `number` by a clock that stands at [`NOW`].
fn refusal(pair: &Pair, number: u64) -> String {
    let verdict = pair.verifier.check(&token(number), at(NOW)).unwrap();
    verdict.rejection().map_or("accepted", |rejection| rejection.reason()).to_owned()
}

#[test]
fn a_child_of_a_relay_whose_clock_is_ahead_accepts_no_token_whose_record_the_relay_forgot() {
    let (mut relay, log) = relaying();
    for number in 0..3 {
        relay.append(number);
    }
    relay.connect();
    // The relay's clock is 945 s ahead of everybody's.
    assert_eq!(log.purge(relay.wall().plus(Duration::from_secs(945))), 3);
    let mut child = Pair::new();
    (child.log, child.now, child.relay) = (relay.log.clone(), relay.now, Some(log));
    child.connect();
    assert!(child.is_fresh() && child.verifier.live_entries() == 0);
    for number in 0..3 {
        assert_eq!(refusal(&child, number), "expired", "ses_{number} was ended");
    }
}

#[test]
fn a_cold_follower_whose_clock_is_behind_judges_at_the_last_purge_of_the_authority() {
    let mut pair = Pair::new();
    pair.append(0);
    pair.log.purged_at = over();
    pair.connect();
    assert!(pair.is_fresh() && pair.verifier.live_entries() == 0);
    assert_eq!((refusal(&pair, 0), pair.verifier.ratchet()), ("expired".into(), over()));
}

#[test]
fn entries_that_lack_what_was_over_say_so_as_well() {
    let mut pair = Pair::new();
    pair.connect();
    assert_eq!(
        (refusal(&pair, 0), pair.verifier.ratchet()),
        ("accepted".into(), Timestamp::EPOCH),
        "nothing is said"
    );
    pair.append_untold(0);
    pair.log.purged_at = over();
    pair.tell_head();
    pair.settle();
    assert!(pair.is_fresh() && pair.verifier.live_entries() == 0);
    assert_eq!((refusal(&pair, 0), pair.verifier.ratchet()), ("expired".into(), over()));
    // An earlier instant changes nothing.
    pair.log.purged_at = Timestamp::from_seconds(NOW);
    pair.append(1);
    pair.settle();
    assert_eq!(pair.verifier.ratchet(), over());
}

#[test]
fn the_local_file_keeps_it() {
    for appended in [0, 1] {
        let mut pair = Pair::new();
        pair.append(0);
        pair.log.purged_at = over();
        pair.connect();
        for number in 1..=appended {
            pair.append(number);
            pair.settle();
        }
        let compacted = compact(&pair.file, Timestamp::from_seconds(NOW)).unwrap().bytes;
        for file in [pair.file.clone(), compacted] {
            pair.file = file;
            pair.restart();
            assert_eq!(pair.follower.position(), Some(position(ORIGIN + 1 + appended)));
            assert_eq!((refusal(&pair, 0), pair.verifier.ratchet()), ("expired".into(), over()));
        }
    }
}

#[test]
fn it_is_put_into_the_file_once() {
    let mut pair = Pair::new();
    pair.log.purged_at = over();
    pair.connect();
    let grows_by = |pair: &mut Pair, number| {
        let before = pair.file.len();
        pair.append(number);
        pair.settle();
        pair.file.len() - before
    };
    let (first, second) = (grows_by(&mut pair, 0), grows_by(&mut pair, 1));
    pair.log.purged_at = over().plus(Duration::from_secs(1));
    let third = grows_by(&mut pair, 2);
    assert!(first == second && third > second, "{first}, {second}, {third} bytes");
}

#[test]
fn a_relay_passes_it_on_after_a_restart_as_well() {
    let (mut pair, log) = relaying();
    pair.append(0);
    pair.log.purged_at = over();
    pair.connect();
    let again = Arc::new(RecordLog::new());
    let mut later = Pair::with(follower_config(), |follower: Follower| follower.relaying(Arc::clone(&again)));
    later.follower.load(&pair.file).unwrap();
    for log in [log, again] {
        let page = log.snapshot_after(position(ORIGIN), 10).unwrap();
        assert_eq!((page.records.len(), page.forgotten), (0, over()));
        // The later of both counts.
        log.purge(Timestamp::from_seconds(NOW));
        assert_eq!(log.feed_after(position(ORIGIN + 1), 10).unwrap().forgotten, over());
        log.purge(over().plus(Duration::from_secs(1)));
        let page = log.snapshot_after(position(ORIGIN), 10).unwrap();
        assert_eq!(page.forgotten, over().plus(Duration::from_secs(1)));
    }
}

#[test]
fn an_instant_of_the_far_future_refuses_every_token() {
    // A server that breaks so refuses too much, and never too little.
    let mut pair = Pair::new();
    pair.log.purged_at = Timestamp::FOREVER;
    pair.append(0);
    pair.connect();
    assert_eq!((refusal(&pair, 0), refusal(&pair, 1)), ("expired".into(), "expired".into()));
}
