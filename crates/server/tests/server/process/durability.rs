//! `kill -9` at random moments: what was acknowledged is there afterwards.
//!
//! This proves nothing about the sync of the disk, since the page cache survives the process; the crash store of
//! `quash-storage` proves that.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde_json::{Value as Json, json};

use super::running::Running;

const WRITERS: u64 = 64;
const KILLS: u64 = 30;

/// Acknowledged revocations: position and subject.
type Acknowledged = Mutex<BTreeMap<u64, String>>;

#[test]
fn every_acknowledged_revocation_survives_thirty_kills_under_sixty_four_writers() {
    // I3
    let data = tempfile::tempdir().unwrap();
    let acknowledged = Acknowledged::default();
    for round in 0..KILLS {
        let server = Running::dev(data.path());
        assert_all_there(&server, &acknowledged);
        let held = acknowledged.lock().unwrap().len();
        kill_under_load(&server, round, &acknowledged);
        assert!(acknowledged.lock().unwrap().len() > held, "round {round} acknowledged nothing");
    }
    let server = Running::dev(data.path());
    assert_all_there(&server, &acknowledged);
}

/// Lets the writers run until some revocations were acknowledged, a different number each round, and kills the server
/// while they go on.
fn kill_under_load(server: &Running, round: u64, acknowledged: &Acknowledged) {
    let answered = AtomicU64::new(0);
    let enough = WRITERS + (round * 37) % 200;
    let process = rustix::process::Pid::from_raw(server.id().cast_signed()).unwrap();
    std::thread::scope(|scope| {
        for writer in 0..WRITERS {
            let answered = &answered;
            scope.spawn(move || write_until_dead(server, round, writer, answered, acknowledged));
        }
        while answered.load(Ordering::Relaxed) < enough {
            std::thread::sleep(Duration::from_micros(200));
        }
        rustix::process::kill_process(process, rustix::process::Signal::KILL).unwrap();
    });
}

fn write_until_dead(
    server: &Running,
    round: u64,
    writer: u64,
    answered: &AtomicU64,
    acknowledged: &Acknowledged,
) {
    for turn in 0.. {
        let subject = format!("user-{round}-{writer}-{turn}");
        let body = json!({"target": {"type": "subject", "id": subject}});
        let Ok(answer) = server.try_post("/v1/revocations", &body) else { return };
        assert_eq!(answer.status, 200, "{answer:?}");
        let position = answer.body["position"].as_u64().unwrap();
        let before = acknowledged.lock().unwrap().insert(position, subject);
        assert_eq!(before, None, "position {position} was given twice");
        answered.fetch_add(1, Ordering::Relaxed);
    }
}

fn assert_all_there(server: &Running, acknowledged: &Acknowledged) {
    let stored = stored_revocations(server);
    for (position, subject) in &*acknowledged.lock().unwrap() {
        assert_eq!(
            stored.get(position),
            Some(subject),
            "position {position} was acknowledged and is not there"
        );
    }
}

/// Everything in the log, page by page.
fn stored_revocations(server: &Running) -> BTreeMap<u64, String> {
    let mut found = BTreeMap::new();
    let mut cursor = None;
    loop {
        let path = match &cursor {
            None => "/v1/revocations?limit=200".to_owned(),
            Some(cursor) => format!("/v1/revocations?limit=200&cursor={cursor}"),
        };
        let page = server.get(&path);
        assert_eq!(page.status, 200, "{page:?}");
        for item in page.body["items"].as_array().unwrap() {
            let subject = item["target"]["id"].as_str().unwrap().to_owned();
            found.insert(item["position"].as_u64().unwrap(), subject);
        }
        cursor = page.body["next_cursor"].as_str().map(str::to_owned);
        if cursor.is_none() {
            assert_gapless(&found);
            return found;
        }
    }
}

fn assert_gapless(found: &BTreeMap<u64, String>) {
    let positions: Vec<u64> = found.keys().copied().collect();
    assert!(positions.windows(2).all(|pair| pair[1] == pair[0] + 1), "the log has a gap");
}

#[test]
fn an_idempotency_key_makes_a_retried_revocation_one_entry() {
    // Design section 5
    let data = tempfile::tempdir().unwrap();
    let server = Running::dev(data.path());
    let send = |body: &Json| {
        let config = ureq::Agent::config_builder().http_status_as_error(false).build();
        let agent: ureq::Agent = config.into();
        let request = agent.post(format!("{}/v1/revocations", server.url));
        let request = request.header("Authorization", format!("Bearer {}", super::running::ADMIN_KEY));
        super::answer::Answer::read(request.header("Idempotency-Key", "retry-1").send_json(body).unwrap())
    };
    let body = json!({"target": {"type": "subject", "id": "alice"}});
    let (first, second) = (send(&body), send(&body));
    assert_eq!((first.status, second.status), (200, 200));
    assert_eq!(first.body["position"], second.body["position"]);
    let other = send(&json!({"target": {"type": "subject", "id": "bob"}}));
    assert!((400..500).contains(&other.status), "{other:?}");
    assert_eq!(stored_revocations(&server).len(), 1);
}
