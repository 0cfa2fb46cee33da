//! A follower that floods the server with pings of WebSocket and reads nothing.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use tokio::time::Instant;

use super::follower::key;
use crate::process::running::Running;

/// How long anything may take before the test gives up.
const PATIENCE: Duration = Duration::from_secs(60);
/// After ten seconds in which nothing of the feed was said a server says good-bye, which has one second to leave and one to
/// arrive. And slack.
const SENT_AWAY: Duration = Duration::from_secs(10 + 1 + 1 + 2);
/// What a connection may take up: the buffers of its WebSocket, with room for what the rest of the process does meanwhile.
const MOST_KIB: u64 = 32 << 10;

/// The most memory that the process ever had, in KiB.
fn peak(server: &Running) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

#[test]
#[cfg(target_os = "linux")]
fn answers_that_a_flooding_follower_does_not_read_fill_no_memory() {
    // I8. Each ping of WebSocket is answered by the library, whoever reads the answers.
    let data = tempfile::tempdir().unwrap();
    let server = Running::dev(data.path());
    let (key, address) = (key(&server), server.url.trim_start_matches("http://").to_owned());
    let mut socket = TcpStream::connect(&address).unwrap();
    socket.set_write_timeout(Some(PATIENCE)).unwrap();
    let request = format!(
        "GET /v1/feed/ws HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {key}\r\nconnection: upgrade\r\n\
         upgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    );
    socket.write_all(request.as_bytes()).unwrap();
    let mut status = [0; 12];
    socket.read_exact(&mut status).unwrap();
    assert_eq!(&status, b"HTTP/1.1 101");

    // The longest ping, with a mask of zeros (RFC 6455 section 5.5).
    let ping = [&[0x89, 0x80 | 0x7D, 0, 0, 0, 0][..], &[b'x'; 0x7D]].concat();
    let pings = ping.repeat(512);
    let (before, began) = (peak(&server), Instant::now());
    let mut sent = 0_u64;
    while socket.write_all(&pings).is_ok() && began.elapsed() < PATIENCE {
        sent += pings.len() as u64;
    }
    let grown = peak(&server).saturating_sub(before);
    assert!(grown < MOST_KIB, "{grown} KiB more for {sent} bytes of pings");
    assert!(began.elapsed() < SENT_AWAY, "sent away after {:?}", began.elapsed());
}
