//! A follower that floods its connection with pings of WebSocket.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use quash_http::FeedLimits;
use tokio::time::{Instant, sleep};

use super::client::{PATIENCE, Served, serve};
use crate::house::House;

/// An empty ping with a mask of zeros (RFC 6455 section 5.5.2).
const PING: [u8; 6] = [0x89, 0x80, 0, 0, 0, 0];
/// More than a socket holds that nobody reads from.
const ESTABLISHED: usize = 4 << 20;

/// Floods the feed from a thread of its own, faster than anybody can look at it; counts the bytes that were taken.
fn flood(served: &Served, key: &str, taken: Arc<AtomicUsize>, over: Arc<AtomicBool>) {
    let mut socket = TcpStream::connect(served.address).unwrap();
    let request = format!(
        "GET /v1/feed/ws HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {key}\r\nconnection: upgrade\r\n\
         upgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
        served.address
    );
    let mut answers = socket.try_clone().unwrap();
    thread::spawn(move || {
        // What is answered is read, so that nobody waits for this end.
        let mut buffer = [0; 1 << 14];
        while answers.read(&mut buffer).is_ok_and(|read| read > 0) {}
    });
    thread::spawn(move || {
        socket.write_all(request.as_bytes()).unwrap();
        let pings = PING.repeat(8 << 10);
        while !over.load(Ordering::Relaxed) && socket.write_all(&pings).is_ok() {
            taken.fetch_add(pings.len(), Ordering::Relaxed);
        }
    });
}

#[tokio::test]
async fn a_flood_of_pings_keeps_nobody_from_looking_at_the_clock() {
    // Each heartbeat looks at the clock and at the credential. A ping of WebSocket says nothing of the feed: whoever says
    // nothing else is silent.
    let house = House::new().await;
    let served = serve(&house, FeedLimits::default()).await;
    let key = house.key_of("verifier").await;
    let (taken, over) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
    flood(&served, &key, Arc::clone(&taken), Arc::clone(&over));
    let began = Instant::now();
    let until = async |is_so: &dyn Fn() -> bool| {
        while !is_so() && began.elapsed() < PATIENCE {
            sleep(Duration::from_millis(5)).await;
        }
    };
    until(&|| taken.load(Ordering::Relaxed) > ESTABLISHED).await;
    assert_eq!(served.state.feed().followers(), 1);
    house.uptime.advance(FeedLimits::default().publication.silence);
    until(&|| served.state.feed().followers() == 0).await;
    over.store(true, Ordering::Relaxed);
    assert_eq!(served.state.feed().followers(), 0);
}
