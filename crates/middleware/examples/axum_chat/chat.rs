//! The chat itself: one room, and nobody stays in it whose session is over.

use axum::Router;
use axum::extract::State;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::response::Response;
use axum::routing::get;
use futures_util::{SinkExt, StreamExt};
use quash_middleware::{Authenticated, Gate, Guarded, RequireToken, guard_websocket};
use tokio::sync::broadcast;

/// How many messages somebody who reads slowly may be behind.
const BACKLOG: usize = 64;

#[derive(Clone)]
struct Room {
    gate: Gate,
    said: broadcast::Sender<String>,
}

/// The one route, `/chat`.
pub(crate) fn router(gate: Gate) -> Router {
    let room = Room { gate: gate.clone(), said: broadcast::Sender::new(BACKLOG) };
    Router::new().route("/chat", get(enter)).layer(RequireToken::new(gate)).with_state(room)
}

async fn enter(State(room): State<Room>, user: Authenticated, upgrade: WebSocketUpgrade) -> Response {
    let name = user.subject().unwrap_or("somebody").to_owned();
    let watch = room.gate.watch(&user);
    upgrade.on_upgrade(async move |socket| talk(room, &name, guard_websocket(socket, watch)).await)
}

/// Says to the room what comes in, and to the socket what the room says, until either ends. The guard ends it when the
/// session does.
async fn talk(room: Room, name: &str, mut socket: Guarded<WebSocket, Message>) {
    let mut heard = room.said.subscribe();
    // The room says who came, so that everybody knows, and whoever came knows to be in.
    let _ = room.said.send(format!("{name} came"));
    loop {
        tokio::select! {
            message = socket.next() => match message {
                Some(Ok(Message::Text(text))) => { let _ = room.said.send(format!("{name}: {text}")); }
                Some(Ok(_)) => {}
                Some(Err(_)) | None => break,
            },
            Ok(line) = heard.recv() => {
                if socket.send(Message::text(line)).await.is_err() {
                    break;
                }
            }
        }
    }
    let _ = room.said.send(format!("{name} left"));
}
