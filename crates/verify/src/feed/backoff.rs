//! How long a follower waits before it connects again.

use std::time::Duration;

/// At once, then a random part of 50 ms, 100 ms, 200 ms and so on up to 2 s (design section 3).
///
/// The whole span is random, so that the followers of a server that comes back do not all come at one time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Backoff {
    failures: u32,
}

impl Backoff {
    /// The largest part that the second attempt waits.
    pub const FIRST: Duration = Duration::from_millis(50);
    /// The largest part that any attempt waits.
    pub const LONGEST: Duration = Duration::from_secs(2);

    /// Before the first attempt.
    pub const fn new() -> Self {
        Self { failures: 0 }
    }

    /// How long to wait before the next attempt. `random` is uniform over all its values; a fresh one each time.
    pub fn wait(&mut self, random: u32) -> Duration {
        let failures = self.failures;
        self.failures = failures.saturating_add(1);
        let Some(doublings) = failures.checked_sub(1) else { return Duration::ZERO };
        let longest = Self::FIRST.saturating_mul(1 << doublings.min(16)).min(Self::LONGEST);
        longest.mul_f64(f64::from(random) / f64::from(u32::MAX))
    }

    /// An attempt led to what it was made for: the next one is the first again.
    pub fn succeeded(&mut self) {
        self.failures = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_attempt_is_at_once_and_the_others_wait_at_most_twice_as_long_each_up_to_two_seconds() {
        let mut backoff = Backoff::new();
        let longest: Vec<u128> = (0..9).map(|_| backoff.wait(u32::MAX).as_millis()).collect();
        assert_eq!(longest, [0, 50, 100, 200, 400, 800, 1600, 2000, 2000]);
        assert_eq!(backoff.wait(0), Duration::ZERO, "the jitter is full");
        backoff.succeeded();
        assert_eq!(backoff.wait(u32::MAX), Duration::ZERO);
    }
}
