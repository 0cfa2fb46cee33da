//! A follower that says hello and then never reads: it slows nobody, and takes up little.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::WebSocketUpgrade;
use axum::routing::get;
use futures_util::{SinkExt, StreamExt};
use quash_authority::Feed;
use quash_core::lease::Instance;
use quash_core::revocation::target_key::LogKey;
use quash_http::{AuthorityFeeds, FeedDoor, FeedLimits};
use quash_storage::ports::RevocationLog as _;
use quash_verify::feed::Limits;
use quash_verify::feed::frame::{Hello, Ping, ToServer};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{WebSocketStream, client_async};

use super::before_reading::BeforeReading;
use super::client::{Client, PATIENCE};
use crate::house::House;

/// How long a follower may take nothing.
const WRITE_TIMEOUT: Duration = Duration::from_secs(1);
/// Allowed beyond a promised time.
const SLACK: Duration = Duration::from_secs(2);
/// Enough to fill the sockets several times over.
const ENTRIES: usize = 1_500;
const LEASE: Duration = Duration::from_secs(10);

/// A door to the feed of `house`, and behind it small sockets: they are soon full.
fn serve(house: &House, feed: Feed, pages: &Arc<AtomicUsize>) -> (String, FeedDoor, JoinSet<()>) {
    let publication = Limits { page: 16, silence: Duration::from_secs(60), ..Limits::default() };
    let limits = FeedLimits { write_timeout: WRITE_TIMEOUT, publication, ..FeedLimits::default() };
    let (door, feeds) = (FeedDoor::new(limits), AuthorityFeeds::new(Arc::clone(&house.verifier)));
    let (entrance, pages) = (door.clone(), Arc::clone(pages));
    let follow = async move |upgrade: WebSocketUpgrade| {
        let pages = Arc::clone(&pages);
        let happens = Arc::new(move || _ = pages.fetch_add(1, Ordering::SeqCst));
        let counted = BeforeReading { feed: feeds.of(feed.clone()), happens };
        entrance.upgrade(upgrade, counted).unwrap()
    };
    let listener = small_sockets();
    let url = format!("ws://{}/v1/feed/ws", listener.local_addr().unwrap());
    let mut task = JoinSet::new();
    let router = Router::new().route("/v1/feed/ws", get(follow));
    task.spawn(async move { axum::serve(listener, router).await.unwrap() });
    (url, door, task)
}

/// Hears on loopback; what is sent on its connections soon fills them.
pub(super) fn small_sockets() -> TcpListener {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_send_buffer_size(4096).unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    socket.listen(16).unwrap()
}

/// A connection on which hello and one ping were said, and from which nothing is read any more.
pub(super) async fn stuck(url: &str, bearer: &str, key: &LogKey) -> WebSocketStream<TcpStream> {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(2048).unwrap();
    let address = url.trim_start_matches("ws://").split('/').next().unwrap().parse().unwrap();
    let stream = socket.connect(address).await.unwrap();
    let mut request = url.into_client_request().unwrap();
    request.headers_mut().insert("authorization", format!("Bearer {bearer}").parse().unwrap());
    let (mut socket, _) = client_async(request, stream).await.unwrap();
    let hello = Hello {
        min_version: 1,
        max_version: 1,
        instance: Instance::from_random([9; 16]),
        name: "stuck".into(),
        max_staleness: LEASE,
        relay: false,
        unfenced: false,
        resume: None,
    };
    let hello = ToServer::Hello(hello).encode(&LogKey::from_random([0; 16]));
    socket.send(Message::Binary(hello.into())).await.unwrap();
    let ping = ToServer::Ping(Ping { number: 1 }).encode(key);
    socket.send(Message::Binary(ping.into())).await.unwrap();
    socket
}

async fn revoke(house: &House, number: usize, more: Value) -> Value {
    let mut body = json!({ "target": { "type": "subject", "id": format!("user-{number}") } });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    house.revoke(body).await
}

/// Waits until `is_so`.
async fn until(is_so: impl Fn() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < PATIENCE, "waited in vain");
        sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn a_follower_that_never_reads_is_dropped_in_time_holds_up_nobody_and_takes_up_a_page_or_two() {
    // I8, and design section 4
    let house = House::new().await;
    let key = house.key_of("verifier").await;
    let caller = house.authority.authenticate_credential(&key).unwrap();
    let feed = house.authority.open_feed(&caller).unwrap();
    let (pages_of_all, pages) = (Arc::default(), Arc::default());
    let (url, busy, _busy_task) = serve(&house, feed.clone(), &pages_of_all);
    let (stuck_url, door, _task) = serve(&house, feed, &pages);
    let mut reader = Client::new(1);
    reader.connect_to(&url, &key).await.unwrap();
    reader.until(|client| client.gauge.is_complete()).await;
    let mut silent = stuck(&stuck_url, &key, &house.store.identity().await.unwrap().key).await;
    let taken = pages.load(Ordering::SeqCst);
    until(|| door.followers() == 1 && pages.load(Ordering::SeqCst) > taken).await;

    let mut last = 0;
    let append = async {
        for number in 0..ENTRIES {
            last = revoke(&house, number, json!({})).await["position"].as_u64().unwrap();
        }
        let appended = Instant::now();
        until(|| door.followers() == 0).await;
        assert!(appended.elapsed() < WRITE_TIMEOUT + SLACK, "{:?}", appended.elapsed());
    };
    tokio::select! {
        () = append => {}
        () = reader.until(|_| false) => {}
    }
    // Meanwhile the other one was served.
    reader.until(|client| client.verifier.watermark().number() >= last).await;
    assert_eq!((busy.followers(), reader.snapshots), (1, 0), "without a second snapshot");

    // What was read for it and did not get into its socket was held for it: a handful of pages.
    let mut arrived = 0;
    while let Some(Ok(message)) = silent.next().await {
        arrived += usize::from(matches!(message, Message::Binary(_)));
    }
    let read = pages.load(Ordering::SeqCst);
    assert!(arrived > 0 && read <= arrived + 4, "{read} pages were read, {arrived} messages arrived");
    assert!(read < ENTRIES / 16 * 4, "{read} pages of {ENTRIES} entries");

    // Its lease ends by time alone.
    let waited = everywhere(&house, ENTRIES, &mut reader, Duration::from_millis(1)).await;
    let pending = waited["pending"].as_array().unwrap();
    assert!(pending.iter().any(|verifier| verifier["verifier"] == "stuck"), "{waited}");
    assert_eq!(waited["complete"], json!(false));
    house.uptime.advance(LEASE + LEASE / 100);
    let waited = everywhere(&house, ENTRIES + 1, &mut reader, Duration::ZERO).await;
    assert_eq!((&waited["complete"], &waited["pending"]), (&json!(true), &json!([])));
}

/// Revokes, and waits for everybody; meanwhile `reader` goes on, and time does, step by step.
async fn everywhere(house: &House, number: usize, reader: &mut Client, step: Duration) -> Value {
    let time_goes_by = async {
        loop {
            house.uptime.advance(step);
            sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::select! {
        waited = revoke(house, number, json!({ "wait": "everywhere", "timeout_ms": 10 })) => waited,
        () = time_goes_by => unreachable!(),
        () = reader.until(|_| false) => unreachable!(),
    }
}
