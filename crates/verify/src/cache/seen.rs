//! When a token was last accepted, in one word.

use std::sync::atomic::{AtomicU32, Ordering};

use quash_core::time::Timestamp;

/// A tick is 2^10 milliseconds: a shift, and 32 bits last for 139 years.
const TICK_BITS: u32 = 10;

/// It was not accepted since somebody asked.
const NOT: u32 = 0;

/// Nobody will ever ask: no session is behind the token, or none of ours.
const UNASKED: u32 = u32::MAX;

/// When a token was last accepted, to the tick, until somebody takes note of it.
#[derive(Debug)]
pub(super) struct Seen(AtomicU32);

impl Seen {
    /// Of a token that nobody asks about.
    pub(super) const fn unasked() -> Self {
        Self(AtomicU32::new(UNASKED))
    }

    /// Of a token that was accepted `at`, or not at all.
    pub(super) fn new(at: Option<Timestamp>) -> Self {
        Self(AtomicU32::new(at.map_or(NOT, tick)))
    }

    /// It is accepted at `now`. Written once a tick, so that readers do not fight for the line.
    #[inline]
    pub(super) fn note(&self, now: Timestamp) {
        let tick = tick(now);
        if self.0.load(Ordering::Relaxed) < tick {
            self.0.store(tick, Ordering::Relaxed);
        }
    }

    /// The start of the tick that it was last accepted in, if it was since the last question.
    pub(super) fn take(&self) -> Option<Timestamp> {
        if matches!(self.0.load(Ordering::Relaxed), NOT | UNASKED) {
            return None;
        }
        let tick = self.0.swap(NOT, Ordering::Relaxed);
        Some(Timestamp::from_milliseconds(u64::from(tick) << TICK_BITS))
    }
}

#[inline]
fn tick(at: Timestamp) -> u32 {
    // Beyond the year 2109 it stands still; whoever hears of it knows the time better.
    u32::try_from(at.milliseconds() >> TICK_BITS).unwrap_or(UNASKED).min(UNASKED - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: Timestamp = Timestamp::from_seconds(1_800_000_000);

    #[test]
    fn an_instant_is_told_once_and_up_to_a_tick_early_never_late() {
        // S05
        for milliseconds in [0, 1, 1_023, 1_024, 5_000] {
            let at = Timestamp::from_milliseconds(NOON.milliseconds() + milliseconds);
            let seen = Seen::new(Some(at));
            let told = seen.take().unwrap();
            assert!(told <= at && at.since(told).as_millis() < 1_024, "{told} for {at}");
            assert_eq!(seen.take(), None);
        }
    }

    #[test]
    fn the_latest_of_several_instants_is_told() {
        let seen = Seen::new(None);
        assert_eq!(seen.take(), None);
        for seconds in [10, 30, 20] {
            seen.note(Timestamp::from_seconds(NOON.seconds() + seconds));
        }
        assert!(seen.take().unwrap().seconds() >= NOON.seconds() + 29);
    }

    #[test]
    fn of_a_token_that_nobody_asks_about_nothing_is_ever_told() {
        let seen = Seen::unasked();
        for at in [NOON, Timestamp::FOREVER] {
            seen.note(at);
            assert_eq!(seen.take(), None);
        }
    }

    #[test]
    fn the_end_of_time_is_an_instant_like_others() {
        let seen = Seen::new(Some(Timestamp::FOREVER));
        assert!(seen.take().unwrap() > NOON);
        seen.note(NOON);
        assert!(seen.take().unwrap() <= NOON, "and one that was told does not stay");
    }
}
