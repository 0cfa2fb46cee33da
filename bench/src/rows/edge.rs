//! An edge with a million live entries: its memory, and its start from its own file.

use std::path::Path;

use anyhow::Context as _;

use super::Run;
use super::start::{ENTRIES, fill};
use crate::edge::{Edge, Plan, check};
use crate::resident::resident_bytes;
use crate::row::{Pair, Row, median};
use crate::server::Server;
use crate::sessions::{Opened, open_many, revoke};

/// What a live entry may take in a verifier, bytes (design section 8).
const BYTES_PER_ENTRY: f64 = 64.0;

/// Snapshot, memory and restart, with the feed served onward and without.
pub(super) fn measure(run: &Run) -> anyhow::Result<Vec<Row>> {
    let binary = run.server()?.to_owned();
    let (data, port) = (run.folder("edge-authority"), Server::port()?);
    let runtime = tokio::runtime::Runtime::new()?;
    let server = Server::start(&binary, &data, port)?;
    let key = runtime.block_on(server.verifier_key())?;
    let plan = |relay| {
        let (binary, key) = (binary.clone(), key.clone());
        Plan { binary, authority: server.url(), key, name: "edge".into(), relay }
    };
    let (relay, leaf) = (plan(true), plan(false));
    let idle = resident_when_ready(&relay, &run.folder("edge-idle"))?;
    server.stop()?;
    runtime.block_on(fill(run, &data, port)).context("filling the log")?;

    let server = Server::start(&binary, &data, port)?;
    let revoked = runtime.block_on(end_one(&server))?;
    let folders = (run.folder("edge-relay"), run.folder("edge-leaf"));
    let with_relay = resident_when_ready(&relay, &folders.0)?;
    let without_relay = resident_when_ready(&leaf, &folders.1)?;
    server.stop()?;

    // Nobody is there to ask: what it refuses it knows from its file.
    let restarts = (0..run.rounds().min(9)).map(|_| restart(&relay, &folders.0, &revoked));
    let restarts = restarts.collect::<anyhow::Result<Vec<f64>>>()?;
    let live = run.size(ENTRIES, ENTRIES / 20) as f64;
    let per_entry = |resident: f64| Pair { ours: (resident - idle) / live, reference: BYTES_PER_ENTRY };
    let title = |what| format!("edge with 10^6 live entries, {what}");
    Ok(vec![
        Row::at_most(title("no relay, memory per entry (bytes)"), per_entry(without_relay), 1.0),
        Row::at_most(title("relay, memory per entry (bytes)"), per_entry(with_relay), 1.0),
        Row::at_most_absolute(title("restart from its file, to refusing (s)"), median(&restarts), 0.5),
    ])
}

/// A session that was ended.
async fn end_one(server: &Server) -> anyhow::Result<Opened> {
    let opened = open_many(server, 1).await?.pop().context("no session")?;
    let mut connection = server.connect().await?;
    revoke(&mut connection, &opened.session, "durable").await?;
    Ok(opened)
}

/// What an edge occupies a while after it became ready.
fn resident_when_ready(plan: &Plan, data: &Path) -> anyhow::Result<f64> {
    let mut edge = Edge::start(plan, data)?;
    edge.wait_until_ready()?;
    // What the start needed for a moment has gone by then.
    std::thread::sleep(std::time::Duration::from_secs(5));
    let resident = resident_bytes(&edge.process().to_string())?;
    edge.stop()?;
    Ok(resident)
}

/// Seconds until the edge refuses what it knew to be revoked.
fn restart(plan: &Plan, data: &Path, revoked: &Opened) -> anyhow::Result<f64> {
    let mut edge = Edge::start(plan, data)?;
    let refusing_after = edge.wait_until(|port| check(port, &revoked.token) == Some(401))?;
    edge.stop()?;
    Ok(refusing_after.as_secs_f64())
}
