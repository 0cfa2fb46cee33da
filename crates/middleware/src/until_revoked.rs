//! Work that ends when the session of its token is revoked.

use std::future::Future;
use std::pin::pin;

use futures_util::future::{Either, select};
use futures_util::stream::TakeUntil;
use futures_util::{Stream, StreamExt};
use quash_verify::{Watch, WatchEnd};

/// Runs `work` until it is done, or until the session that `watch` watches is revoked: then `work` is dropped where
/// it stands. For handlers that stay: long polls, uploads, the whole of a socket's handler.
///
/// # Errors
/// Why it was cut off.
pub async fn until_revoked<F: Future>(watch: Watch, work: F) -> Result<F::Output, WatchEnd> {
    // The watch is asked first: no work is done for somebody who is signed out already.
    match select(watch, pin!(work)).await {
        Either::Left((end, _)) => Err(end),
        Either::Right((output, _)) => Ok(output),
    }
}

/// `stream` until it ends, or until the session that `watch` watches is revoked: then it ends before its next item.
/// For server-sent events and streamed bodies (S55).
pub fn stream_until_revoked<S: Stream>(watch: Watch, stream: S) -> TakeUntil<S, Watch> {
    stream.take_until(watch)
}
