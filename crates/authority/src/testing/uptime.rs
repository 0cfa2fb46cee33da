//! An uptime that stands still until it is set.

use std::time::Duration;

use async_trait::async_trait;
use quash_core::time::Uptime;
use tokio::sync::watch;

use crate::uptime::UptimeClock;

/// An uptime that stands still until it is set. Whoever sleeps wakes when it is set to the end of their sleep.
#[derive(Debug)]
pub struct ManualUptime(watch::Sender<Uptime>);

impl ManualUptime {
    /// One that shows `now`.
    pub fn at(now: Uptime) -> Self {
        Self(watch::Sender::new(now))
    }

    /// Sets it forwards by `span`: it never goes back.
    pub fn advance(&self, span: Duration) {
        self.0.send_modify(|now| *now = now.plus(span));
    }
}

impl Default for ManualUptime {
    /// A machine that started 1,000 s ago.
    fn default() -> Self {
        Self::at(Uptime::ZERO.plus(Duration::from_secs(1_000)))
    }
}

#[async_trait]
impl UptimeClock for ManualUptime {
    fn uptime(&self) -> Uptime {
        *self.0.borrow()
    }

    async fn sleep_until(&self, at: Uptime) {
        // The sender is in `self`, so it does not go away meanwhile.
        let mut shown = self.0.subscribe();
        let _reached = shown.wait_for(|now| *now >= at).await;
    }
}
