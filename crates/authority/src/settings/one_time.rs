//! Tokens that may be used once.

use std::time::Duration;

/// What holds for one-time tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OneTimeSettings {
    /// The longest life of one. Entries of the log are held for at least as long, so that they hit it.
    pub longest: Duration,
    /// How many uses are remembered at most, each until its token is over. Beyond that no token is honoured.
    pub most: u64,
}

impl Default for OneTimeSettings {
    fn default() -> Self {
        Self { longest: Duration::from_secs(600), most: 1_000_000 }
    }
}
