//! How long the machine has been up.

use quash_core::time::Uptime;
use rustix::time::{ClockId, clock_gettime};

/// What `CLOCK_BOOTTIME` says: it counts the time that the machine was suspended, and no clock setting moves it. A
/// fresh reading each time, some 20 ns.
pub fn system_uptime() -> Uptime {
    let now = clock_gettime(ClockId::Boottime);
    let seconds = u64::try_from(now.tv_sec).unwrap_or_default();
    let nanoseconds = u64::try_from(now.tv_nsec).unwrap_or_default();
    Uptime::from_nanoseconds(seconds.saturating_mul(1_000_000_000).saturating_add(nanoseconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uptime_does_not_go_back() {
        let before = system_uptime();
        assert!(before > Uptime::ZERO && system_uptime() >= before);
    }
}
