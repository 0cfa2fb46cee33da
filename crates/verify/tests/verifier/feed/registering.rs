//! Registrations on their way to followers (S12, I6).

use std::sync::Arc;

use quash_core::revocation::freshness::Undecided;
use quash_core::revocation::record::Record;
use quash_core::revocation::target::TargetKind;
use quash_core::time::Timestamp;
use quash_verify::feed::frame::{Held, ToServer};
use quash_verify::feed::state_file::compact;
use quash_verify::feed::{Alarm, IssuerDocument, batch};
use serde_json::json;

use super::pair::{ORIGIN, Pair, position, record, relaying};
use super::undoing::records_for;
use crate::support::{NOW, at, log_key, merged, own_claims, own_config, signing_key};

/// What becomes of a token of the session of this number, where only registered sessions pass.
fn check(pair: &Pair, number: u64) -> Result<String, Undecided> {
    let key = signing_key(1, "own-1");
    pair.verifier.set_issuer(&own_config(&key).with_allowlist()).unwrap();
    let claims = json!({ "sid": format!("ses_{number}"), "jti": format!("tok_{number}"), "pos": ORIGIN });
    let token = key.mint("at+jwt", &merged(own_claims(), &claims)).unwrap();
    let checked = pair.verifier.check(&token, at(NOW))?;
    Ok(checked.rejection().map_or("accepted", |rejection| rejection.reason()).to_owned())
}

fn passes(pair: &Pair, number: u64) -> bool {
    check(pair, number).is_ok_and(|answer| answer == "accepted")
}

#[test]
fn registered_sessions_pass_at_a_follower_and_others_do_not() {
    let mut pair = Pair::new();
    pair.register(0);
    pair.connect();
    pair.register(1);
    pair.settle();
    assert!(passes(&pair, 0), "by a snapshot");
    assert!(passes(&pair, 1), "as it comes");
    assert_eq!(check(&pair, 2).unwrap(), "not_registered");
    pair.append(1);
    pair.settle();
    assert_eq!(check(&pair, 1).unwrap(), "admin", "an entry ends it as ever");
}

#[test]
fn registrations_outlast_a_restart_a_rewritten_file_and_another_snapshot() {
    let mut pair = Pair::new();
    pair.register(0);
    pair.connect();
    pair.restart();
    assert!(passes(&pair, 0), "from the local file");
    // Far beyond the horizon of what refuses.
    let later = Timestamp::from_seconds(NOW + 86_400);
    let shorter = compact(&pair.file, later).unwrap();
    assert_eq!(shorter.records, 1);
    pair.file = shorter.bytes;
    pair.restart();
    assert_eq!(pair.verifier.registered_sessions(), 1);
    pair.limits.furthest_behind = 0;
    pair.register(1);
    pair.connect();
    assert_eq!(pair.verifier.registered_sessions(), 2);
}

#[test]
fn a_relay_hands_registrations_on() {
    let (mut pair, log) = relaying();
    pair.register(0);
    pair.connect();
    pair.register(1);
    pair.settle();
    let mut below = Pair::new();
    below.log = pair.log.clone();
    below.relay = Some(Arc::clone(&log));
    below.connect();
    assert!(passes(&below, 0) && passes(&below, 1) && !passes(&below, 2));
}

#[test]
fn a_follower_of_version_one_is_told_of_no_registration_and_decides_nothing() {
    // design section 4: one version back. What it does not know stands among what is required, which it reads.
    let mut pair = Pair::new();
    pair.register(0);
    pair.append(1);
    assert_eq!(records_for(&pair, (1, 1)), [record(ORIGIN + 2, 1)]);
    let kinds: Vec<_> = records_for(&pair, (1, 2)).iter().map(|record| record.kind).collect();
    assert_eq!(kinds, [TargetKind::Registration, TargetKind::Session]);
    let config = own_config(&signing_key(1, "own-1")).with_allowlist();
    let document = IssuerDocument::of(&config);
    assert_eq!(document.required, [8], "7 is the last that version 1 knows");
    assert!(document.config().unwrap().keeps_allowlist());
    let whole_at = document.config().unwrap().with_allowlist_from(position(ORIGIN + 7));
    let again = IssuerDocument::of(&whole_at).config().unwrap();
    assert_eq!(again.allowlist_from(), Some(position(ORIGIN + 7)));
    let beyond = IssuerDocument { listed_from: Some(u64::MAX), ..IssuerDocument::of(&whole_at) };
    assert!(beyond.config().is_err(), "no position");
    assert!(!IssuerDocument::of(&own_config(&signing_key(1, "own-1"))).config().unwrap().keeps_allowlist());
}

#[test]
fn nobody_registers_a_session_by_saying_that_the_log_lost_it() {
    let mut pair = Pair::new();
    let place = pair.register(0);
    let registration = pair.log.entries[0].0.clone();
    pair.connect();
    let forged = Record { position: position(place.number() + 1), ..registration };
    let batch = batch::encode(&[forged, record(ORIGIN + 3, 5)]);
    pair.to_server.push_back(ToServer::Held(Held { batch: &batch }).encode(&log_key()));
    pair.settle();
    assert_eq!(pair.held, [record(ORIGIN + 3, 5)]);
}

#[test]
fn what_a_log_lost_is_reported_without_registrations() {
    for relay in [false, true] {
        let mut pair = if relay { relaying().0 } else { Pair::new() };
        pair.append(0);
        pair.register(1);
        pair.append(2);
        pair.connect();
        pair.disconnect();
        pair.log.cut(1);
        pair.connect();
        assert!(pair.alarms.contains(&Alarm::Beyond { records: 1 }), "{:?}", pair.alarms);
        assert_eq!(pair.held, [record(ORIGIN + 3, 2)], "its session is lost with it");
    }
}
