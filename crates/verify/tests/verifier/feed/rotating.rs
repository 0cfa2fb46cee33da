//! Rotations of the keys of subjects on their way to followers (S20, I6).

use std::sync::Arc;

use quash_core::position::Position;
use quash_core::revocation::record::Record;
use quash_core::revocation::target::TargetKind;
use quash_core::time::Timestamp;
use quash_verify::feed::state_file::compact;

use super::pair::{Pair, relaying};
use super::undoing::records_for;
use crate::support::{NOW, OWN, issuer, log_key};

/// How many rotations the follower holds: nothing else is in these logs.
fn held(pair: &Pair) -> usize {
    pair.verifier.live_entries()
}

#[test]
fn a_rotation_outlasts_every_horizon_a_restart_a_rewritten_file_and_another_snapshot() {
    let mut pair = Pair::new();
    pair.rotate();
    pair.connect();
    assert_eq!(held(&pair), 1, "by a snapshot");
    let much_later = Timestamp::from_seconds(NOW + 86_400 * 3_650);
    pair.verifier.purge(much_later);
    let shorter = compact(&pair.file, much_later).unwrap();
    assert_eq!(shorter.records, 1);
    pair.file = shorter.bytes;
    pair.restart();
    assert_eq!(held(&pair), 1, "from the local file");
    pair.limits.furthest_behind = 0;
    pair.rotate();
    pair.connect();
    assert_eq!(held(&pair), 2);
}

#[test]
fn a_relay_hands_rotations_on() {
    let (mut pair, log) = relaying();
    pair.rotate();
    pair.connect();
    pair.rotate();
    pair.settle();
    let mut below = Pair::new();
    below.log = pair.log.clone();
    below.relay = Some(Arc::clone(&log));
    below.connect();
    assert_eq!(held(&below), 2);
}

#[test]
fn a_follower_of_version_one_is_told_of_the_end_and_not_of_the_rotation() {
    // design section 4: one version back. It verifies no token under such a key; the others of the subject end.
    let mut pair = Pair::new();
    let place = pair.rotate();
    let told = |versions| -> Vec<(TargetKind, Position)> {
        let say = |record: Record| (record.kind, record.position);
        records_for(&pair, versions).into_iter().map(say).collect()
    };
    assert_eq!(told((1, 1)), [(TargetKind::Subject, place)]);
    assert_eq!(told((1, 2)), [(TargetKind::UserKey, place)]);
    let key = log_key().issuer_key(&issuer(OWN)).of_id(TargetKind::Subject, "alice");
    assert_eq!(records_for(&pair, (1, 1))[0].key, key);
}
