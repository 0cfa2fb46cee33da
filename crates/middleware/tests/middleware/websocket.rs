//! A WebSocket is cut when its session is revoked (S55, attack row 39, I11), asked by a real client.

use std::net::SocketAddr;

use axum::Router;
use axum::extract::ws::{Message as Sent, WebSocketUpgrade};
use axum::extract::{Extension, Request};
use axum::response::Response;
use axum::routing::get;
use futures_util::{SinkExt, StreamExt};
use quash_core::revocation::reason::Reason;
use quash_middleware::testing::TestIssuer;
use quash_middleware::{Authenticated, Gate, RequireToken, guard_websocket};
use quash_verify::WatchEnd;
use serde_json::json;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

type Client = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// A server that says everything back, and tells what it read.
struct Echo {
    issuer: TestIssuer,
    address: SocketAddr,
    read: mpsc::UnboundedReceiver<String>,
}

async fn echo(
    Extension(gate): Extension<Gate>,
    Extension(read): Extension<mpsc::UnboundedSender<String>>,
    user: Authenticated,
    upgrade: WebSocketUpgrade,
    _request: Request,
) -> Response {
    let watch = gate.watch(&user);
    upgrade.on_upgrade(async move |socket| {
        let mut socket = guard_websocket(socket, watch);
        while let Some(Ok(message)) = socket.next().await {
            if let Sent::Text(text) = &message {
                let _ = read.send(text.to_string());
                let _ = socket.send(message).await;
            }
        }
    })
}

impl Echo {
    async fn start() -> Self {
        let issuer = TestIssuer::new();
        let gate = issuer.gate();
        let (tell, read) = mpsc::unbounded_channel();
        let api = Router::new()
            .route("/", get(echo))
            .layer(RequireToken::new(gate.clone()))
            .layer(Extension(gate))
            .layer(Extension(tell));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, api).await });
        Self { issuer, address, read }
    }

    async fn connect(&self, token: &str) -> Client {
        let mut request = format!("ws://{}/", self.address).into_client_request().unwrap();
        request.headers_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
        let (mut client, _) = connect_async(request).await.unwrap();
        // One message there and back: the handler is at work.
        client.send(Message::text("hello")).await.unwrap();
        assert_eq!(client.next().await.unwrap().unwrap(), Message::text("hello"));
        client
    }
}

/// What a client is told when it is cut off.
async fn farewell(client: &mut Client) -> (CloseCode, String) {
    match client.next().await.unwrap().unwrap() {
        Message::Close(Some(frame)) => (frame.code, frame.reason.to_string()),
        other => panic!("not closed: {other:?}"),
    }
}

#[tokio::test]
async fn a_socket_is_closed_with_1008_and_the_reason_when_its_session_is_revoked() {
    let echo = Echo::start().await;
    let token = echo.issuer.token("alice", json!({ "sid": "ses_1" }));
    let other = echo.issuer.token("alice", json!({ "sid": "ses_2" }));
    let (mut cut, mut kept) = (echo.connect(&token).await, echo.connect(&other).await);

    echo.issuer.end_session("ses_1");
    assert_eq!(farewell(&mut cut).await, (CloseCode::Policy, "admin".to_owned()));
    assert!(cut.next().await.is_none(), "nothing comes after the farewell");

    kept.send(Message::text("still here")).await.unwrap();
    assert_eq!(kept.next().await.unwrap().unwrap(), Message::text("still here"));
}

#[tokio::test]
async fn a_rotation_of_the_token_cuts_nobody() {
    // S55: the session lives on
    let echo = Echo::start().await;
    let token = echo.issuer.token("alice", json!({ "sid": "ses_1" }));
    let mut client = echo.connect(&token).await;
    echo.issuer.refresh_session("ses_1");
    echo.issuer.advance(TestIssuer::LIFE * 2);
    client.send(Message::text("still here")).await.unwrap();
    assert_eq!(client.next().await.unwrap().unwrap(), Message::text("still here"));
    // The session ends later: the socket is still watched, although its token is over.
    echo.issuer.end_session("ses_1");
    assert_eq!(farewell(&mut client).await.0, CloseCode::Policy);
}

#[tokio::test]
async fn everything_that_ends_the_session_closes_its_sockets() {
    let echo = Echo::start().await;
    let mut client = echo.connect(&echo.issuer.token("alice", json!({}))).await;
    echo.issuer.end_subject("alice");
    assert_eq!(farewell(&mut client).await.0, CloseCode::Policy);
}

#[tokio::test]
async fn nothing_that_a_revoked_peer_sends_reaches_the_handler() {
    let mut echo = Echo::start().await;
    let token = echo.issuer.token("alice", json!({ "sid": "ses_1" }));
    let mut client = echo.connect(&token).await;
    assert_eq!(echo.read.recv().await.unwrap(), "hello");
    echo.issuer.end_session("ses_1");
    for _ in 0..100 {
        // It may be told to stop in the middle of this.
        let _ = client.send(Message::text("too late")).await;
    }
    assert_eq!(farewell(&mut client).await.0, CloseCode::Policy);
    drop(client);
    assert!(echo.read.try_recv().is_err(), "a message was read after the revocation");
}

#[tokio::test]
async fn a_feed_gap_beyond_the_horizon_closes_every_socket() {
    // design §3, last paragraph: an entry may have come and been over unseen
    let echo = Echo::start().await;
    let mut alice = echo.connect(&echo.issuer.token("alice", json!({}))).await;
    let mut bob = echo.connect(&echo.issuer.token("bob", json!({}))).await;
    echo.issuer.verifier().resolve_all_watches(&Reason::known(WatchEnd::FEED_GAP));
    for client in [&mut alice, &mut bob] {
        assert_eq!(farewell(client).await, (CloseCode::Policy, WatchEnd::FEED_GAP.to_owned()));
    }
}
