//! Two thousand durable revocations a second, and three verifier processes that follow.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use super::PROCESSES;
use crate::clock;
use crate::http_client::Connection;
use crate::processes::{Marks, Witnesses};
use crate::quantile::quantile;
use crate::row::{Pair, Row, median};
use crate::rows::Run;
use crate::server::Server;
use crate::sessions::{CALLERS, Opened, open_many, revoke};

const A_SECOND: usize = 2_000;
/// What a live entry may take in a verifier, bytes (design section 8).
const BYTES_PER_ENTRY: f64 = 64.0;

/// The real server, asked over HTTP; from the request to the refusal, at every process.
pub(in crate::rows) fn measure(run: &Run) -> anyhow::Result<Vec<Row>> {
    let count = run.size(60, 5) * A_SECOND;
    let folder = run.folder("loaded");
    let server = Server::start(run.server()?, &folder.join("authority"), Server::port()?)?;
    let runtime = tokio::runtime::Runtime::new()?;
    let key = runtime.block_on(server.verifier_key())?;
    let opened = runtime.block_on(open_many(&server, count))?;
    let tokens: String = opened.iter().flat_map(|opened| [opened.token.as_str(), "\n"]).collect();
    let file = folder.join("tokens");
    std::fs::write(&file, tokens)?;
    let words = [server.url(), key, file.display().to_string()];
    let followers = Witnesses::start(PROCESSES, "follower", &words, &folder)?;
    let (began, held) = runtime.block_on(revoke_all(&server, opened))?;
    Ok(rows(&began, held, &followers.collect()?))
}

fn rows(began: &[u64], held: f64, marks: &[Marks]) -> Vec<Row> {
    let reached = |marks: &Marks| -> Vec<f64> {
        let pairs = began.iter().zip(&marks.reached_at).filter(|(_, reached)| **reached > 0);
        pairs.map(|(&began, &reached)| reached.saturating_sub(began) as f64 / 1e6).collect()
    };
    let mut samples: Vec<f64> = marks.iter().flat_map(reached).collect();
    let share = samples.len() as f64 / (began.len() * PROCESSES) as f64;
    let before: Vec<f64> = marks.iter().map(|marks| marks.resident_before).collect();
    let after: Vec<f64> = marks.iter().map(|marks| marks.resident_after).collect();
    let allowed = median(&before) + began.len() as f64 * BYTES_PER_ENTRY;
    let memory = Pair { ours: median(&after) / 1e6, reference: allowed / 1e6 };
    let title = |what| format!("3 verifier processes, 2,000 revocations/s, {what}");
    vec![
        Row::at_most_absolute(title("revoked to refused, p99 (ms)"), quantile(&mut samples, 0.99), 50.0),
        Row::at_most_absolute(title("revoked to refused, p99.9 (ms)"), quantile(&mut samples, 0.999), 250.0),
        Row::at_least_absolute(title("share that arrived"), share, 1.0),
        Row::at_least(title("durable (per second)"), Pair { ours: held, reference: A_SECOND as f64 }, 0.98),
        Row::at_most(title("memory after, against before + 64 B an entry (MB)"), memory, 1.0),
    ]
}

/// Ends the sessions one after the other at the rate; when each was begun, and how many were durable in a second.
async fn revoke_all(server: &Server, opened: Vec<Opened>) -> anyhow::Result<(Vec<u64>, f64)> {
    let count = opened.len();
    let load = Arc::new(Load {
        opened,
        next: AtomicUsize::new(0),
        began_at: std::iter::repeat_with(AtomicU64::default).take(count).collect(),
        started: Instant::now(),
    });
    let mut tasks = JoinSet::new();
    for _ in 0..CALLERS {
        tasks.spawn(Arc::clone(&load).work(server.connect().await?));
    }
    while let Some(done) = tasks.join_next().await {
        done??;
    }
    let held = count as f64 / load.started.elapsed().as_secs_f64();
    Ok((load.began_at.iter().map(|at| at.load(Ordering::Acquire)).collect(), held))
}

struct Load {
    opened: Vec<Opened>,
    next: AtomicUsize,
    began_at: Vec<AtomicU64>,
    started: Instant,
}

impl Load {
    async fn work(self: Arc<Self>, mut connection: Connection) -> anyhow::Result<()> {
        loop {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            let (Some(opened), Some(began_at)) = (self.opened.get(number), self.began_at.get(number)) else {
                return Ok(());
            };
            let due = self.started + Duration::from_secs_f64(number as f64 / A_SECOND as f64);
            tokio::time::sleep_until(due.into()).await;
            began_at.store(clock::nanoseconds(), Ordering::Release);
            revoke(&mut connection, &opened.session, "durable").await?;
        }
    }
}
