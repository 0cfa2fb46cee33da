//! Keeps the keys of a foreign issuer fresh (attack row 29).
//!
//! INVARIANT: at most one fetch begins in a cooldown, whatever tokens come in. A set that can not be used never
//! replaces one that can.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use quash_jose::KeySet;
use quash_jose::jwks::KeySetError;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until, timeout_at};

use crate::fetch::error::FetchError;
use crate::listen::stop::Stop;

/// How often keys are fetched.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// Without being asked.
    pub refresh: Duration,
    /// At most once in this time.
    pub cooldown: Duration,
}

/// Tells the task that a token named a key that nobody knows. Cheap, and may be said at every token.
#[derive(Clone, Debug, Default)]
pub struct UnknownKeySeen(Arc<Notify>);

impl UnknownKeySeen {
    /// Says so. Does not wait; said again before the next fetch it changes nothing.
    pub fn tell(&self) {
        self.0.notify_one();
    }
}

/// Why the keys before stay in use.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RefreshError {
    /// Nothing came.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// What came is not UTF-8.
    #[error("the key set is not UTF-8")]
    NotText,
    /// What came is no set of usable keys.
    #[error(transparent)]
    Keys(#[from] KeySetError),
}

/// Fetches with `fetch` until `stop` is spoken, and hands every usable key set to `install`.
///
/// The first fetch is made at once. One that fails is tried again after the cooldown; so is one that was good, once
/// an unknown key was seen.
pub async fn keep_fresh<F>(
    issuer: &str,
    pace: Pace,
    unknown: UnknownKeySeen,
    mut fetch: impl FnMut() -> F + Send,
    install: impl Fn(KeySet) + Send,
    mut stop: Stop,
) where
    F: Future<Output = Result<Bytes, FetchError>> + Send,
{
    loop {
        let began = Instant::now();
        let fetched = tokio::select! {
            biased;
            () = stop.wait() => return,
            fetched = fetch() => fetched,
        };
        let good = match fetched.map_err(RefreshError::from).and_then(|bytes| read(issuer, &bytes)) {
            Ok(keys) => {
                install(keys);
                true
            }
            Err(error) => {
                tracing::warn!(issuer, %error, "the issuer's keys were not refreshed, those before stay in use");
                false
            }
        };
        tokio::select! {
            biased;
            () = stop.wait() => return,
            () = next(began, pace, &unknown, good) => {}
        }
    }
}

/// Returns when the next fetch may begin, and should.
async fn next(began: Instant, pace: Pace, unknown: &UnknownKeySeen, good: bool) {
    if good {
        // Over at the refresh, or as soon as somebody asks.
        let _ = timeout_at(began + pace.refresh, unknown.0.notified()).await;
    }
    sleep_until(began + pace.cooldown).await;
}

fn read(issuer: &str, bytes: &[u8]) -> Result<KeySet, RefreshError> {
    let text = std::str::from_utf8(bytes).map_err(|_| RefreshError::NotText)?;
    let found = KeySet::from_jwks(text)?;
    for refused in &found.refused {
        tracing::warn!(issuer, place = refused.place, error = %refused.error, "a key of the issuer is not used");
    }
    Ok(found.keys)
}
