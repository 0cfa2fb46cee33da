//! Many callers at once, each waiting for its answer before it asks again.

use std::future::Future;
use std::time::Instant;

use anyhow::Context as _;
use tokio::task::JoinSet;

/// Somebody with a connection of their own, who ends sessions.
pub trait Caller: Send + 'static {
    /// Ends `session`; returns when that is durable.
    fn revoke(&mut self, session: String) -> impl Future<Output = anyhow::Result<()>> + Send;
}

/// Lets `callers` end `sessions`, each an equal share; how many were ended in a second.
pub async fn rate<C: Caller>(callers: &mut Vec<C>, sessions: &[String]) -> anyhow::Result<f64> {
    let share = sessions.len().div_ceil(callers.len().max(1)).max(1);
    let mut shares = sessions.chunks(share).map(<[String]>::to_vec);
    let mut tasks = JoinSet::new();
    let started = Instant::now();
    for caller in callers.drain(..) {
        tasks.spawn(work_off(caller, shares.next().unwrap_or_default()));
    }
    while let Some(done) = tasks.join_next().await {
        callers.push(done.context("a caller stopped")??);
    }
    Ok(sessions.len() as f64 / started.elapsed().as_secs_f64())
}

async fn work_off<C: Caller>(mut caller: C, share: Vec<String>) -> anyhow::Result<C> {
    for session in share {
        caller.revoke(session).await?;
    }
    Ok(caller)
}
