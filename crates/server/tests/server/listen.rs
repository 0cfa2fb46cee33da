//! Listeners on real sockets: slow clients, the cap, the drain, TLS.

mod cap_and_drain;
mod header_size;
mod slow_clients;
mod tls;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use axum::routing::get;
use quash_server::listen::accept::{Drained, Listener};
use quash_server::listen::limits::Limits;
use quash_server::listen::stop::{StopHandle, stop};
use quash_server::listen::tls::Tls;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};

/// What is allowed on top of a limit before a test calls it late.
const SLACK: Duration = Duration::from_secs(2);
/// Longer than any test runs.
const NEVER: Duration = Duration::from_secs(600);

const GET: &[u8] = b"GET / HTTP/1.1\r\nhost: quash\r\n\r\n";

/// A listener that is served.
struct Served {
    address: SocketAddr,
    stop: StopHandle,
    end: JoinHandle<Drained>,
    /// `/held` answers after this.
    release: Arc<Notify>,
    /// `/held` was asked.
    asked: Arc<Notify>,
}

/// No limit but those that a test sets.
fn unlimited() -> Limits {
    Limits {
        max_connections: 100,
        first_byte_timeout: NEVER,
        header_timeout: NEVER,
        idle_timeout: NEVER,
        request_timeout: NEVER,
        write_timeout: NEVER,
        drain_timeout: NEVER,
    }
}

async fn serve(limits: Limits, tls: Option<Arc<Tls>>) -> Served {
    let (release, asked) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (held, told) = (Arc::clone(&release), Arc::clone(&asked));
    let router = Router::new()
        .route("/", get(|| async { "hello" }))
        .route("/peer", get(|ConnectInfo(peer): ConnectInfo<SocketAddr>| async move { peer.to_string() }))
        .route("/large", get(|| async { vec![b'x'; 64 << 20] }))
        .route(
            "/held",
            get(move || async move {
                told.notify_one();
                held.notified().await;
                "released"
            }),
        );
    let listener = Listener::bind((Ipv4Addr::LOCALHOST, 0).into(), tls, limits).await.unwrap();
    let address = listener.address().unwrap();
    let (handle, wish) = stop();
    let end = tokio::spawn(listener.serve(router, wish));
    Served { address, stop: handle, end, release, asked }
}

impl Served {
    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }
}

/// Everything until the peer closes; a reset counts as closed.
async fn read_to_end(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes).await;
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Reads until `end` has come.
async fn read_until(stream: &mut TcpStream, end: &str) -> String {
    let mut bytes = Vec::new();
    while !String::from_utf8_lossy(&bytes).contains(end) {
        let byte = stream.read_u8().await.unwrap_or_else(|error| panic!("no {end:?} came: {error}"));
        bytes.push(byte);
    }
    String::from_utf8(bytes).unwrap()
}

/// The listener closes `stream` once `limit` is over: not before, and not later than the slack.
async fn closed_after(stream: &mut TcpStream, since: Instant, limit: Duration) -> String {
    let text = timeout(limit + SLACK, read_to_end(stream)).await.expect("the connection is cut in time");
    assert!(since.elapsed() >= limit, "cut after {:?}", since.elapsed());
    text
}

/// Sends one request and reads its answer, the connection stays open.
async fn exchange(stream: &mut TcpStream) {
    stream.write_all(GET).await.unwrap();
    let answer = read_until(stream, "hello").await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}
