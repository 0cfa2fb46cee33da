//! How long the machine has been running: what leases are counted with.

use std::time::Duration;

use async_trait::async_trait;
use quash_core::time::Uptime;

/// Tells how long the machine has been running, and waits. It never jumps and counts suspensions, other than
/// [`Clock`](crate::Clock), whose time is everybody's.
#[async_trait]
pub trait UptimeClock: Send + Sync {
    /// The present instant, read afresh.
    fn uptime(&self) -> Uptime;

    /// Returns at or after `at`, never before.
    async fn sleep_until(&self, at: Uptime) {
        loop {
            let left = at.since(self.uptime());
            if left == Duration::ZERO {
                return;
            }
            tokio::time::sleep(left).await;
        }
    }
}

/// The uptime of the machine: `CLOCK_BOOTTIME` where there is one, else `CLOCK_MONOTONIC`, which stands still while the
/// machine is suspended.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemUptime;

impl UptimeClock for SystemUptime {
    fn uptime(&self) -> Uptime {
        #[cfg(any(target_os = "linux", target_os = "android"))]
        let clock = rustix::time::ClockId::Boottime;
        #[cfg(not(any(target_os = "linux", target_os = "android")))]
        let clock = rustix::time::ClockId::Monotonic;
        let now = rustix::time::clock_gettime(clock);
        // Neither is ever negative.
        let whole = Duration::from_secs(u64::try_from(now.tv_sec).unwrap_or_default());
        let rest = Duration::from_nanos(u64::try_from(now.tv_nsec).unwrap_or_default());
        Uptime::ZERO.plus(whole).plus(rest)
    }
}
