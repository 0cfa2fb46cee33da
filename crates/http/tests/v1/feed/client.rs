//! A server on loopback, and a follower that is moved by hand.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use quash_core::lease::Instance;
use quash_core::time::Uptime;
use quash_http::{AppState, FeedLimits, HttpSettings, router};
use quash_verify::feed::frame::{ByeCode, Start, ToFollower};
use quash_verify::feed::{Action, Fault, Follower, FollowerConfig};
use quash_verify::{Gauge, Verifier};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::house::{House, START};

/// How long anything may take before a test gives up.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);

/// The endpoints of a house, served until this is dropped.
pub(super) struct Served {
    pub(super) address: SocketAddr,
    pub(super) state: AppState,
    _task: JoinSet<()>,
}

pub(super) async fn serve(house: &House, limits: FeedLimits) -> Served {
    serve_on(TcpListener::bind("127.0.0.1:0").await.unwrap(), house, limits)
}

/// The same, where `listener` hears.
pub(super) fn serve_on(listener: TcpListener, house: &House, limits: FeedLimits) -> Served {
    let settings = HttpSettings { feed: limits, ..HttpSettings::default() };
    let state = AppState::new(Arc::clone(&house.authority), Arc::clone(&house.verifier), settings);
    let address = listener.local_addr().unwrap();
    let router = router(state.clone());
    let mut task = JoinSet::new();
    task.spawn(async move { axum::serve(listener, router).await.unwrap() });
    Served { address, state, _task: task }
}

/// A follower and its connection.
pub(super) struct Client {
    socket: Option<WebSocketStream<MaybeTlsStream<TcpStream>>>,
    pub(super) follower: Follower,
    pub(super) verifier: Arc<Verifier>,
    pub(super) gauge: Arc<Gauge>,
    began: Instant,
    /// How each connection started, and which snapshots began.
    pub(super) starts: Vec<Start>,
    pub(super) snapshots: usize,
    pub(super) goodbye: Option<ByeCode>,
    /// What ended the last connection, if the follower was told.
    pub(super) ended_by: Option<Fault>,
}

impl Client {
    pub(super) fn new(number: u8) -> Self {
        let verifier = Arc::new(Verifier::builder().build_cold().unwrap());
        let gauge = Arc::new(Gauge::new(Duration::from_secs(10)));
        let config = FollowerConfig {
            instance: Instance::from_random([number; 16]),
            name: format!("follower-{number}").into(),
            max_staleness: gauge.max_staleness(),
            relay: false,
            unfenced: false,
            learn: true,
        };
        let follower = Follower::new(config, Arc::clone(&verifier), Arc::clone(&gauge));
        let began = Instant::now();
        Self {
            socket: None,
            follower,
            verifier,
            gauge,
            began,
            starts: Vec::new(),
            snapshots: 0,
            goodbye: None,
            ended_by: None,
        }
    }

    /// Some hours after the machine's start.
    pub(super) fn now(&self) -> Uptime {
        Uptime::ZERO.plus(Duration::from_secs(10_000) + self.began.elapsed())
    }

    /// Opens the feed; the status of the answer when it is not opened.
    pub(super) async fn connect(&mut self, served: &Served, key: &str) -> Result<(), u16> {
        self.connect_to(&format!("ws://{}/v1/feed/ws", served.address), key).await
    }

    /// The same at `url`.
    pub(super) async fn connect_to(&mut self, url: &str, key: &str) -> Result<(), u16> {
        let mut request = url.into_client_request().unwrap();
        request.headers_mut().insert("authorization", format!("Bearer {key}").parse().unwrap());
        let opened = connect_async(request).await;
        let (mut socket, _) = opened.map_err(|error| match error {
            tungstenite::Error::Http(answer) => answer.status().as_u16(),
            other => panic!("{other}"),
        })?;
        self.goodbye = None;
        let hello = self.follower.connect(self.now());
        socket.send(Message::Binary(hello.into())).await.unwrap();
        self.socket = Some(socket);
        Ok(())
    }

    pub(super) fn disconnect(&mut self) {
        self.socket = None;
        self.follower.disconnected(self.now());
        while self.follower.next_action().is_some() {}
    }

    /// Goes on until `is_so`, or until the server ends the connection.
    pub(super) async fn until(&mut self, mut is_so: impl FnMut(&Self) -> bool) {
        let waited = timeout(PATIENCE, async {
            while !is_so(self) && self.socket.is_some() {
                self.step().await;
            }
        });
        assert!(waited.await.is_ok(), "waited in vain: {:?}", self.follower);
        assert!(is_so(self), "the connection ended before: {:?}", self.goodbye);
    }

    /// Goes on until the server ends the connection: with which word.
    pub(super) async fn until_sent_away(&mut self) -> ByeCode {
        let waited = timeout(PATIENCE, async {
            while self.socket.is_some() {
                self.step().await;
            }
        });
        waited.await.unwrap();
        self.goodbye.unwrap()
    }

    /// Says nothing until the server ends the connection: with which word.
    pub(super) async fn silent_until_sent_away(&mut self) -> ByeCode {
        let waited = timeout(PATIENCE, async {
            while let Some(socket) = &mut self.socket {
                let message = socket.next().await;
                self.take(message);
            }
        });
        waited.await.unwrap();
        self.goodbye.unwrap()
    }

    async fn step(&mut self) {
        while let Some(action) = self.follower.next_action() {
            match action {
                Action::Send(message) => self.send(message).await,
                Action::Store(_, ticket) => self.follower.stored(ticket),
                _ => {}
            }
        }
        let Some(socket) = &mut self.socket else { return };
        tokio::select! {
            message = socket.next() => self.take(message),
            () = sleep(Duration::from_millis(20)) => self.follower.tick(self.now()).unwrap(),
        }
    }

    fn take(&mut self, message: Option<Result<Message, tungstenite::Error>>) {
        match message {
            Some(Ok(Message::Binary(bytes))) => self.hear(&bytes),
            Some(Ok(Message::Close(_)) | Err(_)) | None => self.socket = None,
            Some(Ok(_)) => {}
        }
    }

    pub(super) async fn send(&mut self, message: Vec<u8>) {
        if let Some(socket) = &mut self.socket
            && socket.send(Message::Binary(message.into())).await.is_err()
        {
            self.socket = None;
        }
    }

    fn hear(&mut self, bytes: &[u8]) {
        // Only those that are not sealed with the log's key can be read here.
        if let Ok(ToFollower::Welcome(welcome)) = ToFollower::decode(bytes, None) {
            self.starts.push(welcome.start);
        }
        let key = self.verifier.log_key();
        if let Ok(ToFollower::SnapshotBegin(_)) = ToFollower::decode(bytes, key.as_ref()) {
            self.snapshots += 1;
        }
        if let Err(broken) = self.follower.receive(bytes, self.now(), START) {
            match broken.fault {
                Fault::Bye { code, .. } => self.goodbye = Some(code),
                ref fault => panic!("{fault}"),
            }
            self.ended_by = Some(broken.fault);
            self.socket = None;
        }
    }
}
