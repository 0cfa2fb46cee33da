//! The guard of a WebSocket of axum.

use axum::extract::ws::{CloseFrame, Message, WebSocket, close_code};
use quash_verify::{Watch, WatchEnd};

use crate::guard::Guarded;

/// Guards `socket`: when the session that `watch` watches is revoked, the peer gets the close code 1008 (RFC 6455
/// section 7.4.1, policy violation) with the reason as its text, and the socket ends.
///
/// ```
/// use axum::extract::ws::{WebSocket, WebSocketUpgrade};
/// use axum::response::Response;
/// use futures_util::{SinkExt, StreamExt};
/// use quash_middleware::{Authenticated, Gate, guard_websocket};
///
/// async fn echo(gate: Gate, user: Authenticated, upgrade: WebSocketUpgrade) -> Response {
///     let watch = gate.watch(&user);
///     upgrade.on_upgrade(async move |socket| {
///         let mut socket = guard_websocket(socket, watch);
///         while let Some(Ok(message)) = socket.next().await {
///             if socket.send(message).await.is_err() {
///                 break;
///             }
///         }
///     })
/// }
/// ```
pub fn guard_websocket(socket: WebSocket, watch: Watch) -> Guarded<WebSocket, Message> {
    Guarded::new(socket, watch, farewell)
}

fn farewell(end: &WatchEnd) -> Message {
    // A reason is `[a-z0-9_]{1,64}` by its type: it fits the 123 bytes that a close frame has for it.
    let reason = end.reason.as_str().to_owned();
    Message::Close(Some(CloseFrame { code: close_code::POLICY, reason: reason.into() }))
}
