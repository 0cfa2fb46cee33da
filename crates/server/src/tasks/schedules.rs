//! Makes the revocations that were scheduled, when they are due.

use std::time::Duration;

use quash_authority::Authority;

/// How late one is made at most, beside what making it takes.
const EVERY: Duration = Duration::from_secs(1);

/// Goes on until it is dropped. What is due before the start was missed, and is made at once.
pub async fn fire(authority: &Authority) {
    loop {
        match authority.fire_schedules().await {
            Ok(0) => {}
            Ok(fired) => tracing::info!(fired, "scheduled revocations were made"),
            Err(error) => {
                tracing::warn!(%error, "scheduled revocations could not be made; they are tried again");
            }
        }
        tokio::time::sleep(EVERY).await;
    }
}
