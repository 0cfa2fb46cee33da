//! What is elsewhere: the server's port, a service with a verifier of its own that follows the feed, and somebody who
//! looks at the feed's messages on their way.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use futures_util::{SinkExt as _, StreamExt as _};
use quash_core::lease::Instance;
use quash_core::position::Position;
use quash_core::revocation::record::Record;
use quash_core::revocation::target_key::LogKey;
use quash_middleware::feed::{Feed, ServiceKey};
use quash_middleware::system_clock;
use quash_verify::feed::batch;
use quash_verify::feed::frame::{Hello, ToFollower, ToServer};
use quash_verify::{Checked, Moment};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;

/// How long anything may take before the test gives up. No claim about how long it does take.
const PATIENCE: Duration = Duration::from_secs(30);

/// The name under which the service's verifier is listed.
pub(crate) const NAME: &str = "orders-1";

/// A server that others can reach.
pub(crate) struct Port {
    address: SocketAddr,
    serving: JoinHandle<()>,
}

impl Port {
    pub(crate) async fn open(router: Router) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let serving = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { address, serving }
    }

    /// Nobody reaches the server any more.
    pub(crate) fn close(&self) {
        self.serving.abort();
    }
}

/// A service that checks tokens by itself.
pub(crate) struct Service {
    pub(crate) feed: Feed,
}

impl Service {
    pub(crate) async fn follow(port: &Port, key: &str) -> Self {
        let key = ServiceKey::new(key).unwrap();
        let feed = Feed::builder(&format!("http://{}", port.address), key).name(NAME).start().unwrap();
        timeout(PATIENCE, feed.wait_until_ready()).await.expect("the state is complete and fresh");
        Self { feed }
    }

    /// Waits until the service's verifier holds the log up to `position`.
    pub(crate) async fn wait_for(&self, position: Position) {
        let mut status = self.feed.status_changes();
        let arrived = status.wait_for(|status| status.position >= Some(position));
        timeout(PATIENCE, arrived).await.expect("the entry arrives").unwrap();
    }

    /// Whether the service lets `token` in; why not, if it does not.
    pub(crate) fn check(&self, token: &str) -> Result<(), String> {
        let at = Moment { now: system_clock(), freshness: self.feed.freshness() };
        match self.feed.verifier().check(token, at) {
            Ok(Checked::Accepted(_)) => Ok(()),
            Ok(Checked::Rejected(refusal)) => Err(refusal.rejection().reason().to_owned()),
            Err(undecided) => panic!("nothing was decided: {undecided}"),
        }
    }
}

/// What the feed sends to a follower that begins now, up to the record at `position`.
pub(crate) async fn record_on_the_wire(port: &Port, key: &str, position: Position) -> Arc<Record> {
    let mut request = format!("ws://{}/v1/feed/ws", port.address).into_client_request().unwrap();
    request.headers_mut().insert("authorization", format!("Bearer {key}").parse().unwrap());
    let (mut socket, _) = connect_async(request).await.unwrap();
    let hello = ToServer::Hello(Hello {
        min_version: 1,
        max_version: 1,
        instance: Instance::from_random([3; 16]),
        name: "onlooker".into(),
        max_staleness: Duration::from_secs(10),
        relay: false,
        unfenced: false,
        resume: None,
    });
    socket.send(Message::binary(hello.encode(&LogKey::from_random([0; 16])))).await.unwrap();
    let mut log_key = None;
    loop {
        let message = timeout(PATIENCE, socket.next()).await.expect("the feed speaks").unwrap().unwrap();
        let Message::Binary(bytes) = message else { continue };
        let records = match ToFollower::decode(&bytes, log_key.as_ref()).expect("a message of the feed") {
            ToFollower::Welcome(welcome) => {
                log_key = Some(welcome.key);
                continue;
            }
            ToFollower::SnapshotChunk(chunk) => batch::decode(chunk.batch).unwrap(),
            ToFollower::Entries(entries) => batch::decode(entries.batch).unwrap(),
            _ => continue,
        };
        if let Some(record) = records.into_iter().find(|record| record.position == position) {
            return Arc::new(record);
        }
    }
}
