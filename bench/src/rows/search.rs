//! A million sessions in the embedded store: looking for some of them, and ending those of one subject.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use quash_core::ids::{ClientId, DeviceId, GrantId, SessionId, Subject, TokenId};
use quash_core::position::Position;
use quash_core::session::device::Device;
use quash_core::session::grant::{Generation, Grant, MasterId};
use quash_core::session::session::{Session, SessionState};
use quash_core::time::Timestamp;
use quash_storage::embedded::EmbeddedStore;
use quash_storage::ports::{Act, Filter, NewSession, PageRequest, SessionRegistry as _, StateFilter};
use tokio::task::JoinSet;

use super::Run;
use crate::house::{House, open_store};
use crate::row::{Row, median};
use crate::tokens::{CLIENT, ISSUER};

const SESSIONS: usize = 1_000_000;
/// How many of them are of one subject.
const OF_ONE: usize = 10_000;
/// How many sign-ins are on their way to the store at once while it is filled.
const AT_ONCE: usize = 4_000;
/// Over how long the sign-ins are spread.
const SPREAD: Duration = Duration::from_secs(30 * 86_400);
/// The subject with many sessions.
const BUSY: &str = "usr_busy";

/// The first page of whatever search takes longest; and the end of all sessions of a subject with many of them.
pub(super) fn measure(run: &Run) -> anyhow::Result<Vec<Row>> {
    let runtime = tokio::runtime::Runtime::new()?;
    let folder = run.folder("search");
    std::fs::create_dir_all(&folder)?;
    let path = folder.join("quash.redb");
    runtime.block_on(fill(run, &path)).context("filling the store")?;
    let worst = runtime.block_on(slowest(run, &path))?;
    let ended = runtime.block_on(end_all(run, &folder))?;
    Ok(vec![
        Row::at_most_absolute("session search, 10^6 sessions, first page, slowest filter (ms)", worst, 100.0),
        Row::at_most_absolute(
            "log-out of a subject with 10,000 sessions, one entry, durable (ms)",
            ended,
            10.0,
        ),
    ])
}

fn sessions(run: &Run) -> usize {
    run.size(SESSIONS, SESSIONS / 50)
}

/// Opens the sessions, oldest first, as they came.
async fn fill(run: &Run, path: &Path) -> anyhow::Result<()> {
    let store = Arc::new(open_store(path, ISSUER)?);
    let mut random = fastrand::Rng::with_seed(31);
    let mut tasks = JoinSet::new();
    let started = Instant::now();
    for number in 0..sessions(run) {
        if tasks.len() >= AT_ONCE
            && let Some(done) = tasks.join_next().await
        {
            done??;
        }
        let (new, store) = (session(run, number, &mut random)?, Arc::clone(&store));
        tasks.spawn(async move { store.open(new).await });
    }
    while let Some(done) = tasks.join_next().await {
        done??;
    }
    let rate = sessions(run) as f64 / started.elapsed().as_secs_f64();
    eprintln!("{rate:.0} sign-ins a second while the store was filled");
    Arc::into_inner(store).context("the store is still in use")?.close();
    Ok(())
}

fn opened_at(run: &Run, number: usize) -> Timestamp {
    let share = number as f64 / sessions(run) as f64;
    run.now().minus(SPREAD).plus(SPREAD.mul_f64(share))
}

/// The `number`th session: one in a hundred is of the busy subject; four are of each other one.
fn session(run: &Run, number: usize, random: &mut fastrand::Rng) -> anyhow::Result<NewSession> {
    let now = opened_at(run, number);
    let id = SessionId::mint(now, random.u128(..).to_be_bytes());
    let busy = number.is_multiple_of(sessions(run) / OF_ONE.min(sessions(run)));
    let subject = if busy { BUSY.to_owned() } else { format!("usr_{}", random.usize(..sessions(run) / 4)) };
    let rare = number.is_multiple_of(50_000);
    let session = Session {
        id: id.clone(),
        subject: Subject::new(subject)?,
        state: SessionState::Active,
        authenticated_at: now,
        opened_at: now,
        opened_position: Position::ZERO,
        idle_limit: Duration::from_secs(14 * 86_400),
        absolute_end: now.plus(Duration::from_secs(90 * 86_400)),
        last_used_at: now,
        claims: serde_json::Map::new(),
        claims_changed: BTreeMap::new(),
        methods: vec!["pwd".into()],
        device: Device {
            id: DeviceId::mint(now, random.u128(..).to_be_bytes()),
            name: Some("A phone".into()),
            kind: Some("phone".into()),
        },
        ip: Some(format!("10.{}.{}.{}", random.u8(..), random.u8(..), random.u8(..)).into()),
        user_agent: Some("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0".into()),
        place: Some(if rare { "Rare Town".into() } else { format!("Town {}", random.u8(..50)).into() }),
    };
    let grant = Grant {
        id: GrantId::mint(now, random.u128(..).to_be_bytes()),
        session: id,
        client: ClientId::new(if rare { "rare" } else { CLIENT })?,
        scope: "read write".into(),
        master: MasterId(1),
        opened_at: now,
        opened_position: Position::ZERO,
        generation: Generation(0),
        rotations: Vec::new(),
        sign_in: None,
    };
    let act = Act { at: now, actor: "cred_bench".into(), cause: "bench".into() };
    Ok(NewSession { session, grant, as_of: None, limit: None, registration: None, idempotency: None, act })
}

/// The median of the filter that is slowest, in milliseconds.
async fn slowest(run: &Run, path: &Path) -> anyhow::Result<f64> {
    let store = open_store(path, ISSUER)?;
    let mut worst = (0.0, "");
    for (name, filter) in filters(run, &store).await? {
        let mut times = Vec::new();
        let mut found = 0;
        for _ in 0..run.rounds() {
            let request = PageRequest { after: None, limit: 50, now: run.now() };
            let started = Instant::now();
            found = store.sessions(&filter, &request).await?.items.len();
            times.push(started.elapsed().as_secs_f64() * 1_000.0);
        }
        let middle = median(&times);
        let first = times.first().copied().unwrap_or(f64::NAN);
        eprintln!("{name:<45} {found:>3} found, {middle:.2} ms, the first time {first:.2} ms");
        if middle > worst.0 {
            worst = (middle, name);
        }
    }
    let started = Instant::now();
    let devices = store.devices(&Subject::new(BUSY)?, None, run.now()).await?.len();
    let took = started.elapsed().as_secs_f64() * 1_000.0;
    eprintln!("slowest: {}; {devices} devices of the busy subject in {took:.0} ms", worst.1);
    store.close();
    Ok(worst.0)
}

/// Each way to search, those included that find next to nothing in the index that serves them.
async fn filters(run: &Run, store: &EmbeddedStore) -> anyhow::Result<Vec<(&'static str, Filter)>> {
    let request = PageRequest { after: None, limit: 200, now: run.now() };
    let newest = store.sessions(&Filter::default(), &request).await?;
    let one = newest.items.last().context("no session")?.session.clone();
    let busy = Some(Subject::new(BUSY)?);
    let (web, rare) = (Some(ClientId::new(CLIENT)?), Some(ClientId::new("rare")?));
    let recent = run.now().minus(Duration::from_secs(5 * 86_400));
    let long_ago = run.now().minus(Duration::from_secs(20 * 86_400));
    let none = Filter::default;
    let nowhere = Some("Nowhere".into());
    Ok(vec![
        ("everything", none()),
        ("jti", Filter { token: Some(TokenId::mint_in(&one.id, run.now(), [7; 16])), ..none() }),
        ("subject", Filter { subject: Some(one.subject.clone()), ..none() }),
        ("a busy subject", Filter { subject: busy.clone(), ..none() }),
        ("a busy subject, nowhere", Filter { subject: busy.clone(), place: nowhere.clone(), ..none() }),
        ("a busy subject, ended lately", Filter { subject: busy, state: StateFilter::Ended, ..none() }),
        ("device", Filter { device: Some(one.device.id.clone()), ..none() }),
        ("address", Filter { ip: Some(one.ip.as_deref().unwrap_or_default().parse()?), ..none() }),
        ("range of addresses", Filter { ip: Some("10.7.0.0/16".parse()?), ..none() }),
        ("all addresses, nowhere", Filter { ip: Some("10.0.0.0/8".parse()?), place: nowhere, ..none() }),
        ("common place", Filter { place: Some("town 7".into()), ..none() }),
        ("rare place", Filter { place: Some("rare town".into()), ..none() }),
        (
            "common place, rare client",
            Filter { place: Some("town 7".into()), client: rare.clone(), ..none() },
        ),
        ("common client", Filter { client: web.clone(), ..none() }),
        ("rare client", Filter { client: rare, ..none() }),
        (
            "common client, ended lately",
            Filter { client: web, state: StateFilter::Ended, last_used_from: Some(recent), ..none() },
        ),
        ("not seen for long", Filter { last_used_before: Some(long_ago), ..none() }),
        (
            "not seen for long, and live",
            Filter { last_used_before: Some(long_ago), state: StateFilter::Active, ..none() },
        ),
        (
            "seen lately, and ended",
            Filter { last_used_from: Some(recent), state: StateFilter::Ended, ..none() },
        ),
        ("ended", Filter { state: StateFilter::Ended, ..none() }),
    ])
}

/// The median time, in milliseconds, from the call until all sessions of the busy subject are ended, durably.
async fn end_all(run: &Run, folder: &Path) -> anyhow::Result<f64> {
    let house = House::open(folder).await?;
    let mut times = Vec::new();
    for _ in 0..run.rounds() {
        let before = house.head().await?;
        let started = Instant::now();
        house.end_subject(BUSY).await?;
        times.push(started.elapsed().as_secs_f64() * 1_000.0);
        anyhow::ensure!(before.next() == Some(house.head().await?), "it is one entry");
    }
    let first = times.first().copied().unwrap_or(f64::NAN);
    eprintln!("the first log-out took {first:.2} ms");
    Ok(median(&times))
}
