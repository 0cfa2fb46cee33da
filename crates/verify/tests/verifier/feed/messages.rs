//! Messages: everything that is written reads, fields of later versions are skipped, and nothing makes a reader panic.

use minicbor::Encoder;
use proptest::prelude::*;
use quash_core::lease::Instance;
use quash_core::position::{Checksum, LogId, Position};
use quash_core::revocation::target_key::LogKey;
use quash_verify::feed::TrustDocument;
use quash_verify::feed::frame::{
    FrameError, Heartbeat, Hello, LARGEST_FRAME, Ping, Resume, ToFollower, ToServer,
};
use siphasher::sip128::{Hasher128, SipHasher13};

use super::pair::{milliseconds, position};
use crate::support::log_key;

/// `[tag, fields, sum]` by hand, as another implementation would write it.
fn message(tag: u32, key: &LogKey, fields: impl FnOnce(&mut Encoder<&mut Vec<u8>>)) -> Vec<u8> {
    use std::hash::Hasher;
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes);
    encoder.array(3).unwrap().u32(tag).unwrap();
    fields(&mut encoder);
    let mut hasher = SipHasher13::new_with_key(key.expose());
    hasher.write(&bytes);
    let sum = hasher.finish128().as_bytes();
    Encoder::new(&mut bytes).bytes(&sum).unwrap();
    bytes
}

prop_compose! {
    fn any_hello()(
        versions in any::<[u32; 2]>(),
        instance in any::<[u8; 16]>(),
        name in "[^\\p{Cc}]{1,60}",
        staleness in 0_u64..100_000,
        flags in any::<[bool; 2]>(),
        resume in proptest::option::of((any::<[u8; 16]>(), 0..=Position::LAST.number(), any::<[u8; 16]>())),
    ) -> Hello {
        Hello {
            min_version: versions[0].min(versions[1]),
            max_version: versions[0].max(versions[1]),
            instance: Instance::from_random(instance),
            name: name.into(),
            max_staleness: milliseconds(staleness),
            relay: flags[0],
            unfenced: flags[1],
            resume: resume.map(|(log, place, checksum)| Resume {
                log: LogId::from_random(log),
                position: position(place),
                checksum: Checksum(checksum),
            }),
        }
    }
}

proptest! {
    #[test]
    fn every_hello_travels_exactly(hello in any_hello()) {
        let message = ToServer::Hello(hello);
        let bytes = message.encode(&log_key());
        prop_assert_eq!(ToServer::decode(&bytes, None).unwrap(), message);
    }

    #[test]
    fn every_heartbeat_travels_exactly(
        head in 0..=Position::LAST.number(), age in any::<u32>(), echo in proptest::option::of(any::<u64>()),
    ) {
        let message = ToFollower::Heartbeat(Heartbeat {
            head: position(head), age: milliseconds(u64::from(age)), echo,
        });
        let bytes = message.encode(&log_key());
        prop_assert_eq!(ToFollower::decode(&bytes, Some(&log_key())).unwrap(), message);
    }

    #[test]
    fn no_bytes_make_a_reader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _either = ToServer::decode(&bytes, Some(&log_key()));
        let _either = ToFollower::decode(&bytes, Some(&log_key()));
        let _either = TrustDocument::decode(&bytes);
    }

    #[test]
    fn no_fields_under_a_good_sum_make_a_reader_panic(
        tag in 0_u32..9, fields in proptest::collection::vec(any::<u8>(), 0..200),
    ) {
        for key in [log_key(), LogKey::from_random([0; 16])] {
            let bytes = message(tag, &key, |encoder| encoder.writer_mut().extend_from_slice(&fields));
            let _either = ToServer::decode(&bytes, Some(&log_key()));
            let _either = ToFollower::decode(&bytes, Some(&log_key()));
        }
    }
}

#[test]
fn fields_that_a_later_version_adds_at_the_end_are_skipped() {
    let ping = message(1, &log_key(), |fields| {
        fields.array(3).unwrap().u64(5).unwrap().str("new").unwrap().array(1).unwrap().u8(1).unwrap();
    });
    assert_eq!(ToServer::decode(&ping, Some(&log_key())), Ok(ToServer::Ping(Ping { number: 5 })));
    let beat = message(6, &log_key(), |fields| {
        fields.array(4).unwrap().u64(9).unwrap().u64(0).unwrap().null().unwrap().u8(7).unwrap();
    });
    let expected = Heartbeat { head: position(9), age: milliseconds(0), echo: None };
    assert_eq!(ToFollower::decode(&beat, Some(&log_key())), Ok(ToFollower::Heartbeat(expected)));
}

#[test]
fn an_optional_field_that_is_left_out_is_none() {
    let beat = message(6, &log_key(), |fields| {
        fields.array(2).unwrap().u64(9).unwrap().u64(0).unwrap();
    });
    let expected = Heartbeat { head: position(9), age: milliseconds(0), echo: None };
    assert_eq!(ToFollower::decode(&beat, Some(&log_key())), Ok(ToFollower::Heartbeat(expected)));
}

#[test]
fn what_is_not_a_message_has_one_error_each() {
    let key = log_key();
    let read = |bytes: &[u8]| ToFollower::decode(bytes, Some(&key)).unwrap_err();
    assert_eq!(read(&vec![0; LARGEST_FRAME + 1]), FrameError::TooLarge);
    assert_eq!(read(&[]), FrameError::Malformed);
    let unknown = message(8, &key, |fields| drop(fields.array(0)));
    assert_eq!(read(&unknown), FrameError::UnknownType(8));
    let beyond = message(6, &key, |fields| {
        fields.array(2).unwrap().u64(1 << 53).unwrap().u64(0).unwrap();
    });
    assert_eq!(read(&beyond), FrameError::Malformed, "a position is below 2^53");
    let missing = message(6, &key, |fields| drop(fields.array(1).unwrap().u64(9)));
    assert_eq!(read(&missing), FrameError::Malformed);
    let mut trailing = message(6, &key, |fields| {
        fields.array(2).unwrap().u64(9).unwrap().u64(0).unwrap();
    });
    assert_eq!(ToFollower::decode(&trailing, None), Err(FrameError::Early));
    trailing.push(0);
    assert_eq!(read(&trailing), FrameError::Malformed);
}

#[test]
fn a_deeply_nested_message_is_read_without_a_stack() {
    let deep = message(1, &log_key(), |fields| {
        fields.array(2).unwrap().u64(5).unwrap();
        fields.writer_mut().extend(std::iter::repeat_n(0x81, LARGEST_FRAME / 2));
        fields.u8(0).unwrap();
    });
    assert_eq!(ToServer::decode(&deep, Some(&log_key())), Ok(ToServer::Ping(Ping { number: 5 })));
}

#[test]
fn an_age_is_rounded_up_and_a_name_is_an_id() {
    let beat = |age| ToFollower::Heartbeat(Heartbeat { head: position(1), age, echo: None });
    let sent = beat(std::time::Duration::from_nanos(1)).encode(&log_key());
    assert_eq!(ToFollower::decode(&sent, Some(&log_key())), Ok(beat(milliseconds(1))));
    for name in ["", "a\nb", &"a".repeat(257)] {
        let hello = Hello {
            min_version: 1,
            max_version: 1,
            instance: Instance::from_random([1; 16]),
            name: name.into(),
            max_staleness: milliseconds(1),
            relay: false,
            unfenced: false,
            resume: None,
        };
        let message = ToServer::Hello(hello).encode(&log_key());
        assert_eq!(ToServer::decode(&message, None), Err(FrameError::Malformed), "{name:?}");
    }
}
