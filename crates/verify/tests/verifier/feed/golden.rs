//! The bytes of versions 1 and 2, as `vectors/feed` keeps them: old bytes are read, and the same are written (design
//! section 4: a version that is spoken is never spoken differently).

use std::path::PathBuf;

use quash_core::lease::Instance;
use quash_core::position::{Checksum, LogId};
use quash_core::revocation::entry::{Effect, Window};
use quash_core::revocation::reason::Reason;
use quash_core::revocation::record::{ExceptionKey, Record};
use quash_core::revocation::spread::Spread;
use quash_core::revocation::target::TargetKind;
use quash_core::revocation::target_key::{IssuerKey, LogKey, TargetKey};
use quash_core::time::Timestamp;
use quash_verify::feed::batch;
use quash_verify::feed::frame::{
    Ack, Bye, ByeCode, Entries, Heartbeat, Held, Hello, Ping, Resume, SnapshotBegin, SnapshotChunk,
    SnapshotEnd, Start, ToFollower, ToServer, Trust, Welcome,
};
use quash_verify::feed::{TrustDocument, state_file};
use serde_json::{Value, json};

use super::learning::document;
use super::pair::{milliseconds, position};

/// One vector: a name, the key that seals it, what it says, and its bytes.
struct Vector {
    name: &'static str,
    direction: &'static str,
    says: Value,
    bytes: Vec<u8>,
}

fn key() -> LogKey {
    LogKey::from_random([0x4B; 16])
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

fn unhex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> =
        text.bytes().map(|digit| u8::try_from(char::from(digit).to_digit(16).unwrap()).unwrap()).collect();
    digits.as_chunks::<2>().0.iter().map(|[high, low]| high << 4 | low).collect()
}

fn records() -> Vec<Record> {
    let issuer = IssuerKey::from_bytes([0x11; 16]);
    let key = |byte: u8| TargetKey::from_halves([u64::from_le_bytes([byte; 8]), 0x0123_4567_89AB_CDEF]);
    let at = Timestamp::from_milliseconds;
    let plain = Record {
        position: position(1_887_436_800_000_001),
        recorded_at: at(1_800_000_000_123),
        retain_until: at(1_800_000_665_123),
        issuer,
        kind: TargetKind::Session,
        key: key(1),
        effect: Effect::End,
        spread: None,
        window: None,
        exception: None,
        undoes: None,
        reason: Reason::known(Reason::LOGGED_OUT),
    };
    let next = |step: u64| position(plain.position.number() + step);
    vec![
        plain.clone(),
        Record { position: next(1), key: key(2), kind: TargetKind::Token, ..plain.clone() },
        Record {
            position: next(5),
            recorded_at: at(1_800_000_000_100),
            retain_until: Timestamp::FOREVER,
            kind: TargetKind::Subject,
            key: key(3),
            effect: Effect::Refresh,
            exception: Some(ExceptionKey::Session(key(4))),
            reason: Reason::known(Reason::STALE_CLAIMS),
            ..plain.clone()
        },
        Record {
            position: next(300),
            recorded_at: at(1_800_000_009_000),
            retain_until: at(1_800_000_700_000),
            issuer: IssuerKey::from_bytes([0x22; 16]),
            kind: TargetKind::Issuer,
            key: key(5),
            window: Some(Window::from_stored(1_799_990_000, 1_800_000_000)),
            exception: Some(ExceptionKey::Token(key(6))),
            reason: Reason::new("breach_2026").unwrap(),
            ..plain.clone()
        },
    ]
}

fn record_says(record: &Record) -> Value {
    let digest = |key: TargetKey| {
        let [first, second] = key.halves();
        hex(&[first.to_le_bytes(), second.to_le_bytes()].concat())
    };
    let forever = record.retain_until == Timestamp::FOREVER;
    let mut says = json!({
        "position": record.position.number(),
        "recorded_at_ms": record.recorded_at.milliseconds(),
        "retain_until_ms": (!forever).then(|| record.retain_until.milliseconds()),
        "issuer": hex(record.issuer.expose()),
        "kind": record.kind.number(),
        "key": digest(record.key),
        "effect": if record.effect == Effect::End { "end" } else { "refresh" },
        "window": record.window.map(|window| json!([window.from(), window.to()])),
        "exception": record.exception.map(|exception| match exception {
            ExceptionKey::Session(key) => json!({ "session": digest(key) }),
            ExceptionKey::Token(key) => json!({ "token": digest(key) }),
            other => panic!("{other:?}"),
        }),
        "reason": record.reason.as_str(),
    });
    // Fields of version 2.
    if let Some(undone) = record.undoes {
        says["undoes"] = json!(undone.number());
    }
    if let Some(spread) = record.spread {
        says["spread_s"] = json!(spread.seconds());
    }
    says
}

/// Records of version 2: an entry, what undoes it, a registration, what undoes one that is not among them, one that is
/// spread, and two that rotate the keys of subjects.
fn records_of_version_two() -> Vec<Record> {
    let [first, .., last] = &records()[..] else { panic!() };
    let after = |step: u64| position(last.position.number() + step);
    vec![
        first.clone(),
        Record { position: after(1), undoes: Some(first.position), ..first.clone() },
        Record { position: after(2), kind: TargetKind::Registration, ..first.clone() },
        Record {
            position: after(9),
            undoes: Some(position(first.position.number() + 3)),
            kind: TargetKind::Claim,
            effect: Effect::Refresh,
            retain_until: Timestamp::FOREVER,
            ..first.clone()
        },
        Record {
            position: after(10),
            kind: TargetKind::Claim,
            effect: Effect::Refresh,
            spread: Spread::from_seconds(300),
            ..first.clone()
        },
        Record {
            position: after(11),
            retain_until: Timestamp::FOREVER,
            ..rotation(TargetKind::UserKey, first)
        },
        Record { position: after(12), effect: Effect::Refresh, ..rotation(TargetKind::UserKeys, first) },
    ]
}

fn rotation(kind: TargetKind, like: &Record) -> Record {
    Record { kind, window: None, exception: None, ..like.clone() }
}

fn batch_says(bytes: &[u8]) -> Value {
    batch::decode(bytes).unwrap().iter().map(record_says).collect()
}

fn hello_says(hello: &Hello) -> Value {
    json!({
        "type": "hello", "min_version": hello.min_version, "max_version": hello.max_version,
        "instance": hello.instance.to_string(), "name": hello.name,
        "max_staleness_ms": u64::try_from(hello.max_staleness.as_millis()).unwrap(),
        "relay": hello.relay, "unfenced": hello.unfenced,
        "resume": hello.resume.map(|resume| json!({
            "log": resume.log.to_string(), "position": resume.position.number(), "checksum": hex(&resume.checksum.0),
        })),
    })
}

fn to_server_says(message: &ToServer<'_>) -> Value {
    match message {
        ToServer::Hello(hello) => hello_says(hello),
        ToServer::Ping(ping) => json!({ "type": "ping", "number": ping.number }),
        ToServer::Ack(ack) => {
            json!({ "type": "ack", "watermark": ack.watermark.number(), "trust": ack.trust })
        }
        ToServer::Held(held) => json!({ "type": "held", "records": batch_says(held.batch) }),
        other => panic!("{other:?}"),
    }
}

fn to_follower_says(message: &ToFollower<'_>) -> Value {
    let span = |span: std::time::Duration| u64::try_from(span.as_millis()).unwrap();
    match message {
        ToFollower::Welcome(welcome) => json!({
            "type": "welcome", "version": welcome.version, "log": welcome.log.to_string(),
            "key": hex(welcome.key.expose()), "origin": welcome.origin.number(), "head": welcome.head.number(),
            "checksum": hex(&welcome.checksum.0), "lease_ms": span(welcome.lease),
            "heartbeat_ms": span(welcome.heartbeat), "horizon_ms": span(welcome.horizon),
            "start": match welcome.start {
                Start::Tail => "tail", Start::Snapshot => "snapshot", Start::Diverged => "diverged",
            },
        }),
        ToFollower::Trust(trust) => {
            assert_eq!(TrustDocument::decode(trust.document).unwrap(), document());
            json!({ "type": "trust", "version": trust.version, "document": "see the test" })
        }
        ToFollower::SnapshotBegin(begin) => json!({
            "type": "snapshot_begin", "through": begin.through.number(), "checksum": hex(&begin.checksum.0),
        }),
        ToFollower::SnapshotChunk(chunk) => json!({
            "type": "snapshot_chunk", "records": batch_says(chunk.batch), "sum": hex(&chunk.sum),
        }),
        ToFollower::SnapshotEnd(end) => with_forgotten(
            end.forgotten,
            json!({
                "type": "snapshot_end", "sum": hex(&end.sum), "records": end.records,
            }),
        ),
        ToFollower::Entries(entries) => with_forgotten(
            entries.forgotten,
            json!({
                "type": "entries", "from": entries.from.number(), "through": entries.through.number(),
                "checksum": hex(&entries.checksum.0), "records": batch_says(entries.batch),
            }),
        ),
        ToFollower::Heartbeat(beat) => json!({
            "type": "heartbeat", "head": beat.head.number(), "age_ms": span(beat.age), "echo": beat.echo,
        }),
        ToFollower::Bye(bye) => json!({
            "type": "bye", "code": bye.code.number(), "retry_after_ms": span(bye.retry_after), "text": bye.text,
        }),
        other => panic!("{other:?}"),
    }
}

/// A field that came later, absent where nothing is known to be forgotten.
fn with_forgotten(forgotten: Timestamp, mut says: Value) -> Value {
    if forgotten != Timestamp::EPOCH {
        says["forgotten_ms"] = json!(forgotten.milliseconds());
    }
    says
}

fn hello() -> Hello {
    Hello {
        min_version: 1,
        max_version: 1,
        instance: Instance::from_random([0xA1; 16]),
        name: "edge-1".into(),
        max_staleness: milliseconds(10_000),
        relay: false,
        unfenced: false,
        resume: None,
    }
}

fn to_server(name: &'static str, message: &ToServer<'_>) -> Vector {
    Vector { name, direction: "to_server", says: to_server_says(message), bytes: message.encode(&key()) }
}

fn to_follower(name: &'static str, message: &ToFollower<'_>) -> Vector {
    Vector { name, direction: "to_follower", says: to_follower_says(message), bytes: message.encode(&key()) }
}

fn from_the_follower() -> Vec<Vector> {
    let resume = Resume {
        log: LogId::from_random([0x10; 16]),
        position: position(1_887_436_800_000_301),
        checksum: Checksum([0xC5; 16]),
    };
    let relay = Hello { resume: Some(resume), relay: true, unfenced: true, ..hello() };
    let ack = Ack { watermark: position(1_887_436_800_000_301), trust: 7 };
    let batch = batch::encode(&records());
    vec![
        to_server("a hello that asks for a snapshot", &ToServer::Hello(hello())),
        to_server("a hello of an unfenced relay that goes on", &ToServer::Hello(relay)),
        to_server("a hello of versions 1 to 2", &ToServer::Hello(Hello { max_version: 2, ..hello() })),
        to_server(
            "a hello of versions 2 to 3",
            &ToServer::Hello(Hello { min_version: 2, max_version: 3, ..hello() }),
        ),
        to_server("a ping", &ToServer::Ping(Ping { number: 300 })),
        to_server("an acknowledgement", &ToServer::Ack(ack)),
        to_server("records that the log lost", &ToServer::Held(Held { batch: &batch })),
    ]
}

fn from_the_server() -> Vec<Vector> {
    let welcome = |start| {
        ToFollower::Welcome(Welcome {
            version: 1,
            log: LogId::from_random([0x10; 16]),
            key: key(),
            origin: position(1_887_436_800_000_000),
            head: position(1_887_436_800_000_301),
            checksum: Checksum([0xC5; 16]),
            lease: milliseconds(10_000),
            heartbeat: milliseconds(250),
            start,
            horizon: milliseconds(665_000),
        })
    };
    let (begin, end) = (position(1_887_436_800_000_000), position(1_887_436_800_000_301));
    let checksum = Checksum([0xC5; 16]);
    let batch = batch::encode(&records());
    let document = document().encode().unwrap();
    let (never, forgotten) = (Timestamp::EPOCH, Timestamp::from_milliseconds(1_800_000_600_000));
    let entries = |from, batch, forgotten| {
        ToFollower::Entries(Entries { from, through: end, checksum, batch, forgotten })
    };
    let snapshot_end =
        |forgotten| ToFollower::SnapshotEnd(SnapshotEnd { sum: [0x5E; 16], records: 4, forgotten });
    let beat = |age, echo| ToFollower::Heartbeat(Heartbeat { head: end, age, echo });
    let bye = Bye { code: ByeCode::GoingAway, retry_after: milliseconds(0), text: "the server stops".into() };
    vec![
        to_follower("a welcome to go on", &welcome(Start::Tail)),
        to_follower("a welcome with a snapshot", &welcome(Start::Snapshot)),
        to_follower("a welcome after entries were lost", &welcome(Start::Diverged)),
        to_follower("whom to trust", &ToFollower::Trust(Trust { version: 7, document: &document })),
        to_follower(
            "a snapshot begins",
            &ToFollower::SnapshotBegin(SnapshotBegin { through: end, checksum }),
        ),
        to_follower(
            "a chunk of a snapshot",
            &ToFollower::SnapshotChunk(SnapshotChunk { batch: &batch, sum: [0x5E; 16] }),
        ),
        to_follower("a snapshot ends", &snapshot_end(never)),
        to_follower("entries", &entries(begin, &batch[..], never)),
        to_follower("positions without records", &entries(begin, &[], never)),
        to_follower("a heartbeat", &beat(milliseconds(0), None)),
        to_follower("an answer to a ping", &beat(milliseconds(12), Some(300))),
        to_follower("a good-bye", &ToFollower::Bye(bye)),
        to_follower("a snapshot ends that may lack what was over", &snapshot_end(forgotten)),
        to_follower("entries that may lack what was over", &entries(begin, &batch[..], forgotten)),
    ]
}

fn directory() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../vectors/feed")
}

/// What version 2 says otherwise than version 1 did.
fn of_version_two() -> Vec<Vector> {
    let batch = batch::encode(&records_of_version_two());
    let welcome = Welcome {
        version: 2,
        log: LogId::from_random([0x10; 16]),
        key: key(),
        origin: position(1_887_436_800_000_000),
        head: position(1_887_436_800_000_310),
        checksum: Checksum([0xC5; 16]),
        lease: milliseconds(10_000),
        heartbeat: milliseconds(250),
        start: Start::Tail,
        horizon: milliseconds(665_000),
    };
    let entries = Entries {
        from: position(1_887_436_800_000_000),
        through: position(1_887_436_800_000_310),
        checksum: Checksum([0xC5; 16]),
        batch: &batch,
        forgotten: Timestamp::EPOCH,
    };
    vec![
        to_server("a hello of versions 1 to 2", &ToServer::Hello(Hello { max_version: 2, ..hello() })),
        to_follower("a welcome in version 2", &ToFollower::Welcome(welcome)),
        to_follower("entries with undos, a registration and rotations", &ToFollower::Entries(entries)),
        to_follower(
            "a chunk of a snapshot with undos, a registration and rotations",
            &ToFollower::SnapshotChunk(SnapshotChunk { batch: &batch, sum: [0x5E; 16] }),
        ),
    ]
}

fn of_version_one() -> Vec<Vector> {
    from_the_follower().into_iter().chain(from_the_server()).collect()
}

/// The vectors as they are kept. Set `WRITE_FEED_VECTORS` to the number of a new version to write its file.
fn kept(version: u32, made: &[Vector]) -> Vec<Value> {
    let path = directory().join(format!("messages-{version}.json"));
    if std::env::var("WRITE_FEED_VECTORS").is_ok_and(|wanted| wanted == version.to_string()) {
        let vectors: Vec<Value> = made
            .iter()
            .map(|Vector { name, direction, says, bytes }| {
                json!({ "name": name, "direction": direction, "says": says, "bytes": hex(bytes) })
            })
            .collect();
        let file = json!({ "version": version, "key": hex(key().expose()), "messages": vectors });
        std::fs::write(&path, format!("{}\n", serde_json::to_string_pretty(&file).unwrap())).unwrap();
    }
    let file: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    assert_eq!((&file["version"], &file["key"]), (&json!(version), &json!(hex(key().expose()))));
    file["messages"].as_array().unwrap().clone()
}

#[test]
fn version_one_reads_its_old_bytes_and_writes_the_same() {
    check(1, of_version_one());
}

#[test]
fn version_two_reads_its_old_bytes_and_writes_the_same() {
    check(2, of_version_two());
}

fn check(version: u32, made: Vec<Vector>) {
    let kept = kept(version, &made);
    assert_eq!(kept.len(), made.len());
    for (kept, made) in kept.iter().zip(made) {
        assert_eq!(kept["name"], made.name);
        let bytes = unhex(kept["bytes"].as_str().unwrap());
        let read = match made.direction {
            "to_server" => to_server_says(&ToServer::decode(&bytes, Some(&key())).unwrap()),
            _ => to_follower_says(&ToFollower::decode(&bytes, Some(&key())).unwrap()),
        };
        assert_eq!(read, kept["says"], "{}", made.name);
        assert_eq!(made.bytes, bytes, "{}", made.name);
    }
}

/// The local file with one of everything in it.
fn file() -> Vec<u8> {
    std::fs::read(directory().join("state-1.bin")).unwrap()
}

#[test]
fn version_one_of_the_local_file_reads_as_it_did() {
    let mut pair = super::pair::Pair::new();
    for number in 0..3 {
        pair.append(number);
    }
    pair.connect();
    pair.append(3);
    pair.settle();
    if std::env::var("WRITE_FEED_VECTORS").is_ok_and(|wanted| wanted == "1") {
        std::fs::write(directory().join("state-1.bin"), &pair.file).unwrap();
    }
    assert_eq!(pair.file, file(), "the same is written");
    let mut later = super::pair::Pair::new();
    let loaded = later.follower.load(&file()).unwrap();
    assert_eq!((loaded.whole, loaded.torn, loaded.records), (file().len(), false, 4));
    assert_eq!(loaded.position, Some(position(super::pair::ORIGIN + 4)));
    assert!((0..4).all(|number| later.refuses(number)));
}

#[test]
fn a_local_file_with_an_undo_in_it_reads_as_it_did() {
    let mut pair = super::pair::Pair::new();
    let place = pair.append(0);
    pair.append(1);
    pair.connect();
    pair.undo(place);
    pair.settle();
    let path = directory().join("state-1-undo.bin");
    if std::env::var("WRITE_FEED_VECTORS").is_ok_and(|wanted| wanted == "2") {
        std::fs::write(&path, &pair.file).unwrap();
    }
    let file = std::fs::read(path).unwrap();
    assert_eq!(pair.file, file, "the same is written");
    let mut later = super::pair::Pair::new();
    let loaded = later.follower.load(&file).unwrap();
    assert_eq!((loaded.whole, loaded.torn, loaded.records), (file.len(), false, 3));
    assert!(!later.refuses(0) && later.refuses(1));
}

#[test]
fn a_local_file_of_another_version_is_refused_with_both_numbers() {
    let mut other = file();
    other[16] = 2;
    let error = super::pair::Pair::new().follower.load(&other).unwrap_err();
    assert_eq!(error, state_file::StateDamaged::Version { found: 2 });
    assert_eq!(error.to_string(), "the file has version 2 of the format, this program reads version 1");
    other[0] = b'Q';
    let error = super::pair::Pair::new().follower.load(&other).unwrap_err();
    assert_eq!(error, state_file::StateDamaged::NotAState);
}
