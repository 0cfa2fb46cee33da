//! One revocation at a time, against a message of Redis to as many processes.

use std::time::Duration;

use super::PROCESSES;
use crate::clock;
use crate::house::House;
use crate::processes::{Marks, Witnesses};
use crate::quantile::quantile;
use crate::reference::redis::{Connection, Redis};
use crate::row::{Row, median_round};
use crate::rows::Run;

/// What the machine needs to be idle again.
const PAUSE: Duration = Duration::from_millis(2);

/// From the end of the sync until the token is refused, and from the command until the message is there; each round's
/// p99 over all processes.
pub(in crate::rows) fn measure(run: &Run) -> anyhow::Result<Vec<Row>> {
    let a_round = run.size(200, 50);
    let count = a_round * run.rounds();
    let runtime = tokio::runtime::Runtime::new()?;
    let folder = run.folder("unloaded");
    std::fs::create_dir_all(&folder)?;

    let house = runtime.block_on(House::open(&folder.join("house")))?;
    let authority = runtime.block_on(house.serve())?;
    let key = runtime.block_on(house.verifier_key())?;
    let mut sessions = Vec::new();
    let mut tokens = String::new();
    for _ in 0..count {
        let opened = runtime.block_on(house.sign_in())?;
        tokens.push_str(&opened.token);
        tokens.push('\n');
        sessions.push(opened.session);
    }
    let file = folder.join("tokens");
    std::fs::write(&file, tokens)?;
    let words = [authority, key, file.display().to_string()];
    let followers = Witnesses::start(PROCESSES, "follower", &words, &folder)?;

    let redis = Redis::start_volatile(&folder.join("redis"))?;
    let words = [redis.port().to_string(), count.to_string()];
    let subscribers = Witnesses::start(PROCESSES, "subscriber", &words, &folder)?;
    let mut connection = redis.connect()?;

    let (mut durable, mut published) = (Vec::new(), Vec::new());
    for (number, session) in sessions.iter().enumerate() {
        durable.push(runtime.block_on(durable_at(&house, session))?);
        std::thread::sleep(PAUSE);
        published.push(published_at(&mut connection, number)?);
        std::thread::sleep(PAUSE);
    }
    let ours = p99_of_rounds(&durable, &followers.collect()?, a_round);
    let theirs = p99_of_rounds(&published, &subscribers.collect()?, a_round);
    let title = "revoked to refused, 3 processes, unloaded, p99 from durable, against PUBLISH (us)";
    Ok(vec![Row::at_most(title, median_round(&ours, &theirs), 1.0)])
}

/// Ends a session; when that was durable.
async fn durable_at(house: &House, session: &str) -> anyhow::Result<u64> {
    house.end(session).await?;
    Ok(house.last_sync().nanoseconds())
}

/// Publishes a number; when that was begun.
fn published_at(connection: &mut Connection, number: usize) -> anyhow::Result<u64> {
    let began = clock::nanoseconds();
    connection.publish(&number.to_string())?;
    Ok(began)
}

/// Of each round the time, in microseconds, that 99 of 100 took at most. Something that was lost took for ever.
fn p99_of_rounds(began: &[u64], marks: &[Marks], a_round: usize) -> Vec<f64> {
    let took = |number: usize, began: u64| {
        marks.iter().map(move |marks| match marks.reached_at.get(number) {
            None | Some(0) => f64::INFINITY,
            Some(&reached) => reached.saturating_sub(began) as f64 / 1e3,
        })
    };
    let numbered: Vec<(usize, u64)> = began.iter().copied().enumerate().collect();
    let p99 = |round: &[(usize, u64)]| {
        let mut samples: Vec<f64> = round.iter().flat_map(|&(number, began)| took(number, began)).collect();
        quantile(&mut samples, 0.99)
    };
    numbered.chunks(a_round).map(p99).collect()
}
