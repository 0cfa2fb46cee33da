//! Instants as the project counts them. Durations are [`std::time::Duration`].
//!
//! Nothing here reads a clock: every instant is handed in by the caller.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// An instant: milliseconds since the Unix epoch, UTC, leap seconds ignored (as RFC 7519 section 2
/// ignores them in `NumericDate`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(u64);

impl Timestamp {
    /// The epoch itself. Earlier than everything that happens.
    pub const EPOCH: Self = Self(0);
    /// Later than everything that happens: "for ever".
    pub const FOREVER: Self = Self(u64::MAX);

    /// The instant `milliseconds` after the Unix epoch.
    pub const fn from_milliseconds(milliseconds: u64) -> Self {
        Self(milliseconds)
    }

    /// The instant `seconds` after the Unix epoch; saturates at [`Timestamp::FOREVER`].
    pub const fn from_seconds(seconds: u64) -> Self {
        Self(seconds.saturating_mul(1000))
    }

    /// Whole milliseconds since the Unix epoch.
    pub const fn milliseconds(self) -> u64 {
        self.0
    }

    /// Whole seconds since the Unix epoch, rounded down. This is what goes into a token's `iat`.
    pub const fn seconds(self) -> u64 {
        self.0 / 1000
    }

    /// Whole seconds since the Unix epoch, rounded up: a bound that must not come early.
    pub const fn seconds_rounded_up(self) -> u64 {
        self.0.div_ceil(1000)
    }

    /// This instant and `span` later; saturates at [`Timestamp::FOREVER`].
    #[must_use]
    pub const fn plus(self, span: Duration) -> Self {
        let millis = span.as_millis();
        // A span that does not fit is "for ever".
        if millis > u64::MAX as u128 {
            return Self::FOREVER;
        }
        #[expect(clippy::cast_possible_truncation, reason = "checked just above")]
        Self(self.0.saturating_add(millis as u64))
    }

    /// This instant and `span` earlier; saturates at the epoch.
    #[must_use]
    pub const fn minus(self, span: Duration) -> Self {
        let millis = span.as_millis();
        if millis > u64::MAX as u128 {
            return Self::EPOCH;
        }
        #[expect(clippy::cast_possible_truncation, reason = "checked just above")]
        Self(self.0.saturating_sub(millis as u64))
    }

    /// How long ago `earlier` was, or zero when it lies ahead.
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }
}

impl fmt::Display for Timestamp {
    /// Seconds with three decimals, for messages. RFC 3339 is the edges' business.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:03}", self.0 / 1000, self.0 % 1000)
    }
}

/// An instant on the clock of one running machine: nanoseconds since some moment of its start, the time that it was
/// suspended included, as `CLOCK_BOOTTIME` counts.
///
/// It never jumps, so ages and leases are counted with it. INVARIANT: two of them are only compared on one machine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Uptime(u64);

impl Uptime {
    /// The moment that is counted from.
    pub const ZERO: Self = Self(0);

    /// The instant `nanoseconds` after the start.
    pub const fn from_nanoseconds(nanoseconds: u64) -> Self {
        Self(nanoseconds)
    }

    /// Nanoseconds since the start: 584 years of them fit.
    pub const fn nanoseconds(self) -> u64 {
        self.0
    }

    /// This instant and `span` later; saturates at the last one.
    #[must_use]
    pub const fn plus(self, span: Duration) -> Self {
        Self(self.0.saturating_add(nanoseconds(span)))
    }

    /// This instant and `span` earlier; saturates at [`Uptime::ZERO`].
    #[must_use]
    pub const fn minus(self, span: Duration) -> Self {
        Self(self.0.saturating_sub(nanoseconds(span)))
    }

    /// How long ago `earlier` was, or zero when it lies ahead.
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }
}

/// The nanoseconds of `span`; the largest number for one that is longer.
const fn nanoseconds(span: Duration) -> u64 {
    let nanos = span.as_nanos();
    if nanos > u64::MAX as u128 {
        return u64::MAX;
    }
    #[expect(clippy::cast_possible_truncation, reason = "checked just above")]
    let nanos = nanos as u64;
    nanos
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uptimes_saturate_at_both_ends() {
        let instant = Uptime::from_nanoseconds(5);
        assert_eq!(instant.plus(Duration::MAX).plus(Duration::from_secs(1)).nanoseconds(), u64::MAX);
        assert_eq!(instant.minus(Duration::MAX), Uptime::ZERO);
        assert_eq!(instant.plus(Duration::from_nanos(7)).since(instant), Duration::from_nanos(7));
        assert_eq!(Uptime::ZERO.since(instant), Duration::ZERO);
    }

    #[test]
    fn seconds_round_down_and_bounds_round_up() {
        let instant = Timestamp::from_milliseconds(1999);
        assert_eq!(instant.seconds(), 1);
        assert_eq!(instant.seconds_rounded_up(), 2);
        assert_eq!(Timestamp::from_seconds(2).seconds_rounded_up(), 2);
    }

    #[test]
    fn arithmetic_saturates_at_both_ends() {
        assert_eq!(Timestamp::FOREVER.plus(Duration::from_secs(1)), Timestamp::FOREVER);
        assert_eq!(Timestamp::from_seconds(1).plus(Duration::MAX), Timestamp::FOREVER);
        assert_eq!(Timestamp::from_seconds(1).minus(Duration::from_secs(2)), Timestamp::EPOCH);
        assert_eq!(Timestamp::from_seconds(1).since(Timestamp::from_seconds(2)), Duration::ZERO);
    }
}
