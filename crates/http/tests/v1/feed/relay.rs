//! What a relay grants, moved by hand: the leases below it, and the logs that follow one another (design sections 2 and
//! 3).

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::ws::WebSocketUpgrade;
use axum::routing::get;
use futures_util::{SinkExt, StreamExt};
use quash_core::lease::Instance;
use quash_core::position::{Checksum, LogId, Position};
use quash_core::revocation::target_key::LogKey;
use quash_core::time::{Timestamp, Uptime};
use quash_http::{
    FeedDoor, FeedLimits, FeedSource, FollowerLease, PageAnswer, RelayFeed, RelayLeases, RelayParts,
    RelaySource, RelayTerms, UptimeSource,
};
use quash_verify::feed::frame::{ByeCode, HIGHEST_VERSION, Hello, LOWEST_VERSION, ToFollower, ToServer};
use quash_verify::feed::{
    Action, Call, Follower, FollowerConfig, Limits, Opening, Page, Publication, Read, RecordLog,
};
use quash_verify::{Gauge, Verifier};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Message;

use super::before_reading::BeforeReading;
use super::client::PATIENCE;
use crate::house::START;

const LEASE: Duration = Duration::from_secs(10);

fn position(number: u64) -> Position {
    Position::new(number).unwrap()
}

/// A log up to `head`, and a lease of `lease`.
fn log(head: u64, lease: Duration) -> Opening {
    Opening {
        log: LogId::from_random([1; 16]),
        key: LogKey::from_random([2; 16]),
        origin: Position::ZERO,
        head: position(head),
        checksum: Checksum([3; 16]),
        lease,
        checksum_at_resume: None,
        horizon: Duration::from_secs(665),
    }
}

/// What happens the first time, and nothing after that.
fn once(happens: impl FnOnce() + Send + 'static) -> Arc<dyn Fn() + Send + Sync> {
    let happens = Mutex::new(Some(happens));
    Arc::new(move || {
        let first = happens.lock().unwrap().take();
        if let Some(happens) = first {
            happens();
        }
    })
}

/// A relay, and the clock that the test sets.
struct Relay {
    follower: Arc<Mutex<Follower>>,
    gauge: Arc<Gauge>,
    leases: RelayLeases,
    source: RelaySource,
    _told: (watch::Sender<Position>, watch::Sender<Option<RelayTerms>>, watch::Sender<u64>),
    nanoseconds: Arc<AtomicU64>,
}

impl Relay {
    /// One that followed `log` at second 100.
    fn following(opening: &Opening) -> Self {
        let nanoseconds = Arc::new(AtomicU64::new(0));
        let read = Arc::clone(&nanoseconds);
        let uptime: UptimeSource = Arc::new(move || Uptime::from_nanoseconds(read.load(Ordering::Relaxed)));
        let gauge = Arc::new(Gauge::new(LEASE));
        let records = Arc::new(RecordLog::new());
        let verifier = Arc::new(Verifier::builder().build_cold().unwrap());
        let config = FollowerConfig {
            instance: Instance::from_random([1; 16]),
            name: "relay".into(),
            max_staleness: LEASE,
            relay: true,
            unfenced: false,
            learn: false,
        };
        let follower = Follower::new(config, verifier, Arc::clone(&gauge)).relaying(Arc::clone(&records));
        let leases = RelayLeases::new(Arc::clone(&records), uptime);
        let terms = RelayTerms { lease: LEASE, horizon: opening.horizon };
        let told = (watch::Sender::new(opening.head), watch::Sender::new(Some(terms)), watch::Sender::new(0));
        let parts = RelayParts {
            log: records,
            gauge: Arc::clone(&gauge),
            heads: told.0.subscribe(),
            terms: told.1.subscribe(),
            trust_versions: told.2.subscribe(),
            trust: Arc::new(|| None),
            clock: Arc::new(|| START),
        };
        let source = RelaySource::new(parts, leases.clone());
        let follower = Arc::new(Mutex::new(follower));
        let relay = Self { follower, gauge, leases, source, _told: told, nanoseconds };
        relay.at(100.0);
        relay.follow(opening);
        relay
    }

    fn at(&self, seconds: f64) -> Uptime {
        let now = Uptime::ZERO.plus(Duration::from_secs_f64(seconds));
        self.nanoseconds.store(now.nanoseconds(), Ordering::Relaxed);
        now
    }

    fn now(&self) -> Uptime {
        Uptime::from_nanoseconds(self.nanoseconds.load(Ordering::Relaxed))
    }

    /// Connects anew, and takes in all that there is of `opening`'s log, which has no live record.
    fn follow(&self, opening: &Opening) {
        follow(&mut self.follower.lock().unwrap(), opening, self.now());
    }

    fn feed(&self) -> RelayFeed {
        self.source.feed(Arc::new(|| true))
    }

    async fn lease(&self) -> Box<dyn FollowerLease> {
        self.feed().open(&hello(false)).await.unwrap().1
    }
}

fn follow(follower: &mut Follower, opening: &Opening, now: Uptime) {
    let mut server = Publication::new(Limits::default(), now);
    server.receive(&follower.connect(now), now).unwrap();
    server.opened(opening);
    loop {
        let mut rests = true;
        while let Some(message) = server.next_message() {
            follower.receive(&message, now, START).unwrap();
            rests = false;
        }
        if server.wants().is_some() {
            let Opening { head: through, checksum, .. } = *opening;
            server.page(Page { records: Vec::new(), through, checksum, forgotten: Timestamp::EPOCH });
            rests = false;
        }
        while let Some(action) = follower.next_action() {
            match action {
                Action::Send(message) => {
                    if let Some(Call::Ping { number, .. }) = server.receive(&message, now).unwrap() {
                        server.pong(number, opening.head, Duration::ZERO);
                    }
                }
                Action::Store(_, ticket) => follower.stored(ticket),
                _ => {}
            }
            rests = false;
        }
        if rests {
            return;
        }
    }
}

fn hello(unfenced: bool) -> Hello {
    Hello {
        min_version: LOWEST_VERSION,
        max_version: HIGHEST_VERSION,
        instance: Instance::from_random([9; 16]),
        name: "leaf".into(),
        max_staleness: LEASE,
        relay: false,
        unfenced,
        resume: None,
    }
}

#[tokio::test]
async fn nobody_below_a_relay_builds_on_what_it_said_longer_than_the_relay_itself_may() {
    // Design section 3, I1': the relay came to another server, whose leases are shorter, and tells nobody yet.
    let relay = Relay::following(&log(100, LEASE));
    let lease = relay.lease().await;
    let asked_at = relay.at(109.5);
    let shorter = Opening { checksum_at_resume: Some(Checksum([3; 16])), ..log(100, Duration::from_secs(2)) };
    relay.follow(&shorter);
    assert_eq!(relay.gauge.fresh_until(), Uptime::ZERO.plus(Duration::from_millis(111_500)));
    let answer = lease.answer_ping(asked_at).unwrap();
    let leaf_until = asked_at.minus(answer.age).plus(LEASE);
    assert!(leaf_until <= relay.gauge.fresh_until(), "{leaf_until:?}");
}

#[tokio::test]
async fn what_was_acknowledged_of_a_log_that_went_back_is_not_acknowledged_of_the_next_one() {
    // I1'. A leaf that held position 100 of the lost history does not hold position 50 of this one.
    let relay = Relay::following(&log(100, LEASE));
    let lease = relay.lease().await;
    lease.answer_ping(relay.at(101.0)).unwrap();
    lease.acknowledge(position(100), 0);
    assert_eq!(relay.leases.lowest(), Some((position(100), 0)));
    relay.at(102.0);
    relay.follow(&log(50, LEASE));
    assert_eq!(relay.leases.lowest(), Some((Position::ZERO, 0)), "its lease runs");
    lease.acknowledge(position(100), 0);
    assert_eq!(relay.leases.lowest(), Some((Position::ZERO, 0)), "on the connection of the lost history");
    assert_eq!(lease.answer_ping(relay.at(103.0)), None);
    let anew = relay.lease().await;
    anew.acknowledge(position(50), 0);
    assert_eq!(relay.leases.lowest(), Some((position(50), 0)));
}

/// Serves the feed on loopback, and opens a connection of a leaf that says `hello`: with which word it ends.
async fn sent_away_from(source: impl FeedSource + Clone + 'static, hello: Hello) -> ByeCode {
    let door = FeedDoor::new(FeedLimits::default());
    let serve = async move |upgrade: WebSocketUpgrade| door.upgrade(upgrade, source.clone()).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("ws://{}/", listener.local_addr().unwrap());
    let mut task = JoinSet::new();
    task.spawn(async move { axum::serve(listener, Router::new().route("/", get(serve))).await.unwrap() });
    let (mut socket, _) = connect_async(url).await.unwrap();
    let hello = ToServer::Hello(hello).encode(&LogKey::from_random([0; 16]));
    socket.send(Message::Binary(hello.into())).await.unwrap();
    let goodbye = async {
        loop {
            let Message::Binary(bytes) = socket.next().await.unwrap().unwrap() else { continue };
            if let Ok(ToFollower::Bye(bye)) = ToFollower::decode(&bytes, None) {
                return bye.code;
            }
        }
    };
    timeout(PATIENCE, goodbye).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_snapshot_that_is_on_its_way_when_the_log_goes_back_is_given_up() {
    // Attack row 40: no state is made of two logs, and no server reads for ever.
    let relay = Relay::following(&log(100, LEASE));
    let (follower, now) = (Arc::clone(&relay.follower), relay.now());
    let goes_back = move || follow(&mut follower.lock().unwrap(), &log(50, LEASE), now);
    let interrupted = BeforeReading { feed: relay.feed(), happens: once(goes_back) };
    assert_eq!(sent_away_from(interrupted, hello(false)).await, ByeCode::LogChanged);
    assert!(matches!(
        relay.feed().read(Read::Head).await,
        Ok(PageAnswer::Behind { head, .. }) if head == position(50)
    ));
}

#[tokio::test]
async fn a_verifier_that_accepts_on_a_stale_state_does_not_hide_behind_a_relay_that_does_not() {
    // Design section 3: whoever is unfenced is told by name, and a relay stands for all that follow it.
    let relay = Relay::following(&log(100, LEASE));
    assert_eq!(sent_away_from(relay.feed(), hello(true)).await, ByeCode::Forbidden);
    assert_eq!(relay.leases.lowest(), None, "it holds up nobody");
}
