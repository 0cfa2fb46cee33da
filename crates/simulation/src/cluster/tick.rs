//! Time as it really is, which no node of a run can read.

use std::fmt;
use std::time::Duration;

/// An instant of a run: nanoseconds since it began, by nobody's clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Tick(u64);

impl Tick {
    /// The beginning.
    pub(crate) const START: Self = Self(0);

    #[cfg(test)]
    pub(crate) const fn nanoseconds(self) -> u64 {
        self.0
    }

    /// Whole milliseconds, rounded down.
    pub(crate) const fn milliseconds(self) -> u64 {
        self.0 / 1_000_000
    }

    pub(crate) fn plus(self, span: Duration) -> Self {
        Self(self.0.saturating_add(nanoseconds(span)))
    }

    /// How long ago `earlier` was, or zero when it lies ahead.
    pub(crate) fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }
}

impl fmt::Display for Tick {
    /// Seconds with milliseconds.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:03}", self.milliseconds() / 1000, self.milliseconds() % 1000)
    }
}

/// The nanoseconds of `span`; the largest number for one that is longer.
pub(crate) fn nanoseconds(span: Duration) -> u64 {
    u64::try_from(span.as_nanos()).unwrap_or(u64::MAX)
}
