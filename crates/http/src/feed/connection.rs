//! One follower's connection.

use std::ops::ControlFlow;
use std::pin::{Pin, pin};
use std::time::Duration;

use axum::extract::ws::{Message, WebSocket};
use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use futures_util::stream::SplitStream;
use quash_core::lease::Instance;
use quash_core::position::Position;
use quash_verify::feed::frame::{ByeCode, Hello};
use quash_verify::feed::{Call, Publication};
use tokio::sync::{mpsc, watch};
use tokio::time::{sleep, timeout};

use super::counts::FeedCounts;
use super::door::{FeedDoor, FeedLimits};
use super::source::{FeedSource, FeedTrust, FollowerLease, NotServed, PageAnswer, PingAnswer};
use super::writer::{Written, write};

/// How long a good-bye may take to leave.
const GOODBYE: Duration = Duration::from_secs(1);
/// When a follower that can not be served now is to come back.
const COME_BACK: Duration = Duration::from_millis(500);
/// When a follower is to come back that can not be served before somebody changed a configuration.
const COME_BACK_LATE: Duration = Duration::from_secs(10);

/// Over: nothing more is to be done for this follower.
struct Over;

type Step = ControlFlow<Over>;

/// Serves one follower until either side is done.
pub(super) async fn serve(socket: WebSocket, source: &dyn FeedSource, door: &FeedDoor) {
    let (limits, mut closing) = (door.limits(), door.closing());
    let (sink, mut stream) = socket.split();
    // One message waits while one is written: the next one is made when the socket took the last.
    let (queue, messages) = mpsc::channel(1);
    let mut writing = pin!(write(sink, messages, limits.write_timeout));
    let mut driver = Driver::new(source, limits, door.counts());
    let written = tokio::select! {
        () = driver.run(&mut stream, queue, &mut closing) => None,
        written = &mut writing => Some(written),
    };
    if written == Some(Written::Stalled) {
        driver.stalled();
    }
    if written.is_none() {
        // The queue is closed: what is in it leaves, or the follower does not care for it.
        let _ = timeout(GOODBYE, writing).await;
        // INVARIANT: what the follower still sent is read to its end. A connection that is closed over unread bytes is
        // reset, and the good-bye that is under way is lost.
        let _ = timeout(GOODBYE, async { while let Some(Ok(_)) = stream.next().await {} }).await;
    }
    driver.leave();
    // INVARIANT: dropped last. Whoever closes the door waits until then.
    drop(closing);
}

struct Driver<'s> {
    source: &'s dyn FeedSource,
    counts: &'s FeedCounts,
    /// How many of the publication's snapshots are counted.
    snapshots: u64,
    publication: Publication,
    /// Who it is, once it said so.
    follower: Option<Follower>,
    generation: u64,
    heads: watch::Receiver<Position>,
    trust: watch::Receiver<u64>,
    /// The version of the trust that was told last.
    told: u64,
    reading: Option<BoxFuture<'s, Result<PageAnswer, NotServed>>>,
    /// The message that leaves next.
    next: Option<Vec<u8>>,
}

/// Who follows.
struct Follower {
    name: Box<str>,
    instance: Instance,
    lease: Box<dyn FollowerLease>,
}

impl<'s> Driver<'s> {
    fn new(source: &'s dyn FeedSource, limits: FeedLimits, counts: &'s FeedCounts) -> Self {
        Self {
            counts,
            snapshots: 0,
            publication: Publication::new(limits.publication, source.uptime()),
            generation: source.generation(),
            heads: source.heads(),
            trust: source.trust_changes(),
            told: 0,
            source,
            follower: None,
            reading: None,
            next: None,
        }
    }

    async fn run(
        &mut self,
        stream: &mut SplitStream<WebSocket>,
        queue: mpsc::Sender<Vec<u8>>,
        closing: &mut watch::Receiver<bool>,
    ) {
        self.tell_trust();
        while self.step(stream, &queue, closing).await.is_continue() {}
        // Nothing but a good-bye is left, if anything.
        while let Some(message) = self.publication.next_message() {
            if queue.send(message).await.is_err() {
                return;
            }
        }
    }

    async fn step(
        &mut self,
        stream: &mut SplitStream<WebSocket>,
        queue: &mpsc::Sender<Vec<u8>>,
        closing: &mut watch::Receiver<bool>,
    ) -> Step {
        self.prepare();
        let until_tick = self.publication.wake_at().since(self.source.uptime());
        // INVARIANT: whichever is ready has its turn, by chance: a follower that never stops talking, and be it in pings
        // of WebSocket, keeps off neither heartbeats nor the look at its credential.
        tokio::select! {
            () = closed(closing) => {
                self.end(ByeCode::GoingAway, Duration::ZERO, "the server stops")
            }
            message = stream.next() => self.hear(message).await,
            room = queue.reserve(), if self.next.is_some() => {
                // An error means that the writer is gone, which ends this, too.
                if let (Ok(room), Some(message)) = (room, self.next.take()) {
                    room.send(message);
                }
                Step::Continue(())
            }
            answer = wait_for(&mut self.reading) => self.take_answer(answer),
            changed = self.heads.changed() => self.take_head(changed.is_ok()),
            changed = self.trust.changed() => {
                self.tell_trust();
                if changed.is_ok() { Step::Continue(()) } else { self.source_is_gone() }
            }
            () = sleep(until_tick) => self.tick(),
        }
    }

    /// Finds out what leaves next, and begins to read what it takes.
    fn prepare(&mut self) {
        let begun = self.publication.snapshots();
        self.counts.add_snapshots(begun.saturating_sub(std::mem::replace(&mut self.snapshots, begun)));
        if self.next.is_none() {
            self.next = self.publication.next_message();
        }
        if self.next.is_none() && self.reading.is_none() {
            self.reading = self.publication.wants().map(|read| self.source.read(read));
        }
    }

    async fn hear(&mut self, message: Option<Result<Message, axum::Error>>) -> Step {
        match message {
            Some(Ok(Message::Binary(bytes))) => {
                match self.publication.receive(&bytes, self.source.uptime()) {
                    Ok(Some(call)) => self.answer(call).await,
                    Ok(None) => Step::Continue(()),
                    Err(broken) => {
                        tracing::warn!(follower = self.name(), %broken, "a follower was sent away");
                        Step::Break(Over)
                    }
                }
            }
            Some(Ok(Message::Text(_))) => self.end(ByeCode::Protocol, Duration::ZERO, "binary is expected"),
            // The library answers these by itself.
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => Step::Continue(()),
            Some(Ok(Message::Close(_)) | Err(_)) | None => Step::Break(Over),
        }
    }

    async fn answer(&mut self, call: Call) -> Step {
        match call {
            Call::Open(hello) => return self.open(hello).await,
            Call::Ping { number, received_at } => {
                if let Some(answer) = self.lease().and_then(|lease| lease.answer_ping(received_at)) {
                    self.pong(number, answer);
                }
            }
            Call::Ack { watermark, trust } => {
                if let Some(lease) = self.lease() {
                    lease.acknowledge(watermark, trust);
                }
            }
            Call::Held { records } => {
                self.counts.add_held();
                self.source.held(self.name(), &records);
            }
            // A call that this version does not know asks for nothing that it can do.
            _ => {}
        }
        Step::Continue(())
    }

    fn pong(&mut self, number: u64, PingAnswer { head, age, trust }: PingAnswer) {
        if trust > self.told {
            self.tell_trust();
        }
        self.publication.pong(number, head, age);
    }

    async fn open(&mut self, hello: Hello) -> Step {
        if hello.unfenced && !self.source.takes_unfenced() {
            tracing::warn!(follower = %hello.name, "a follower that accepts on a stale state was sent away");
            let text = "a verifier that accepts on a stale state has to follow the authority itself";
            return self.end(ByeCode::Forbidden, COME_BACK_LATE, text);
        }
        if let Some(error) = self.source.withheld().filter(|_| hello.resume.is_none()) {
            tracing::warn!(follower = %hello.name, "a follower that can not be told whom to trust was sent away");
            return self.end(
                ByeCode::Busy,
                COME_BACK_LATE,
                &format!("whom to trust can not be told: {error}"),
            );
        }
        let Ok((opening, lease)) = self.source.open(&hello).await else { return self.not_served() };
        let Hello { name, instance, .. } = hello;
        tracing::info!(follower = %name, %instance, lease = ?opening.lease, "a follower was let in");
        self.follower = Some(Follower { name, instance, lease });
        if let Some(mismatch) = self.publication.opened(&opening) {
            self.source.mismatch(self.name(), mismatch);
        }
        self.take_head(true)
    }

    fn take_answer(&mut self, answer: Result<PageAnswer, NotServed>) -> Step {
        self.reading = None;
        // INVARIANT: no snapshot is made of two logs, and none goes on that can not come to its end.
        if self.source.generation() != self.generation {
            return self.log_changed();
        }
        match answer {
            Ok(PageAnswer::Page(page)) => self.publication.page(page),
            Ok(PageAnswer::Behind { head, checksum }) => self.publication.behind(head, checksum),
            Err(NotServed) => return self.not_served(),
        }
        Step::Continue(())
    }

    fn take_head(&mut self, is_followed: bool) -> Step {
        if !is_followed {
            return self.source_is_gone();
        }
        if self.source.generation() != self.generation {
            return self.log_changed();
        }
        let head = *self.heads.borrow_and_update();
        self.publication.head(head);
        Step::Continue(())
    }

    fn tell_trust(&mut self) {
        self.trust.mark_unchanged();
        if let Some(FeedTrust { version, document }) = self.source.trust()
            && version != self.told
        {
            self.told = version;
            self.publication.trust(version, &document);
        }
    }

    fn tick(&mut self) -> Step {
        if !self.source.is_allowed() {
            return self.end(ByeCode::Forbidden, COME_BACK, "the credential does not permit it any more");
        }
        if self.source.generation() != self.generation {
            return self.log_changed();
        }
        match self.publication.tick(self.source.uptime(), self.source.age()) {
            Ok(()) => Step::Continue(()),
            Err(broken) => {
                self.counts.add_silent();
                tracing::info!(follower = self.name(), %broken, "a follower is gone");
                Step::Break(Over)
            }
        }
    }

    fn log_changed(&mut self) -> Step {
        self.end(ByeCode::LogChanged, Duration::ZERO, "the log became another one")
    }

    fn not_served(&mut self) -> Step {
        self.end(ByeCode::Busy, COME_BACK, "the log can not be served now")
    }

    fn source_is_gone(&mut self) -> Step {
        self.end(ByeCode::GoingAway, Duration::ZERO, "the server stops")
    }

    fn end(&mut self, code: ByeCode, retry_after: Duration, text: &str) -> Step {
        self.publication.refuse(code, retry_after, text);
        Step::Break(Over)
    }

    fn stalled(&self) {
        self.counts.add_stalled();
        tracing::warn!(follower = self.name(), "a follower took nothing for too long, and was dropped");
    }

    fn name(&self) -> &str {
        self.follower.as_ref().map_or("", |follower| &follower.name)
    }

    fn lease(&self) -> Option<&dyn FollowerLease> {
        self.follower.as_ref().map(|follower| &*follower.lease)
    }

    fn leave(&mut self) {
        if let Some(Follower { name, instance, .. }) = self.follower.take() {
            tracing::info!(follower = %name, %instance, "a follower left");
        }
    }
}

/// Returns once the door is closed, or gone.
async fn closed(closing: &mut watch::Receiver<bool>) {
    // What it gives holds a lock, which is not to be held any longer.
    let _ = closing.wait_for(|closing| *closing).await.map(drop);
}

/// The answer to what is being read; never when nothing is.
async fn wait_for<T>(reading: &mut Option<Pin<Box<dyn Future<Output = T> + Send + '_>>>) -> T {
    match reading {
        Some(reading) => reading.await,
        None => std::future::pending().await,
    }
}
