//! One direction between two machines.

use std::time::Duration;

use crate::cluster::tick::Tick;
use crate::rng::Rng;

/// How long a frame is under way at least and at most, in microseconds, on a link that nothing slows down.
const UNDER_WAY_US: (u64, u64) = (100, 8_000);

/// One direction between two machines.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Link {
    cuts: u32,
    extra: Duration,
    each: Duration,
}

impl Link {
    pub(crate) const fn is_cut(&self) -> bool {
        self.cuts > 0
    }

    pub(crate) const fn cut(&mut self) {
        self.cuts += 1;
    }

    pub(crate) const fn mend(&mut self) {
        self.cuts = self.cuts.saturating_sub(1);
    }

    pub(crate) const fn slow_down(&mut self, extra: Duration, each: Duration) {
        self.extra = extra;
        self.each = each;
    }

    /// When a frame that is sent at `now` after one that arrives at `before` arrives: never before that one.
    pub(crate) fn arrival(&self, before: Tick, now: Tick, rng: &mut Rng) -> Tick {
        let under_way = Duration::from_micros(rng.between(UNDER_WAY_US.0, UNDER_WAY_US.1)) + self.extra;
        now.plus(under_way).max(before.plus(self.each))
    }
}
