//! Where the time comes from.

use std::time::{SystemTime, UNIX_EPOCH};

use quash_core::time::Timestamp;

/// Tells the time. Everything else takes it as an argument.
pub trait Clock: Send + Sync {
    /// The present instant.
    fn now(&self) -> Timestamp;
}

/// The clock of the operating system.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the system's clock")]
    fn now(&self) -> Timestamp {
        // A clock before 1970 reads as 1970: nothing is issued then, for every key and session is older.
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp::EPOCH.plus(since_epoch)
    }
}
