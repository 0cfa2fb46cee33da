//! Writes to one follower.

use std::time::Duration;

use axum::extract::ws::{Message, WebSocket};
use futures_util::SinkExt;
use futures_util::stream::SplitSink;
use tokio::sync::mpsc;
use tokio::time::timeout;

/// Sends what comes, in order, until there is nothing more to come; then closes. Also over when the follower does not
/// take a message within `patience`.
pub(super) async fn write(
    mut socket: SplitSink<WebSocket, Message>,
    mut messages: mpsc::Receiver<Vec<u8>>,
    patience: Duration,
) {
    while let Some(message) = messages.recv().await {
        match timeout(patience, socket.send(Message::Binary(message.into()))).await {
            Ok(Ok(())) => {}
            // Gone, or too slow for anybody to wait for.
            Ok(Err(_)) | Err(_) => return,
        }
    }
    let _ = timeout(patience, socket.close()).await;
}
