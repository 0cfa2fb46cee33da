//! Batches keep what they are given, and take nothing that is not one.

use proptest::prelude::*;

use super::*;
use crate::feed::frame::FrameError;

/// A plain record at `position`.
pub(in crate::feed) fn record(position: u64) -> Record {
    Record {
        position: Position::new(position).unwrap(),
        recorded_at: Timestamp::from_milliseconds(1_800_000_000_000 + position),
        retain_until: Timestamp::from_milliseconds(1_800_000_665_000 + position),
        issuer: IssuerKey::from_bytes([7; 16]),
        kind: TargetKind::Session,
        key: TargetKey::from_halves([position.wrapping_mul(0x9E37_79B9_7F4A_7C15), !position]),
        effect: Effect::End,
        spread: None,
        window: None,
        exception: None,
        undoes: None,
        reason: Reason::known(Reason::LOGGED_OUT),
    }
}

fn any_instant() -> impl Strategy<Value = Timestamp> {
    prop_oneof![
        Just(Timestamp::FOREVER),
        Just(Timestamp::EPOCH),
        Just(Timestamp::from_milliseconds(u64::MAX - 1)),
        any::<u64>().prop_map(Timestamp::from_milliseconds),
        (1_700_000_000_000_u64..1_900_000_000_000).prop_map(Timestamp::from_milliseconds),
    ]
}

fn any_key() -> impl Strategy<Value = TargetKey> {
    any::<[u64; 2]>().prop_map(TargetKey::from_halves)
}

fn any_exception() -> impl Strategy<Value = ExceptionKey> {
    prop_oneof![any_key().prop_map(ExceptionKey::Session), any_key().prop_map(ExceptionKey::Token)]
}

fn any_window() -> impl Strategy<Value = Window> {
    any::<[u64; 2]>().prop_map(|[one, other]| Window::from_stored(one.min(other), one.max(other)))
}

prop_compose! {
    fn any_record()(
        step in prop_oneof![Just(1_u64), 1..1_000_000_u64],
        recorded_at in any_instant(),
        retain_until in any_instant(),
        issuer in 0_u8..4,
        kind in 1_u8..=12,
        key in any_key(),
        refresh in any::<bool>(),
        window in proptest::option::of(any_window()),
        exception in proptest::option::of(any_exception()),
        reason in "[a-z0-9_]{1,64}",
        undoes in proptest::option::weighted(0.2, 1_u64..1_000),
        spread in proptest::option::weighted(0.2, 1_u64..1_000),
    ) -> (u64, Record) {
        // A registration has nothing of this, a rotation its effect alone.
        let registers = kind == TargetKind::Registration.number();
        let plain = kind >= TargetKind::Registration.number();
        let record = Record {
            position: Position::ZERO,
            recorded_at,
            retain_until,
            issuer: IssuerKey::from_bytes([issuer; 16]),
            kind: TargetKind::from_number(kind).unwrap(),
            key,
            effect: if refresh && !registers { Effect::Refresh } else { Effect::End },
            spread: spread.filter(|_| !plain).and_then(Spread::from_seconds),
            window: window.filter(|_| !plain),
            exception: exception.filter(|_| !plain),
            undoes: undoes.filter(|_| !plain).map(|back| Position::new(back).unwrap()),
            reason: Reason::new(reason).unwrap(),
        };
        (step, record)
    }
}

/// Any records, positions rising.
pub(in crate::feed) fn any_records() -> impl Strategy<Value = Vec<Record>> {
    (0..=Position::LAST.number() / 2, proptest::collection::vec(any_record(), 0..40)).prop_map(
        |(base, records)| {
            let mut position = base;
            let placed = records.into_iter().map(|(step, record)| {
                position += step;
                // What it undoes lies so far before it.
                let undoes = record.undoes.and_then(|back| position.checked_sub(back.number()));
                let undoes = undoes.map(|undone| Position::new(undone).unwrap());
                Record { position: Position::new(position).unwrap(), undoes, ..record }
            });
            placed.collect()
        },
    )
}

proptest! {
    #[test]
    fn every_field_of_every_record_travels_exactly(records in any_records()) {
        prop_assert_eq!(decode(&encode(&records)).unwrap(), records);
    }

    #[test]
    fn a_batch_that_is_cut_off_is_no_batch(records in any_records(), at in any::<proptest::sample::Index>()) {
        let bytes = encode(&records);
        if !bytes.is_empty() {
            let at = at.index(bytes.len());
            // No bytes at all are no records: the sum of the message guards that.
            prop_assert!(at == 0 || decode(&bytes[..at]).is_err());
        }
    }

    #[test]
    fn no_bytes_make_a_batch_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _either = decode(&bytes);
    }

    #[test]
    fn what_is_taken_of_damaged_bytes_are_rising_records(
        records in any_records(),
        at in any::<proptest::sample::Index>(),
        bit in 0_u8..8,
    ) {
        let mut bytes = encode(&records);
        if !bytes.is_empty() {
            let at = at.index(bytes.len());
            bytes[at] ^= 1 << bit;
            let taken = decode(&bytes).unwrap_or_default();
            prop_assert!(taken.is_sorted_by(|left, right| left.position < right.position));
        }
    }
}

#[test]
fn a_plain_record_takes_about_thirty_bytes() {
    let records: Vec<Record> = (1..=1_000).map(record).collect();
    let bytes = encode(&records).len();
    assert!(bytes <= 31 * 1_000, "{bytes} bytes for 1,000 records");
}

#[test]
fn a_batch_has_at_most_4096_records() {
    let records: Vec<Record> = (1..=4_097).map(record).collect();
    assert!(decode(&encode(&records[..4_096])).is_ok());
    assert_eq!(decode(&encode(&records)), Err(FrameError::Malformed));
}

#[test]
fn a_kind_of_target_that_is_unknown_here_is_refused_and_not_skipped() {
    let bytes = encode(&[record(1)]);
    // The row: step 0, kind 3, issuer 0, a string of 16 bytes.
    let kind = bytes.windows(4).position(|bytes| bytes == [0, 3, 0, 0x50]).unwrap() + 1;
    for (number, taken) in [
        (0, false),
        (1, true),
        (9, true),
        // A registration: version 1 does not know it.
        (10, true),
        (11, true),
        (19, true),
        (20, false),
        (21, false),
        (41, false),
    ] {
        let mut bytes = bytes.clone();
        bytes[kind] = number;
        assert_eq!(decode(&bytes).is_ok(), taken, "kind {number}");
    }
}

#[test]
fn an_undo_is_a_kind_that_a_reader_of_version_one_does_not_know() {
    let undo = Record { undoes: Some(Position::new(4).unwrap()), ..record(9) };
    let bytes = encode(std::slice::from_ref(&undo));
    assert_eq!(decode(&bytes), Ok(vec![undo]));
    let kind = bytes.windows(4).position(|bytes| bytes == [0, 23, 0, 0x50]).unwrap() + 1;
    // Version 1 knows the kinds 1 to 9 and 11 to 19. Here an undo has a position, and nothing else has one.
    for what in [3, 13, 20, 30, 40] {
        let mut bytes = bytes.clone();
        bytes[kind] = what;
        assert_eq!(decode(&bytes), Err(FrameError::Malformed), "{what}");
    }
    let back = bytes.len() - 1;
    assert_eq!(bytes[back], 5, "positions back");
    for far in [0, 10] {
        let mut bytes = bytes.clone();
        bytes[back] = far;
        assert_eq!(decode(&bytes), Err(FrameError::Malformed), "{far} back from 9");
    }
    let mut plain = encode(&[record(9)]);
    plain[kind] = 23;
    assert_eq!(decode(&plain), Err(FrameError::Malformed), "an undo of nothing");
}

#[test]
fn fields_that_a_later_version_adds_are_skipped() {
    let mut bytes = encode(&[record(1)]);
    assert_eq!(bytes[0], 0x85);
    bytes[0] = 0x86;
    assert!(decode(&bytes).is_err(), "a field is missing");
    bytes.extend([0x82, 0x01, 0x61, b'x']);
    assert_eq!(decode(&bytes), Ok(vec![record(1)]));
    bytes.push(0);
    assert!(decode(&bytes).is_err(), "something stands behind the batch");
}

#[test]
fn a_batch_announces_how_many_records_it_holds_and_never_more_than_fit() {
    for count in [1, 2, 4_096] {
        let records: Vec<Record> = (1..=count).map(record).collect();
        assert_eq!(announced(&encode(&records)), Some(records.len()));
    }
    assert_eq!(announced(&encode(&[])), None);
    // Base position and time, no issuers, no reasons, and an array of 4,096 rows that are not there.
    let empty = [0x85, 0x01, 0x01, 0x40, 0x80, 0x99, 0x10, 0x00];
    assert_eq!(announced(&empty), Some(0));
    assert_eq!(announced(&empty[..4]), None);
}
