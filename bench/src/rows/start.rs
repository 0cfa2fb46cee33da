//! Starting: an idle server, and one with a million live entries.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use quash_core::ids::{Issuer, SessionId};
use quash_core::revocation::entry::{Effect, NewEntry};
use quash_core::revocation::reason::Reason;
use quash_core::revocation::target::Target;
use quash_core::time::Timestamp;
use quash_storage::ports::{Append, RevocationLog as _};
use tokio::task::JoinSet;

use super::Run;
use crate::house::open_store;
use crate::resident::resident_bytes;
use crate::row::{Row, median};
use crate::server::Server;
use crate::tokens::id;

pub(super) const ENTRIES: usize = 1_000_000;
/// How many entries are on their way to the store at once while it is filled.
const AT_ONCE: usize = 4_000;

/// A fresh server: how soon it is ready, and what it occupies when nobody asks it anything.
pub(super) fn measure_idle(run: &Run) -> anyhow::Result<Vec<Row>> {
    let binary = run.server()?;
    let (mut ready, mut resident) = (Vec::new(), Vec::new());
    for round in 0..run.rounds() {
        let server = Server::start(binary, &run.folder(&format!("idle-{round}")), Server::port()?)?;
        ready.push(server.ready_after().as_secs_f64());
        if round < 3 {
            // What the start needed for a moment has gone by then.
            std::thread::sleep(Duration::from_secs(2));
            resident.push(resident_bytes(&server.process().to_string())? / 1_000_000.0);
        }
        server.stop()?;
    }
    Ok(vec![
        Row::at_most_absolute("idle server, resident memory (MB)", median(&resident), 40.0),
        Row::at_most_absolute("idle server, from start to ready (s)", median(&ready), 1.0),
    ])
}

/// A server over a log with a million live entries, stopped in an orderly way and killed.
pub(super) fn measure_restart(run: &Run) -> anyhow::Result<Vec<Row>> {
    let binary = run.server()?;
    let data = run.folder("restart");
    let port = Server::port()?;
    Server::start(binary, &data, port)?.stop()?;
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(fill(run, &data, port)).context("filling the log")?;

    let (mut stopped, mut killed) = (Vec::new(), Vec::new());
    for _ in 0..run.rounds().min(9) {
        let server = Server::start(binary, &data, port)?;
        stopped.push(server.ready_after().as_secs_f64());
        drop(server);
        let server = Server::start(binary, &data, port)?;
        killed.push(server.ready_after().as_secs_f64());
        server.stop()?;
    }
    // The first start found the file as the filling left it.
    let title = |how| format!("restart with 10^6 live entries, {how}, to ready (s)");
    Ok(vec![
        Row::at_most_absolute(title("stopped"), median(&stopped), 0.5),
        Row::at_most_absolute(title("killed"), median(&killed), 0.5),
    ])
}

/// Appends the entries to the store of the server that listens on `port`.
pub(super) async fn fill(run: &Run, data: &Path, port: u16) -> anyhow::Result<()> {
    let issuer = format!("http://127.0.0.1:{port}");
    let store = Arc::new(open_store(&data.join("quash.redb"), &issuer)?);
    let (issuer, now) = (Issuer::new(issuer)?, Timestamp::from_seconds(run.now().seconds()));
    let mut random = fastrand::Rng::with_seed(23);
    let mut tasks = JoinSet::new();
    for _ in 0..run.size(ENTRIES, ENTRIES / 20) {
        if tasks.len() >= AT_ONCE
            && let Some(done) = tasks.join_next().await
        {
            done??;
        }
        let entry = entry(&issuer, SessionId::new(id("ses_", &mut random))?, now);
        let store = Arc::clone(&store);
        tasks.spawn(async move { store.append(Append::new(entry)).await });
    }
    while let Some(done) = tasks.join_next().await {
        done??;
    }
    let store = Arc::into_inner(store).context("the store is still in use")?;
    store.close();
    Ok(())
}

fn entry(issuer: &Issuer, session: SessionId, now: Timestamp) -> NewEntry {
    NewEntry {
        recorded_at: now,
        issuer: issuer.clone(),
        target: Target::Session(session),
        effect: Effect::End,
        spread: None,
        window: None,
        exception: None,
        // Alive for the whole run.
        retain_until: now.plus(Duration::from_secs(86_400)),
        enforce_until: now.plus(Duration::from_secs(86_400)),
        undoes: None,
        reason: Reason::known(Reason::ADMIN),
        actor: "cred_bench".into(),
        cause: "bench".into(),
    }
}
