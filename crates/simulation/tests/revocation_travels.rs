//! A revocation travels: the steps of `ARCHITECTURE.md`, by the same names, through the real code.

use quash_core::ids::SessionId;
use quash_core::revocation::entry::Effect;
use quash_core::revocation::reason::Reason;
use quash_core::revocation::target::{Target, TargetKind};
use serde_json::json;

use crate::elsewhere::{self, NAME};
use crate::journey::{ADMIN_KEY, ISSUER, Journey};

/// One step, with its name in `ARCHITECTURE.md`.
type Step = (&'static str, fn(&mut Journey));

/// The steps in their order.
pub(crate) const STEPS: [Step; 9] = [
    ("request", request),
    ("use case", use_case),
    ("entry", entry),
    ("durable append", durable_append),
    ("feed", feed),
    ("feed client", feed_client),
    ("follower", follower),
    ("state", state),
    ("decision", decision),
];

#[test]
fn a_revocation_travels() {
    let mut journey = Journey::begin();
    assert!(journey.is_accepted(), "before it begins, the token is good");
    assert_eq!(journey.auth_check().0, 200);
    assert_eq!(journey.service.check(&journey.token), Ok(()), "elsewhere, too");
    for (_, step) in STEPS {
        step(&mut journey);
    }
}

/// `POST /v1/revocations` is read, its caller authenticated, every field checked. What is wrong goes no further;
/// what is right is answered with its position.
fn request(journey: &mut Journey) {
    let before = journey.head();
    let target = json!({ "type": "session", "id": journey.session });
    let (status, problem) =
        journey.post_revocation(ADMIN_KEY, &json!({ "target": target, "reason": "Not A Word" }));
    assert_eq!(status, 400, "{problem}");
    assert_eq!(problem["field"], "reason", "the answer names the field: {problem}");
    assert_eq!(
        journey.post_revocation("nobody's key, of the length of a key", &json!({ "target": target })).0,
        401
    );
    assert_eq!(journey.head(), before, "nothing of it went further");

    let (status, reply) =
        journey.post_revocation(ADMIN_KEY, &json!({ "target": target, "reason": "kicked" }));
    assert_eq!((status, &reply["complete"]), (200, &json!(true)), "{reply}");
    let position = before.next().unwrap();
    assert_eq!(reply["position"], json!(position.number()));
    journey.answered_position = Some(position);
}

/// Who may revoke what; what the target means; how long the entry matters.
fn use_case(journey: &mut Journey) {
    let before = journey.head();
    let target = json!({ "type": "subject", "id": "alice" });
    let (status, problem) = journey.post_revocation(&journey.issuer_key, &json!({ "target": target }));
    assert_eq!(status, 403, "who opens sessions may not revoke: {problem}");
    assert_eq!(journey.head(), before);

    let admin = journey.authority.authenticate_credential(ADMIN_KEY).unwrap();
    let sightings = journey.sightings();
    let fact = &sightings[0].entries[0].fact;
    assert_eq!(&*fact.actor, admin.id().as_str(), "it is known who asked");
    let retention = journey.authority.own_time_rules().retention();
    assert_eq!(fact.retain_until, fact.recorded_at.plus(retention), "as long as the longest token lives");
}

/// The fact itself: target, effect, window, exception, reason, actor.
fn entry(journey: &mut Journey) {
    let sightings = journey.sightings();
    let entry = &sightings[0].entries[0];
    let fact = &entry.fact;
    assert_eq!(fact.target, Target::Session(SessionId::new(&*journey.session).unwrap()));
    assert_eq!((fact.issuer.as_str(), fact.effect, fact.window), (ISSUER, Effect::End, None));
    assert_eq!((&fact.exception, &fact.reason), (&None, &Reason::known(Reason::KICKED)));
    let record = entry.record(&journey.log.key);
    assert_eq!((record.position, record.kind), (entry.position, TargetKind::Session));
}

/// The store gave the entry its position and synced the disk before anybody else heard of it.
fn durable_append(journey: &mut Journey) {
    let sightings = journey.sightings();
    let sighting = &sightings[0];
    let found = journey.log_on(&sighting.crash_image);
    assert_eq!(
        found.first(),
        sighting.entries.first(),
        "a power loss right then would have left it on the disk"
    );
    assert_eq!(found.first().map(|entry| entry.position), journey.answered_position);
    assert!(sighting.watermark_before < found[0].position, "and the verifier had not heard of it yet");
}

/// Whoever follows the feed is sent the entry: digests in place of ids.
fn feed(journey: &mut Journey) {
    let position = journey.answered_position.unwrap();
    let on_the_wire = elsewhere::record_on_the_wire(&journey.port, &journey.verifier_key, position);
    let record = journey.runtime.block_on(on_the_wire);
    assert_eq!(*record, journey.sightings()[0].entries[0].record(&journey.log.key));
}

/// The service elsewhere holds a connection, and the entry comes over it.
fn feed_client(journey: &mut Journey) {
    let position = journey.answered_position.unwrap();
    journey.runtime.block_on(journey.service.wait_for(position));
    let status = journey.service.feed.status();
    assert!(status.connected_to.is_some() && status.following, "{status:?}");
    assert_eq!(status.log, Some(journey.log.log));
}

/// What came was in order, was taken in, and is acknowledged.
fn follower(journey: &mut Journey) {
    let position = journey.answered_position.unwrap();
    let target = json!({ "type": "subject", "id": "nobody" });
    let everywhere = json!({ "target": target, "wait": "everywhere", "timeout_ms": 30_000 });
    let (status, reply) = journey.post_revocation(ADMIN_KEY, &everywhere);
    assert_eq!((status, &reply["complete"]), (200, &json!(true)), "{reply}");
    let applied = reply["applied"].as_array().unwrap();
    let service = applied.iter().find(|verifier| verifier["verifier"] == NAME);
    let watermark = service.and_then(|verifier| verifier["watermark"].as_u64());
    assert!(watermark > Some(position.number()), "everything up to the later entry: {reply}");
}

/// The entry is in the maps of every verifier: of the one in the server's process before the answer went out, and of
/// the one elsewhere.
fn state(journey: &mut Journey) {
    let sightings = journey.sightings();
    assert_eq!(sightings.len(), 2, "two revocations, each handed over once");
    assert_eq!(Some(sightings[0].watermark_after), journey.answered_position);
    for verifier in [&journey.verifier, journey.service.feed.verifier()] {
        assert_eq!(verifier.watermark(), sightings[1].watermark_after);
        assert_eq!(verifier.live_entries(), 2);
    }
}

/// The next use of the token is refused from memory, here and elsewhere: disk and server are gone, and nobody notices.
fn decision(journey: &mut Journey) {
    journey.port.close();
    journey.disk.lose_power_at(0);
    let (status, reply) = journey.auth_check();
    assert_eq!(status, 401, "{reply}");
    assert!(reply.to_string().contains("kicked"), "its holder is told why: {reply}");
    assert!(!journey.is_accepted());
    assert_eq!(journey.service.check(&journey.token), Err("kicked".to_owned()));
    let target = json!({ "type": "subject", "id": "alice" });
    let (status, _) = journey.post_revocation(ADMIN_KEY, &json!({ "target": target }));
    assert_eq!(status, 503, "the store, in contrast, is out of reach");
}
