//! A token that is newer than what is known here of the sessions that may pass (S12).

use std::time::Duration;

use crate::error::Failure;

/// How often its registration is looked for: a quarter of a second in all, some feeds' round trips.
const LOOKS: u32 = 50;
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// What `judge` says, once it no longer says that the token is ahead of what is known; and what it says at last.
pub(crate) async fn known_soon<T>(judge: impl Fn() -> Result<T, Failure>) -> Result<T, Failure> {
    for _look in 0..LOOKS {
        match judge() {
            Err(failure) if failure.is_ahead() => tokio::time::sleep(LOOK_EVERY).await,
            judged => return judged,
        }
    }
    judge()
}
