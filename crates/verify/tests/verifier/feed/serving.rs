//! What a publication makes of its follower, and what it promises to others about it.

use std::time::Duration;

use quash_core::lease::Instance;
use quash_core::position::{Checksum, LogId, Position};
use quash_core::time::{Timestamp, Uptime};
use quash_verify::feed::frame::{
    Ack, Bye, ByeCode, Heartbeat, Hello, Ping, Resume, Start, ToFollower, ToServer, Trust, Welcome,
};
use quash_verify::feed::{Call, Fault, Limits, Opening, Page, Publication, Read};

use super::pair::{HORIZON, ORIGIN, milliseconds, position, record};
use crate::support::log_key;

fn at(milliseconds: u64) -> Uptime {
    Uptime::ZERO.plus(Duration::from_millis(milliseconds))
}

fn hello() -> Hello {
    Hello {
        min_version: 1,
        max_version: 1,
        instance: Instance::from_random([9; 16]),
        name: "edge-1".into(),
        max_staleness: milliseconds(10_000),
        relay: false,
        unfenced: false,
        resume: None,
    }
}

fn opening() -> Opening {
    Opening {
        log: LogId::from_random([1; 16]),
        key: log_key(),
        origin: position(ORIGIN),
        head: position(ORIGIN + 10),
        checksum: Checksum([10; 16]),
        lease: milliseconds(10_000),
        checksum_at_resume: None,
        horizon: HORIZON,
    }
}

fn say(publication: &mut Publication, message: &ToServer<'_>, now: Uptime) -> Result<Option<Call>, Fault> {
    publication.receive(&message.encode(&log_key()), now).map_err(|broken| broken.fault)
}

/// A publication that welcomed this follower.
fn welcomed(hello: Hello, opening: &Opening) -> (Publication, Welcome) {
    let mut publication = Publication::new(Limits::default(), at(0));
    let call = say(&mut publication, &ToServer::Hello(hello.clone()), at(0)).unwrap();
    assert_eq!(call, Some(Call::Open(hello)));
    publication.opened(opening);
    let message = publication.next_message().unwrap();
    let ToFollower::Welcome(welcome) = ToFollower::decode(&message, None).unwrap() else {
        panic!("a welcome")
    };
    (publication, welcome)
}

/// A publication that serves the tail from `ORIGIN`, with nothing sent yet.
fn tailing() -> Publication {
    let resume = Some(Resume { log: opening().log, position: position(ORIGIN), checksum: Checksum([5; 16]) });
    let opening = Opening { checksum_at_resume: Some(Checksum([5; 16])), ..opening() };
    let (publication, welcome) = welcomed(Hello { resume, ..hello() }, &opening);
    assert_eq!(welcome.start, Start::Tail);
    publication
}

fn page(records: std::ops::RangeInclusive<u64>, through: u64) -> Page {
    let records = records.map(|place| record(ORIGIN + place, place)).collect();
    let (checksum, forgotten) = (Checksum([6; 16]), Timestamp::EPOCH);
    Page { records, through: position(ORIGIN + through), checksum, forgotten }
}

fn next<'m>(publication: &mut Publication, message: &'m mut Vec<u8>) -> Option<ToFollower<'m>> {
    *message = publication.next_message()?;
    Some(ToFollower::decode(message, Some(&log_key())).unwrap())
}

#[test]
fn a_follower_goes_on_only_where_log_position_and_checksum_are_as_it_says() {
    // design section 4
    let resume = |log, place, sum| Resume {
        log: LogId::from_random([log; 16]),
        position: position(ORIGIN + place),
        checksum: Checksum([sum; 16]),
    };
    let cases = [
        (None, None, Start::Snapshot, false),
        (Some(resume(1, 4, 5)), Some(5), Start::Tail, false),
        (Some(resume(1, 10, 5)), Some(5), Start::Tail, false),
        (Some(resume(1, 4, 5)), Some(6), Start::Diverged, true),
        (Some(resume(1, 4, 5)), None, Start::Snapshot, false),
        (Some(resume(1, 11, 5)), None, Start::Diverged, true),
        (Some(resume(2, 4, 5)), Some(5), Start::Snapshot, false),
    ];
    for (resume, checksum, start, mismatch) in cases {
        let mut publication = Publication::new(Limits::default(), at(0));
        say(&mut publication, &ToServer::Hello(Hello { resume, ..hello() }), at(0)).unwrap();
        let checksum_at_resume = checksum.map(|byte| Checksum([byte; 16]));
        let found = publication.opened(&Opening { checksum_at_resume, ..opening() });
        assert_eq!(found.is_some(), mismatch, "{resume:?}");
        let message = publication.next_message().unwrap();
        let ToFollower::Welcome(welcome) = ToFollower::decode(&message, None).unwrap() else { panic!() };
        assert_eq!(welcome.start, start, "{resume:?}");
    }
}

#[test]
fn a_lease_is_never_longer_than_what_was_asked_for() {
    let (_, welcome) = welcomed(Hello { max_staleness: milliseconds(4_000), ..hello() }, &opening());
    assert_eq!(welcome.lease, milliseconds(4_000));
}

#[test]
fn every_follower_is_served_in_the_highest_version_of_both_or_refused_clearly() {
    // design section 4: one version back and forth
    for (lowest, highest, spoken) in [(1, 1, 1), (1, 2, 2), (2, 2, 2), (2, 3, 2), (1, 9, 2)] {
        let asked = Hello { min_version: lowest, max_version: highest, ..hello() };
        let (_, welcome) = welcomed(asked, &opening());
        assert_eq!(welcome.version, spoken, "{lowest} to {highest}");
    }
    let mut publication = Publication::new(Limits::default(), at(0));
    let later = Hello { min_version: 3, max_version: 4, ..hello() };
    let fault = say(&mut publication, &ToServer::Hello(later), at(0)).unwrap_err();
    assert_eq!(fault, Fault::Version { follower: (3, 4), server: (1, 2) });
    let message = publication.next_message().unwrap();
    let ToFollower::Bye(Bye { code, text, .. }) = ToFollower::decode(&message, None).unwrap() else {
        panic!()
    };
    assert_eq!(code, ByeCode::Version);
    assert_eq!(&*text, "the follower speaks versions (3, 4) of the feed, the server (1, 2)");
    assert!(publication.is_over() && publication.next_message().is_none());
}

#[test]
fn one_page_is_asked_for_at_a_time_and_none_while_the_socket_is_full() {
    let mut publication = tailing();
    let read = Read::Tail { after: position(ORIGIN), limit: 4_096 };
    assert_eq!(publication.wants(), Some(read));
    assert_eq!(publication.wants(), None, "one page is on its way");
    publication.page(page(1..=4, 4));
    assert_eq!(publication.wants(), None, "the socket has not taken it");
    let mut message = Vec::new();
    assert!(matches!(next(&mut publication, &mut message), Some(ToFollower::Entries(_))));
    assert_eq!(publication.wants(), Some(Read::Tail { after: position(ORIGIN + 4), limit: 4_096 }));
    publication.page(page(5..=10, 10));
    while publication.next_message().is_some() {}
    assert_eq!(publication.wants(), None, "it has everything");
}

#[test]
fn no_position_above_the_durable_head_leaves() {
    // design section 2: durable first
    let mut publication = tailing();
    publication.wants().unwrap();
    publication.page(page(1..=12, 12));
    assert_eq!(publication.next_message(), None);
    assert_eq!(publication.wants(), None);
    publication.head(position(ORIGIN + 11));
    assert_eq!(publication.next_message(), None);
    publication.head(position(ORIGIN + 12));
    let mut message = Vec::new();
    let Some(ToFollower::Entries(entries)) = next(&mut publication, &mut message) else { panic!("entries") };
    assert_eq!(entries.through, position(ORIGIN + 12));
}

#[test]
fn an_echo_goes_out_only_when_the_owner_answers_and_says_the_head_it_read() {
    let mut publication = tailing();
    let ping = |number| ToServer::Ping(Ping { number });
    let call = say(&mut publication, &ping(1), at(40)).unwrap();
    assert_eq!(call, Some(Call::Ping { number: 1, received_at: at(40) }));
    assert_eq!(publication.next_message(), None);
    publication.pong(1, position(ORIGIN + 20), milliseconds(3));
    let mut message = Vec::new();
    let expected = Heartbeat { head: position(ORIGIN + 20), age: milliseconds(3), echo: Some(1) };
    assert_eq!(next(&mut publication, &mut message), Some(ToFollower::Heartbeat(expected)));
    // Nobody asked, or it was answered before.
    publication.pong(1, position(ORIGIN + 20), milliseconds(0));
    publication.pong(2, position(ORIGIN + 20), milliseconds(0));
    assert_eq!(publication.next_message(), None);
    // Many pings while the socket is full: the last answer stands for all.
    for number in 2..=5 {
        say(&mut publication, &ping(number), at(50)).unwrap();
        publication.pong(number, position(ORIGIN + 20), milliseconds(0));
    }
    let Some(ToFollower::Heartbeat(beat)) = next(&mut publication, &mut message) else {
        panic!("a heartbeat")
    };
    assert_eq!(beat.echo, Some(5));
    assert_eq!(publication.next_message(), None);
    assert_eq!(say(&mut publication, &ping(5), at(60)), Err(Fault::Echo(5)), "pings count up");
}

#[test]
fn nobody_acknowledges_what_was_not_sent_or_takes_an_acknowledgement_back() {
    let ack = |watermark| ToServer::Ack(Ack { watermark: position(watermark), trust: 0 });
    let mut publication = tailing();
    assert!(say(&mut publication, &ack(ORIGIN + 1), at(1)).is_err());
    let mut publication = tailing();
    publication.wants().unwrap();
    publication.page(page(1..=4, 4));
    while publication.next_message().is_some() {}
    let call = say(&mut publication, &ack(ORIGIN + 4), at(1)).unwrap();
    assert_eq!(call, Some(Call::Ack { watermark: position(ORIGIN + 4), trust: 0 }));
    assert!(say(&mut publication, &ack(ORIGIN + 3), at(1)).is_err());
    assert!(publication.is_over());
}

#[test]
fn a_heartbeat_is_due_every_quarter_of_a_second_and_a_silent_follower_is_given_up() {
    let mut publication = tailing();
    let mut message = Vec::new();
    publication.tick(at(0), Duration::ZERO).unwrap();
    assert!(matches!(next(&mut publication, &mut message), Some(ToFollower::Heartbeat(_))));
    assert_eq!(publication.wake_at(), at(250));
    publication.tick(at(249), Duration::ZERO).unwrap();
    assert_eq!(publication.next_message(), None);
    publication.tick(at(250), milliseconds(7)).unwrap();
    let beat = Heartbeat { head: position(ORIGIN + 10), age: milliseconds(7), echo: None };
    assert_eq!(next(&mut publication, &mut message), Some(ToFollower::Heartbeat(beat)));
    publication.tick(at(9_999), Duration::ZERO).unwrap();
    let broken = publication.tick(at(10_000), Duration::ZERO).unwrap_err();
    assert_eq!(broken.fault, Fault::Silence(milliseconds(10_000)));
    let Some(ToFollower::Bye(bye)) = next(&mut publication, &mut message) else { panic!("a good-bye") };
    assert_eq!(bye.code, ByeCode::Silent);
}

#[test]
fn the_trust_goes_out_before_any_record_and_again_when_it_changes() {
    let mut publication = Publication::new(Limits::default(), at(0));
    publication.trust(3, &[0x80]);
    say(&mut publication, &ToServer::Hello(hello()), at(0)).unwrap();
    publication.opened(&opening());
    publication.trust(4, &[0x81]);
    let mut kinds = Vec::new();
    let mut message = Vec::new();
    while let Some(sent) = next(&mut publication, &mut message) {
        kinds.push(match sent {
            ToFollower::Welcome(_) => "welcome".to_owned(),
            ToFollower::Trust(Trust { version, .. }) => format!("trust {version}"),
            ToFollower::SnapshotBegin(_) => "snapshot".to_owned(),
            other => panic!("{other:?}"),
        });
    }
    assert_eq!(kinds, ["welcome", "trust 4", "snapshot"], "the latest stands for all before it");
}

#[test]
fn a_snapshot_ends_where_it_said_though_the_log_went_on() {
    let (mut publication, _) = welcomed(hello(), &opening());
    let mut message = Vec::new();
    assert!(matches!(next(&mut publication, &mut message), Some(ToFollower::SnapshotBegin(_))));
    assert_eq!(publication.wants(), Some(Read::Snapshot { after: position(ORIGIN), limit: 4_096 }));
    publication.head(position(ORIGIN + 12));
    publication.page(page(8..=12, 12));
    assert!(matches!(next(&mut publication, &mut message), Some(ToFollower::SnapshotChunk(_))));
    let Some(ToFollower::SnapshotEnd(end)) = next(&mut publication, &mut message) else { panic!("the end") };
    assert_eq!(end.records, 3);
    assert_eq!(publication.wants(), Some(Read::Tail { after: position(ORIGIN + 10), limit: 4_096 }));
}

#[test]
fn the_end_of_a_snapshot_says_the_latest_that_any_of_its_pages_said_is_forgotten() {
    // I10: nothing is built on a snapshot before its end, and before that not all is known.
    let (mut publication, _) = welcomed(hello(), &opening());
    let pages = [(1..=4, 5), (5..=8, 9), (9..=10, 7)];
    for (records, forgotten) in pages {
        let forgotten = Timestamp::from_milliseconds(forgotten);
        let through = *records.end();
        publication.page(Page { forgotten, ..page(records, through) });
    }
    let (mut message, mut said) = (Vec::new(), None);
    while let Some(sent) = next(&mut publication, &mut message) {
        if let ToFollower::SnapshotEnd(end) = sent {
            said = Some((end.records, end.forgotten));
        }
    }
    assert_eq!(said, Some((10, Timestamp::from_milliseconds(9))));
    publication.head(position(ORIGIN + 12));
    publication.page(Page { forgotten: Timestamp::from_milliseconds(11), ..page(11..=12, 12) });
    let Some(ToFollower::Entries(entries)) = next(&mut publication, &mut message) else { panic!("entries") };
    assert_eq!(entries.forgotten, Timestamp::from_milliseconds(11));
}

#[test]
fn a_hello_comes_once_and_first() {
    let mut publication = Publication::new(Limits::default(), at(0));
    assert!(say(&mut publication, &ToServer::Ping(Ping { number: 1 }), at(0)).is_err());
    let mut publication = tailing();
    assert_eq!(
        say(&mut publication, &ToServer::Hello(hello()), at(0)),
        Err(Fault::OutOfPlace("a second hello"))
    );
    assert_eq!(publication.acknowledged().map(|ack: Ack| ack.watermark), None::<Position>);
}
