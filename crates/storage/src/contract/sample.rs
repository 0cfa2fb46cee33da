//! What the suite's sessions and entries look like.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use quash_core::ids::{ClientId, DeviceId, GrantId, Issuer, SessionId, Subject};
use quash_core::position::Position;
use quash_core::revocation::entry::{Effect, Entry, NewEntry};
use quash_core::revocation::reason::Reason;
use quash_core::revocation::target::Target;
use quash_core::session::device::Device;
use quash_core::session::grant::{Generation, Grant, MasterId};
use quash_core::session::renewal::{Renewal, Verdict};
use quash_core::session::session::{Session, SessionState};
use quash_core::time::Timestamp;

use crate::ports::{Act, Append, Appended, Idempotency, Listed, NewSession, Opened, Renewed, Store};

/// The issuer that a store under test belongs to.
pub fn own_issuer() -> Issuer {
    Issuer::new("https://issuer.example").unwrap()
}

/// Another issuer.
pub fn other_issuer() -> Issuer {
    Issuer::new("https://other.example").unwrap()
}

/// The grace of all renewals.
pub const GRACE: Duration = Duration::from_secs(30);
/// The idle limit of all sessions.
pub const IDLE: Duration = Duration::from_secs(1_000);

/// The instant `seconds` into the suite.
pub fn at(seconds: u64) -> Timestamp {
    Timestamp::from_seconds(1_800_000_000 + seconds)
}

/// Different each time.
pub fn unique() -> u64 {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    COUNT.fetch_add(1, Ordering::Relaxed)
}

fn random() -> [u8; 16] {
    u128::from(unique()).to_be_bytes()
}

/// An entry about `target` of the own issuer, recorded at `now`, which verifiers hold for 660 s and the store
/// enforces for 100,000 s.
pub fn entry(target: Target, now: Timestamp) -> NewEntry {
    NewEntry {
        recorded_at: now,
        issuer: own_issuer(),
        target,
        effect: Effect::End,
        spread: None,
        window: None,
        exception: None,
        retain_until: now.plus(Duration::from_secs(660)),
        enforce_until: now.plus(Duration::from_secs(100_000)),
        undoes: None,
        reason: Reason::known(Reason::ADMIN),
        actor: "cred_suite".into(),
        cause: "req_suite".into(),
    }
}

/// A subject.
pub fn subject(name: &str) -> Subject {
    Subject::new(name).unwrap()
}

/// An entry about a subject.
pub fn about(name: &str, now: Timestamp) -> NewEntry {
    entry(Target::Subject(subject(name)), now)
}

/// A session of `name` with a first grant of the client `web`, signed in at `now`.
pub fn sign_in(name: &str, now: Timestamp) -> NewSession {
    let id = SessionId::mint(now, random());
    let session = Session {
        id: id.clone(),
        subject: subject(name),
        state: SessionState::Active,
        authenticated_at: now,
        opened_at: now,
        opened_position: Position::ZERO,
        idle_limit: IDLE,
        absolute_end: now.plus(Duration::from_secs(10_000)),
        last_used_at: now,
        claims: serde_json::Map::new(),
        claims_changed: BTreeMap::new(),
        methods: vec!["pwd".into()],
        device: Device { id: DeviceId::new("phone").unwrap(), name: Some("A phone".into()), kind: None },
        ip: Some("192.0.2.1".into()),
        user_agent: None,
        place: None,
    };
    NewSession {
        session,
        grant: grant(&id, "web", now),
        as_of: None,
        limit: None,
        registration: None,
        idempotency: None,
        act: act(now),
    }
}

/// Who acts, at `now`.
pub fn act(now: Timestamp) -> Act {
    Act { at: now, actor: "cred_suite".into(), cause: "req_suite".into() }
}

/// A grant of `client` in a session.
pub fn grant(session: &SessionId, client: &str, now: Timestamp) -> Grant {
    Grant {
        id: GrantId::mint(now, random()),
        session: session.clone(),
        client: ClientId::new(client).unwrap(),
        scope: "read write".into(),
        master: MasterId(1),
        opened_at: now,
        opened_position: Position::ZERO,
        generation: Generation(0),
        rotations: Vec::new(),
        sign_in: None,
    }
}

/// A key of the suite's one caller, for a request with this digest.
pub fn key(name: &str, request: u8) -> Idempotency {
    Idempotency { key: format!("cred_suite/{name}").into(), request: [request; 32] }
}

/// Opens a session that can be opened.
pub async fn open(store: &Arc<dyn Store>, new: NewSession) -> (Session, Grant) {
    match store.open(new).await.unwrap() {
        Opened::Open { session, grant, .. } => (*session, *grant),
        other => panic!("not opened: {other:?}"),
    }
}

/// Opens a session of `name` at `now`.
pub async fn signed_in(store: &Arc<dyn Store>, name: &str, now: Timestamp) -> (Session, Grant) {
    open(store, sign_in(name, now)).await
}

/// Appends, and says what came of it.
pub async fn appended(store: &Arc<dyn Store>, entry: NewEntry) -> Appended {
    store.append(Append::new(entry)).await.unwrap()
}

/// Appends an entry that is taken, and says where it is.
pub async fn append(store: &Arc<dyn Store>, entry: NewEntry) -> Position {
    match appended(store, entry).await {
        Appended::At { position, .. } => position,
        other => panic!("not appended: {other:?}"),
    }
}

/// Uses the refresh token of generation `presented`.
pub async fn renewed(store: &Arc<dyn Store>, grant: &Grant, presented: u64, now: Timestamp) -> Renewed {
    let renewal = Renewal { presented: Generation(presented), now, grace: GRACE };
    store.renew(&grant.id, renewal).await.unwrap().unwrap()
}

/// The entry that a renewal is refused for, if it is refused for one.
pub async fn cut(store: &Arc<dyn Store>, grant: &Grant, now: Timestamp) -> Option<Entry> {
    let presented = store.grant(&grant.id).await.unwrap().unwrap().0.generation;
    match renewed(store, grant, presented.0, now).await.verdict {
        Verdict::CutOff(entry) => Some(*entry),
        Verdict::Rotate { .. } => None,
        other => panic!("neither cut nor rotated: {other:?}"),
    }
}

/// A session as the registry lists it.
pub async fn listed(store: &Arc<dyn Store>, session: &Session) -> Listed {
    store.session(&session.id).await.unwrap().unwrap()
}

/// The head's position.
pub async fn head(store: &Arc<dyn Store>) -> Position {
    store.head().await.unwrap().position
}
