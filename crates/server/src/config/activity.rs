//! `[activity]`: how it becomes known which sessions are used.

use std::time::Duration;

use super::section::Section;

/// The shortest interval that is one.
const SHORTEST: Duration = Duration::from_secs(1);

/// How uses of sessions are reported.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct ActivityConfig {
    /// How often; none: never.
    pub interval: Option<Duration>,
}

impl ActivityConfig {
    /// Reads the section.
    pub(super) fn read(section: &mut Section<'_>) -> Self {
        let interval = section.bounded(
            "interval",
            "how often it is noted which sessions were used, so that idle limits count uses of access tokens: one write for each session that was; `0s`: only renewals count",
            Duration::from_secs(30),
            Duration::ZERO..=Duration::from_secs(3_600),
        );
        if interval > Duration::ZERO && interval < SHORTEST {
            section.problem("interval", "found less than a second, expected `0s` or at least `1s`");
        }
        Self { interval: (interval > Duration::ZERO).then_some(interval) }
    }

    /// Whether a session of this idle limit may be over although it is used all the time.
    pub(super) fn is_too_slow_for(&self, idle: Duration) -> bool {
        self.interval.is_some_and(|interval| idle < interval * 2)
    }
}
