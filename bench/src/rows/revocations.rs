//! Durable revocations by 64 callers at once.

use std::sync::Arc;

use anyhow::Context as _;
use tokio::runtime::Runtime;

use super::Run;
use crate::callers::{Caller, rate};
use crate::house::House;
use crate::measure::{Turn, interleave};
use crate::reference::postgres::Postgres;
use crate::reference::redis::Redis;
use crate::row::{Row, median_round};
use crate::tokens::id;

const CALLERS: usize = 64;

/// The use case over the embedded store, against a plain write to Redis and against the same work in PostgreSQL, all
/// of them on one disk. A turn is about a quarter of a second.
pub(super) fn measure(run: &Run) -> anyhow::Result<Vec<Row>> {
    let runtime = Runtime::new()?;
    let (ours_a_turn, redis_a_turn, postgres_a_turn) =
        (run.size(6_000, 640), run.size(8_000, 640), run.size(1_500, 320));
    let turns = run.rounds() + 1;

    let house = Arc::new(runtime.block_on(House::open(&run.folder("house"))).context("the house")?);
    let sessions = runtime.block_on(house.sign_in_many(ours_a_turn * turns))?;
    let redis = Redis::start_durable(&run.folder("redis-durable"))?;
    let postgres = runtime.block_on(Postgres::start(&run.folder("postgres")))?;
    let mut random = fastrand::Rng::with_seed(19);
    let rows: Vec<String> = (0..postgres_a_turn * turns).map(|_| id("ses_", &mut random)).collect();
    runtime.block_on(postgres.open_sessions(&rows))?;
    let keys: Vec<String> = (0..redis_a_turn * turns).map(|_| id("ses_", &mut random)).collect();

    let of_house = vec![house; CALLERS];
    let of_redis = runtime.block_on(async {
        let mut callers = Vec::new();
        for _ in 0..CALLERS {
            callers.push(redis.connect_async().await?);
        }
        anyhow::Ok(callers)
    })?;
    let of_postgres = runtime.block_on(async {
        let mut callers = Vec::new();
        for _ in 0..CALLERS {
            callers.push(postgres.caller().await?);
        }
        anyhow::Ok(callers)
    })?;
    let figures = interleave(
        run.rounds(),
        vec![
            turn(&runtime, of_house, &sessions, ours_a_turn),
            turn(&runtime, of_redis, &keys, redis_a_turn),
            turn(&runtime, of_postgres, &rows, postgres_a_turn),
        ],
    );
    let [ours, redis, postgres] = figures.as_slice() else { anyhow::bail!("three contestants") };
    let title = |against| format!("durable revocations, 64 callers, against {against} (per second)");
    Ok(vec![
        Row::at_least(title("Redis appendfsync always"), median_round(ours, redis), 0.5),
        Row::at_least(title("PostgreSQL"), median_round(ours, postgres), 2.0),
    ])
}

/// Ends the next `count` of `sessions` at every turn. A turn that fails has no figure, and its row is missed.
fn turn<'a, C: Caller>(
    runtime: &'a Runtime,
    mut callers: Vec<C>,
    sessions: &'a [String],
    count: usize,
) -> Turn<'a> {
    let mut shares = sessions.chunks(count);
    Box::new(move || match runtime.block_on(rate(&mut callers, shares.next().unwrap_or_default())) {
        Ok(rate) => rate,
        Err(error) => {
            eprintln!("a turn failed: {error:#}");
            f64::NAN
        }
    })
}
