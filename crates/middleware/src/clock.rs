//! The clock of the machine.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use quash_core::time::Timestamp;

/// What time it is, by the machine's clock. Some 20 ns. Hand it to a [`Gate`](crate::Gate); tests hand in their own.
#[expect(
    clippy::disallowed_methods,
    reason = "somebody has to ask; everything here takes the answer as a value"
)]
pub fn system_clock() -> Timestamp {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    Timestamp::EPOCH.plus(since_epoch)
}
