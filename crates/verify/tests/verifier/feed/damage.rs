//! A wire that loses, doubles, swaps, cuts and damages messages, and ends at every boundary between two (row 40, I1).

use quash_core::position::{Checksum, LogId, Position};
use quash_core::time::{Timestamp, Uptime};
use quash_verify::feed::batch;
use quash_verify::feed::frame::{
    Entries, FrameError, Heartbeat, SnapshotBegin, SnapshotChunk, SnapshotEnd, Start, ToFollower, Welcome,
};
use quash_verify::feed::{Broken, Fault, Limits};

use super::pair::{Fate, HORIZON, LEASE, ORIGIN, Pair, milliseconds, position, record};
use crate::support::log_key;

/// A life with a snapshot, a tail, a lost connection and a log that lost entries, with one message's `fate`.
/// Returns how many messages there were.
fn live(fate: Option<(usize, Fate)>) -> usize {
    let mut pair = Pair::new();
    pair.fate = fate;
    pair.limits = Limits { page: 2, ..Limits::default() };
    for number in 0..5 {
        pair.append(number);
    }
    pair.connect();
    let mut most = 0;
    for number in 5..12 {
        pair.append(number);
        pair.settle();
        pair.pass(milliseconds(100));
        let held = pair.verifier.live_entries();
        assert!(held >= most, "something is held no more");
        most = held;
        if number == 8 {
            pair.disconnect();
        }
        if number == 10 {
            pair.disconnect();
            pair.log.cut(9);
            pair.acknowledged = None;
        }
        if pair.publication.is_none() {
            pair.connect();
        }
    }
    // Longer than half a lease: what was spoken of and never came is asked for again.
    pair.pass(milliseconds(5_500));
    for _ in 0..4 {
        if pair.publication.is_none() {
            pair.connect();
        }
        pair.pass(milliseconds(300));
    }
    assert!(pair.is_fresh(), "{fate:?}: {:?}", pair.broken);
    for (record, _) in pair.log.entries.clone() {
        assert!(pair.follower.position() >= Some(record.position));
    }
    pair.check();
    let delivered = pair.delivered;
    pair.restart();
    pair.check();
    delivered
}

fn at_every_message(fate: impl Fn(usize) -> Fate) {
    let messages = live(None);
    assert!(messages > 20, "{messages} messages");
    for at in 0..messages {
        live(Some((at, fate(at))));
    }
}

#[test]
fn a_connection_may_end_at_every_boundary_between_two_messages() {
    at_every_message(|_| Fate::Disconnected);
}

#[test]
fn every_message_may_be_lost() {
    at_every_message(|_| Fate::Lost);
}

#[test]
fn every_message_may_come_twice() {
    at_every_message(|_| Fate::Doubled);
}

#[test]
fn every_message_may_come_after_the_next() {
    at_every_message(|_| Fate::Swapped);
}

#[test]
fn every_message_may_be_cut_off() {
    at_every_message(|at| Fate::Cut(at * 7 + 3));
}

#[test]
fn every_message_may_have_a_wrong_bit() {
    at_every_message(|at| Fate::Flipped(at * 37 + 5));
    at_every_message(|at| Fate::Flipped(at * 101 + 77));
}

#[test]
fn no_message_with_a_wrong_bit_is_taken() {
    // attack row 40
    let message =
        entries(ORIGIN, &[record(ORIGIN + 1, 1), record(ORIGIN + 2, 2)], ORIGIN + 2).encode(&log_key());
    for bit in 0..message.len() * 8 {
        let mut damaged = message.clone();
        damaged[bit / 8] ^= 1 << (bit % 8);
        assert!(ToFollower::decode(&damaged, Some(&log_key())).is_err(), "bit {bit}");
    }
}

fn entries(from: u64, records: &[quash_core::revocation::record::Record], through: u64) -> Owned {
    Owned { from, through, batch: batch::encode(records) }
}

struct Owned {
    from: u64,
    through: u64,
    batch: Vec<u8>,
}

impl Owned {
    fn encode(&self, key: &quash_core::revocation::target_key::LogKey) -> Vec<u8> {
        let (from, through) = (position(self.from), position(self.through));
        let (checksum, batch, forgotten) = (Checksum([1; 16]), &self.batch[..], Timestamp::EPOCH);
        ToFollower::Entries(Entries { from, through, checksum, batch, forgotten }).encode(key)
    }
}

/// A follower that is past its snapshot, at [`ORIGIN`], and a server in the hands of somebody else.
struct Crafted(Pair);

impl Crafted {
    fn new() -> Self {
        let mut pair = Pair::new();
        pair.connect();
        Self(pair)
    }

    /// What the follower says to a message that is sealed as it should be.
    fn say(&mut self, message: &ToFollower<'_>) -> Result<(), Broken> {
        self.say_bytes(&message.encode(&log_key()))
    }

    fn say_bytes(&mut self, message: &[u8]) -> Result<(), Broken> {
        let (now, wall) = (self.0.now, self.0.wall());
        self.0.follower.receive(message, now, wall)
    }

    /// Asserts that the connection is over and that the next one asks for a snapshot.
    fn breaks(mut self, message: &ToFollower<'_>, fault: &Fault) {
        let held = self.0.verifier.live_entries();
        assert_eq!(&self.say(message).unwrap_err().fault, fault);
        assert_eq!(self.0.verifier.live_entries(), held);
        assert!(self.say(message).is_err(), "nothing is taken without a connection");
        self.0.connect();
        assert_eq!(self.0.hellos.last().unwrap().resume, None);
        assert!(self.0.is_fresh(), "and that one works");
        self.0.disconnect();
        self.0.connect();
        assert!(self.0.hellos.last().unwrap().resume.is_some(), "and can be gone on from");
    }
}

fn back(what: &'static str, before: u64, after: u64) -> Fault {
    Fault::Back { what, before: position(before), after: position(after) }
}

#[test]
fn entries_that_do_not_start_where_the_follower_stands_are_a_gap() {
    for from in [ORIGIN - 1, ORIGIN + 1] {
        let message = entries(from, &[record(ORIGIN + 2, 1)], ORIGIN + 2);
        let bytes = message.encode(&log_key());
        let fault = Fault::Gap { position: position(ORIGIN), from: position(from) };
        Crafted::new().breaks(&super::pair::read_message(&bytes), &fault);
    }
}

#[test]
fn entries_that_lead_nowhere_or_whose_records_lie_outside_are_refused() {
    let cases = [
        (entries(ORIGIN, &[], ORIGIN), back("the log", ORIGIN, ORIGIN)),
        (entries(ORIGIN, &[], ORIGIN - 1), back("the log", ORIGIN, ORIGIN - 1)),
        (entries(ORIGIN, &[record(ORIGIN, 1)], ORIGIN + 1), back("a record", ORIGIN, ORIGIN)),
        (entries(ORIGIN, &[record(ORIGIN + 2, 1)], ORIGIN + 1), back("a record", ORIGIN + 2, ORIGIN + 1)),
    ];
    for (message, fault) in cases {
        let bytes = message.encode(&log_key());
        Crafted::new().breaks(&super::pair::read_message(&bytes), &fault);
    }
}

#[test]
fn a_head_that_goes_back_and_an_answer_that_nobody_waits_for_are_refused() {
    let beat = |head, echo| Heartbeat { head: position(head), age: milliseconds(0), echo };
    Crafted::new()
        .breaks(&ToFollower::Heartbeat(beat(ORIGIN - 1, None)), &back("the head", ORIGIN, ORIGIN - 1));
    for echo in [0, 1, 2, 77] {
        Crafted::new().breaks(&ToFollower::Heartbeat(beat(ORIGIN, Some(echo))), &Fault::Echo(echo));
    }
}

#[test]
fn a_heartbeat_without_an_echo_makes_nothing_fresh() {
    let mut crafted = Crafted::new();
    let as_of = crafted.0.gauge.fresh_as_of();
    let beat = Heartbeat { head: position(ORIGIN), age: milliseconds(0), echo: None };
    crafted.0.now = crafted.0.now.plus(milliseconds(200));
    crafted.say(&ToFollower::Heartbeat(beat)).unwrap();
    assert_eq!(crafted.0.gauge.fresh_as_of(), as_of);
}

/// Begins a snapshot through `ORIGIN + 3`.
fn begun() -> Crafted {
    let mut crafted = Crafted::new();
    let begin = SnapshotBegin { through: position(ORIGIN + 3), checksum: Checksum([2; 16]) };
    crafted.say(&ToFollower::SnapshotBegin(begin)).unwrap();
    crafted
}

#[test]
fn a_snapshot_whose_sums_or_number_are_wrong_is_never_complete() {
    // attack row 40: a crafted snapshot
    let batch = batch::encode(&[record(ORIGIN + 1, 1)]);
    let chunk = SnapshotChunk { batch: &batch, sum: [3; 16] };
    begun().breaks(&ToFollower::SnapshotChunk(chunk), &Fault::SnapshotSum);
    let end = SnapshotEnd { sum: [0; 16], records: 1, forgotten: Timestamp::EPOCH };
    begun().breaks(&ToFollower::SnapshotEnd(end), &Fault::SnapshotSum);
    let end = SnapshotEnd { sum: [1; 16], records: 0, forgotten: Timestamp::EPOCH };
    begun().breaks(&ToFollower::SnapshotEnd(end), &Fault::SnapshotSum);
}

#[test]
fn entries_within_a_snapshot_and_snapshots_within_snapshots_have_no_place() {
    let message = entries(ORIGIN, &[record(ORIGIN + 1, 1)], ORIGIN + 1).encode(&log_key());
    let fault = Fault::OutOfPlace("entries before a state that they follow");
    begun().breaks(&super::pair::read_message(&message), &fault);
    let begin = SnapshotBegin { through: position(ORIGIN + 3), checksum: Checksum([2; 16]) };
    begun().breaks(&ToFollower::SnapshotBegin(begin), &Fault::OutOfPlace("a snapshot"));
    let batch = batch::encode(&[record(ORIGIN + 1, 1)]);
    let chunk = ToFollower::SnapshotChunk(SnapshotChunk { batch: &batch, sum: [3; 16] });
    Crafted::new().breaks(&chunk, &Fault::OutOfPlace("a chunk outside a snapshot"));
}

fn welcome() -> Welcome {
    Welcome {
        version: 1,
        log: LogId::from_random([1; 16]),
        key: log_key(),
        origin: position(ORIGIN),
        head: position(ORIGIN),
        checksum: Checksum([1; 16]),
        lease: LEASE,
        heartbeat: milliseconds(250),
        start: Start::Tail,
        horizon: HORIZON,
    }
}

#[test]
fn a_welcome_that_makes_no_sense_is_refused() {
    let senseless = [
        Welcome { lease: milliseconds(0), ..welcome() },
        Welcome { heartbeat: milliseconds(0), ..welcome() },
        Welcome { horizon: milliseconds(0), ..welcome() },
        Welcome { head: position(ORIGIN - 1), ..welcome() },
        // To go on with another log would be to guess (row 40: a foreign feed).
        Welcome { log: LogId::from_random([7; 16]), ..welcome() },
        Welcome { key: quash_core::revocation::target_key::LogKey::from_random([7; 16]), ..welcome() },
        Welcome { version: 3, ..welcome() },
        Welcome { version: 0, ..welcome() },
    ];
    for welcome in senseless {
        let mut crafted = Crafted::new();
        crafted.0.disconnect();
        crafted.0.follower.connect(crafted.0.now);
        assert!(crafted.say(&ToFollower::Welcome(welcome)).is_err(), "{welcome:?}");
    }
    let mut crafted = Crafted::new();
    crafted.0.disconnect();
    crafted.0.follower.connect(crafted.0.now);
    crafted.say(&ToFollower::Welcome(welcome())).unwrap();
    let fault = Fault::OutOfPlace("a second welcome");
    assert_eq!(crafted.say(&ToFollower::Welcome(welcome())).unwrap_err().fault, fault);
}

#[test]
fn a_message_that_is_sealed_with_another_key_is_refused() {
    // attack row 40: a record of somebody who does not know the log's key
    let mut crafted = Crafted::new();
    let other = quash_core::revocation::target_key::LogKey::from_random([7; 16]);
    let message = entries(ORIGIN, &[record(ORIGIN + 1, 1)], ORIGIN + 1).encode(&other);
    let broken = crafted.say_bytes(&message).unwrap_err();
    assert_eq!(broken.fault, Fault::Frame(FrameError::WrongSum));
    assert!(!crafted.0.refuses(1));
}

#[test]
fn nothing_but_a_welcome_is_taken_first() {
    let mut pair = Pair::new();
    pair.follower.connect(Uptime::ZERO);
    let message = entries(ORIGIN, &[], ORIGIN + 1).encode(&log_key());
    let broken = pair.follower.receive(&message, Uptime::ZERO, pair.wall()).unwrap_err();
    assert_eq!(broken.fault, Fault::Frame(FrameError::Early));
    assert_eq!(pair.follower.position(), None::<Position>);
}
