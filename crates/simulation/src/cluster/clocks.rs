//! The clocks of one machine: they drift, they jump, and a start of the machine sets one of them to zero.

use std::time::Duration;

use quash_core::time::{Timestamp, Uptime};

use super::tick::{Tick, nanoseconds};
use crate::rng::Rng;
use crate::world::START;

/// How much faster or slower than the truth a clock runs at most: two of them stay within the margin of a lease,
/// which is one percent.
const MOST_DRIFT_PPM: u64 = 4_500;

const MILLION: u128 = 1_000_000;

/// The clocks of one machine.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clocks {
    /// Parts of a million that it counts in a millionth of the true time.
    rate: u64,
    /// When the machine was started, and what its uptime said then.
    booted_at: Tick,
    uptime_then: u64,
    /// Milliseconds that the wall clock is ahead of where it would be by itself.
    ahead: i64,
    /// Milliseconds that all wall clocks leapt over.
    leapt: u64,
}

impl Clocks {
    /// Clocks that drift by chance, of a machine that has been running for a while.
    pub(crate) const fn drifting(rng: &mut Rng) -> Self {
        let rate = 1_000_000 - MOST_DRIFT_PPM + rng.below(2 * MOST_DRIFT_PPM + 1);
        Self { rate, booted_at: Tick::START, uptime_then: rng.below(1 << 50), ahead: 0, leapt: 0 }
    }

    /// What counts the time since the machine was started.
    pub(crate) fn uptime(&self, at: Tick) -> Uptime {
        let run = u128::from(nanoseconds(at.since(self.booted_at))) * u128::from(self.rate) / MILLION;
        Uptime::from_nanoseconds(self.uptime_then + u64::try_from(run).unwrap_or(u64::MAX))
    }

    /// The first true instant at which the uptime reads `uptime` or more.
    pub(crate) fn when(&self, uptime: Uptime) -> Tick {
        let run = u128::from(uptime.nanoseconds().saturating_sub(self.uptime_then));
        let span = (run * MILLION).div_ceil(u128::from(self.rate).max(1));
        self.booted_at.plus(Duration::from_nanos(u64::try_from(span).unwrap_or(u64::MAX)))
    }

    /// What people set.
    pub(crate) fn wall(&self, at: Tick) -> Timestamp {
        let milliseconds = START.milliseconds() + at.milliseconds() + self.leapt;
        Timestamp::from_milliseconds(milliseconds.saturating_add_signed(self.ahead))
    }

    /// How far the wall clock is ahead, in milliseconds.
    pub(crate) const fn ahead(&self) -> i64 {
        self.ahead
    }

    /// A time passes in which nothing happens that matters: all clocks go on by so many milliseconds.
    pub(crate) const fn leap(&mut self, milliseconds: u64) {
        self.leapt += milliseconds;
    }

    /// Sets the wall clock so many milliseconds ahead.
    pub(crate) const fn set_ahead(&mut self, milliseconds: i64) {
        self.ahead = milliseconds;
    }

    /// The machine was started anew at `at`: its uptime begins at zero.
    pub(crate) const fn reboot(&mut self, at: Tick) {
        self.booted_at = at;
        self.uptime_then = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_instant_of_an_uptime_is_the_first_that_reads_it() {
        let mut rng = Rng::new(3);
        for _ in 0..200 {
            let clocks = Clocks::drifting(&mut rng);
            let uptime = clocks.uptime(Tick::START).plus(Duration::from_nanos(rng.below(1 << 40)));
            let at = clocks.when(uptime);
            assert!(clocks.uptime(at) >= uptime);
            let before = at.nanoseconds().saturating_sub(1);
            assert!(clocks.uptime(Tick::START.plus(Duration::from_nanos(before))) < uptime || before == 0);
        }
    }

    #[test]
    fn two_clocks_stay_within_the_margin_of_a_lease() {
        let fastest = 1_000_000 + MOST_DRIFT_PPM;
        let slowest = 1_000_000 - MOST_DRIFT_PPM;
        assert!(fastest * 100 <= slowest * 101);
    }
}
