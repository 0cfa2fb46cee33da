//! `[retention]`: how long what is over is kept.

use std::time::Duration;

use super::section::Section;

/// How long what is over is kept. What can still hit a token is kept in any case.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct RetentionConfig {
    /// Sessions that ended stay listed for this long.
    pub keep_ended_sessions: Duration,
    /// Entries of the audit log stay for this long.
    pub keep_audit: Duration,
}

impl RetentionConfig {
    /// Reads the section.
    pub(super) fn read(section: &mut Section<'_>) -> Self {
        Self {
            keep_ended_sessions: section.bounded(
                "keep_ended_sessions",
                "how long sessions that ended stay listed",
                Duration::from_secs(30 * 86_400),
                Duration::ZERO..=Duration::from_secs(3_650 * 86_400),
            ),
            keep_audit: section.bounded(
                "keep_audit",
                "how long entries of the audit log are kept",
                Duration::from_secs(400 * 86_400),
                Duration::from_secs(86_400)..=Duration::from_secs(36_500 * 86_400),
            ),
        }
    }
}
