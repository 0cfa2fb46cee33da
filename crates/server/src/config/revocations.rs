//! `[revocations]`: entries of the log that are made here.

use std::time::Duration;

use super::section::Section;

/// What holds for entries of the log.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct RevocationsConfig {
    /// For how long an entry can be taken back.
    pub undo_window: Duration,
}

impl RevocationsConfig {
    /// Reads the section.
    pub(super) fn read(section: &mut Section<'_>) -> Self {
        Self {
            undo_window: section.bounded(
                "undo_window",
                "for how long after it was made a revocation can be undone; `0s`: not at all",
                Duration::from_secs(600),
                Duration::ZERO..=Duration::from_secs(86_400),
            ),
        }
    }
}
