//! `[one_time]`: tokens that may be used once.

use std::time::Duration;

use super::section::Section;
use super::tokens::ACCESS_LIFE;

/// What holds for tokens that may be used once.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct OneTimeConfig {
    /// The longest life of one.
    pub longest_life: Duration,
    /// How many uses are remembered at most.
    pub most_remembered: u32,
}

impl OneTimeConfig {
    /// Reads the section.
    pub(super) fn read(section: &mut Section<'_>) -> Self {
        Self {
            longest_life: section.bounded(
                "longest_life",
                "the longest life of a one-time token; entries of the log are held for at least as long",
                Duration::from_secs(600),
                ACCESS_LIFE,
            ),
            most_remembered: section.bounded(
                "most_remembered",
                "how many uses are remembered at most, each until its token is over; beyond that none is honoured",
                1_000_000,
                1..=1_000_000_000,
            ),
        }
    }
}
