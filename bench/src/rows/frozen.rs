//! Waiting for everybody while one of three edges stands still.

use std::time::{Duration, Instant};

use anyhow::ensure;
use serde_json::Value;

use super::Run;
use crate::edge::{Edge, Plan};
use crate::row::{Pair, Row, median};
use crate::server::Server;
use crate::sessions::{open_many, revoke};

/// What an edge is granted unless it asks for less, with the margin of a hundredth (design section 3).
const LEASE: f64 = 10.0;
const WITH_MARGIN: f64 = LEASE * 1.01;
/// What a busy machine may add, seconds.
const SLACK: f64 = 2.0;

/// How long the caller waited, and how long the edge took to accept again once it went on.
pub(super) fn measure(run: &Run) -> anyhow::Result<Vec<Row>> {
    let binary = run.server()?.to_owned();
    let server = Server::start(&binary, &run.folder("frozen"), Server::port()?)?;
    let runtime = tokio::runtime::Runtime::new()?;
    let key = runtime.block_on(server.verifier_key())?;
    let mut edges = Vec::new();
    for name in ["one", "two", "frozen"] {
        let (binary, key) = (binary.clone(), key.clone());
        let plan = Plan { binary, authority: server.url(), key, name: name.into(), relay: true };
        edges.push(Edge::start(&plan, &run.folder(&format!("edge-{name}")))?);
    }
    edges.iter_mut().try_for_each(|edge| edge.wait_until_ready().map(drop))?;
    let (mut waits, mut thaws) = (Vec::new(), Vec::new());
    for _ in 0..run.size(5, 1) {
        let (waited, thawed) = one_round(&runtime, &server, &edges)?;
        waits.push(waited);
        thaws.push(thawed);
    }
    let waited = Pair { ours: median(&waits), reference: WITH_MARGIN };
    Ok(vec![
        Row::at_most(
            "`wait everywhere`, one of 3 edges frozen, against lease + margin (s)",
            waited,
            (WITH_MARGIN + SLACK) / WITH_MARGIN,
        ),
        Row::at_most_absolute("a frozen edge that goes on, to fresh again (s)", median(&thaws), 1.0),
    ])
}

fn one_round(
    runtime: &tokio::runtime::Runtime,
    server: &Server,
    edges: &[Edge],
) -> anyhow::Result<(f64, f64)> {
    let [.., frozen] = edges else { anyhow::bail!("three edges") };
    let opened = runtime.block_on(open_many(server, 2))?;
    let [revoked, stays] = opened.as_slice() else { anyhow::bail!("two sessions") };
    for edge in edges {
        ensure!(edge.check(&revoked.token) == Some(200), "a good token was not accepted");
    }
    frozen.freeze()?;
    let began = Instant::now();
    let answer = runtime.block_on(async {
        let mut connection = server.connect().await?;
        revoke(&mut connection, &revoked.session, "everywhere").await
    })?;
    let waited = began.elapsed();
    ensure!(answer.get("complete") == Some(&Value::Bool(true)), "not everybody was waited for: {answer}");
    frozen.thaw()?;
    let thawed = until_fresh(frozen, &revoked.token, &stays.token)?;
    Ok((waited.as_secs_f64(), thawed.as_secs_f64()))
}

/// How long it takes until a good token is accepted; the revoked one never is.
fn until_fresh(edge: &Edge, revoked: &str, stays: &str) -> anyhow::Result<Duration> {
    let began = Instant::now();
    while edge.check(stays) != Some(200) {
        ensure!(edge.check(revoked) != Some(200), "a revoked token was accepted");
        ensure!(began.elapsed() < Duration::from_secs(30), "the edge does not get fresh again");
        std::thread::sleep(Duration::from_millis(1));
    }
    Ok(began.elapsed())
}
