//! Writes to one follower.

use std::time::Duration;

use axum::extract::ws::{Message, WebSocket};
use futures_util::SinkExt;
use futures_util::stream::SplitSink;
use tokio::sync::mpsc;
use tokio::time::timeout;

/// How writing ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Written {
    /// There was nothing more to come, or the follower is gone.
    Over,
    /// The follower took nothing for too long.
    Stalled,
}

/// Sends what comes, in order, until there is nothing more to come; then closes. Also over when the follower does not
/// take a message within `patience`.
pub(super) async fn write(
    mut socket: SplitSink<WebSocket, Message>,
    mut messages: mpsc::Receiver<Vec<u8>>,
    patience: Duration,
) -> Written {
    while let Some(message) = messages.recv().await {
        match timeout(patience, socket.send(Message::Binary(message.into()))).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) => return Written::Over,
            // Too slow for anybody to wait for.
            Err(_) => return Written::Stalled,
        }
    }
    let _ = timeout(patience, socket.close()).await;
    Written::Over
}
