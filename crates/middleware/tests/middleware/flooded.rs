//! A server of the feed that floods its follower with pings of WebSocket.

use std::io::Write as _;
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use quash_core::position::{Checksum, LogId, Position};
use quash_core::revocation::target_key::LogKey;
use quash_middleware::feed::{Feed, ServiceKey};
use quash_verify::feed::frame::{Start, ToFollower, Welcome};
use tokio_tungstenite::tungstenite::{self, Message};

/// How long anything may take before the test gives up.
const PATIENCE: Duration = Duration::from_secs(30);
/// An empty ping (RFC 6455 section 5.5.2).
const PING: [u8; 2] = [0x89, 0];

fn key() -> LogKey {
    LogKey::from_random([1; 16])
}

fn welcome() -> Vec<u8> {
    let welcome = Welcome {
        version: 1,
        log: LogId::from_random([2; 16]),
        key: key(),
        origin: Position::ZERO,
        head: Position::ZERO,
        checksum: Checksum([3; 16]),
        lease: Duration::from_secs(60),
        heartbeat: Duration::from_millis(250),
        start: Start::Snapshot,
        horizon: Duration::from_secs(600),
    };
    ToFollower::Welcome(welcome).encode(&key())
}

/// Welcomes one follower and floods it, until it leaves.
fn flood(stream: TcpStream) {
    let mut flooding = stream.try_clone().unwrap();
    let mut socket = tungstenite::accept(stream).unwrap();
    let Message::Binary(_hello) = socket.read().unwrap() else { panic!("a hello is expected") };
    socket.send(Message::Binary(welcome().into())).unwrap();
    thread::spawn(move || {
        let many = PING.repeat(32 << 10);
        while flooding.write_all(&many).is_ok() {}
    });
    while socket.read().is_ok() {}
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_flood_of_pings_of_websocket_keeps_no_follower_from_looking_at_the_clock() {
    // By the clock it asks, and leaves a connection on which nothing of the feed is heard for a second
    // (`docs/feed-format.md`, "Silence").
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (told, left) = channel();
    thread::spawn(move || {
        flood(listener.accept().unwrap().0);
        told.send(())
    });
    let feed = Feed::builder(&url, ServiceKey::new(&"k".repeat(32)).unwrap()).start().unwrap();
    let left = tokio::task::spawn_blocking(move || left.recv_timeout(PATIENCE));
    assert_eq!(left.await.unwrap(), Ok(()), "{:?}", feed.status());
    assert_eq!(feed.status().connections, 1);
}
