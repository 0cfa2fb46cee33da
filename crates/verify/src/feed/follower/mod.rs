//! The side that follows a log: what comes in, what is made of it, what is to be done about it.

mod acknowledge;
mod action;
mod holding;
mod incoming;
mod learn;
mod link;
mod load;
mod lost;
mod pings;
mod receive;

pub use action::{Action, Piece, StoreTicket};
pub use load::Loaded;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use quash_core::lease::Instance;
use quash_core::position::{Checksum, LogId, Position};
use quash_core::revocation::target_key::LogKey;
use quash_core::time::{Timestamp, Uptime};

use self::acknowledge::Acknowledgements;
use self::holding::Holding;
use self::learn::Learned;
use self::link::Link;
use self::lost::Recall;
use super::alarm::Alarm;
use super::fault::{Broken, Fault};
use super::frame::{HIGHEST_VERSION, Hello, LOWEST_VERSION, Resume, ToServer};
use super::record_log::RecordLog;
use super::state_file::{Compacted, Tally};
use super::trust::TrustDocument;
use crate::gauge::Gauge;
use crate::verifier::Verifier;

/// Who follows, and under which terms.
#[derive(Clone, Debug)]
pub struct FollowerConfig {
    /// This run of this process.
    pub instance: Instance,
    /// Its name, for people: 1 to 256 bytes without control characters.
    pub name: Box<str>,
    /// The lease to ask for: the age at which the state is called stale.
    pub max_staleness: Duration,
    /// Whether the feed is served to others from here.
    pub relay: bool,
    /// Whether any route accepts on a stale state.
    pub unfenced: bool,
    /// Whether the issuers, their rules and keys are the authority's. Then the state is complete only once they are
    /// known. Else a trust is acknowledged and otherwise left alone: the owner looks after it.
    pub learn: bool,
}

/// Where a log is held up to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    log: LogId,
    key: LogKey,
    origin: Position,
    position: Position,
    checksum: Checksum,
}

/// Follows one log, over one connection after the other, and keeps a [`Verifier`] and a [`Gauge`] up to date.
///
/// Does no input or output: the owner carries messages to [`receive`](Self::receive) and does what
/// [`next_action`](Self::next_action) says, in order. Every instant is an argument. After any call that takes `&mut self`, ask
/// `next_action` until it has nothing more, and [`wake_at`](Self::wake_at) for when to [`tick`](Self::tick).
///
/// - What it takes in is enforced when `receive` returns, acknowledged when it is [`stored`](Self::stored), and never
///   taken back by anything that a server says.
/// - The gauge is renewed by the answer to a ping, to the instant that the ping was made less the age of the answer,
///   and only once every record up to the answer's head is enforced.
/// - What does not fit is never guessed: the connection is [`Broken`], and the next one asks for a snapshot.
pub struct Follower {
    config: FollowerConfig,
    holding: Holding,
    gauge: Arc<Gauge>,
    relay: Option<Arc<RecordLog>>,
    /// Where the log is held up to, once it was ever complete.
    place: Option<Place>,
    /// Whether the place can not be built on.
    spoiled: bool,
    link: Option<Link>,
    acknowledgements: Acknowledgements,
    learned: Learned,
    file: LocalFile,
    recall: Option<Recall>,
    actions: VecDeque<Action>,
}

/// What is known of the local file.
#[derive(Debug, Default)]
struct LocalFile {
    begun: bool,
    /// Whether a snapshot was begun in it that is not complete.
    dangling: bool,
    /// The latest ratchet that was put into it.
    ratchet: Timestamp,
    tally: Tally,
}

impl Follower {
    /// A follower that knows nothing yet.
    pub fn new(config: FollowerConfig, verifier: Arc<Verifier>, gauge: Arc<Gauge>) -> Self {
        Self {
            config,
            holding: Holding::new(verifier),
            gauge,
            relay: None,
            place: None,
            spoiled: false,
            link: None,
            acknowledgements: Acknowledgements::default(),
            learned: Learned::default(),
            file: LocalFile::default(),
            recall: None,
            actions: VecDeque::new(),
        }
    }

    /// Fills `log` with what comes in, so that it can be served to others. Before anything else is called.
    #[must_use]
    pub fn relaying(self, log: Arc<RecordLog>) -> Self {
        Self { relay: Some(log), ..self }
    }

    /// A connection was opened: the message to send first. A connection before it is forgotten.
    pub fn connect(&mut self, now: Uptime) -> Vec<u8> {
        let resume = self.place.filter(|_| !self.spoiled && self.is_complete());
        let resume = resume.map(|Place { log, position, checksum, .. }| Resume { log, position, checksum });
        let hello = Hello {
            min_version: LOWEST_VERSION,
            max_version: HIGHEST_VERSION,
            instance: self.config.instance,
            name: self.config.name.clone(),
            max_staleness: self.config.max_staleness,
            relay: self.config.relay,
            unfenced: self.config.unfenced,
            resume,
        };
        // What was to be sent on an earlier connection has no place on this one.
        self.actions.retain(|action| !matches!(action, Action::Send(_)));
        self.link = Some(Link::opened(now, resume));
        self.acknowledgements.new_connection();
        // A hello is not sealed with the key of any log.
        ToServer::Hello(hello).encode(&LogKey::from_random([0; 16]))
    }

    /// Takes in one message. What it says is enforced when this returns.
    ///
    /// # Errors
    /// [`Broken`]: close the connection. Nothing of this message was taken that could not stand on its own.
    pub fn receive(&mut self, message: &[u8], now: Uptime, wall: Timestamp) -> Result<(), Broken> {
        let taken = self.take(message, now, wall);
        self.breaking(taken)
    }

    /// Time went by: sends a ping when one is due.
    ///
    /// # Errors
    /// [`Broken`] when nothing was heard for too long, or nothing came of what was spoken of: close the connection.
    pub fn tick(&mut self, now: Uptime) -> Result<(), Broken> {
        let Some(link) = &mut self.link else { return Ok(()) };
        if let Some(silent_for) = link.silent_for(now) {
            return self.breaking(Err(Fault::Silence(silent_for).into()));
        }
        let position = self.place.map_or(Position::ZERO, |place| place.position);
        if let Some(lasted) = link.stuck_for(position, now) {
            let head = link.head().unwrap_or(position);
            return self.breaking(Err(Fault::Stuck { position, head, lasted }.into()));
        }
        self.ping_when_due(now);
        Ok(())
    }

    /// When to [`tick`](Self::tick) next; `None` without a connection.
    pub fn wake_at(&self) -> Option<Uptime> {
        self.link.as_ref().map(Link::wake_at)
    }

    /// The connection is gone, whoever ended it. Answers that were waited for count for nothing any more.
    pub fn disconnected(&mut self, _now: Uptime) {
        self.link = None;
    }

    /// What to do next.
    pub fn next_action(&mut self) -> Option<Action> {
        self.actions.pop_front()
    }

    /// Whether the state is complete: it may be old, but everything up to its position is in it, and, where it is
    /// learnt whom to trust, that is known too.
    pub fn is_complete(&self) -> bool {
        self.gauge.is_complete()
    }

    /// Whether the connection got to where entries follow one another: then an attempt to connect
    /// [`succeeded`](super::Backoff::succeeded).
    pub fn is_following(&self) -> bool {
        self.link.as_ref().is_some_and(|link| link.following)
    }

    /// Up to where the log is held; `None` before the first complete snapshot. Not the verifier's watermark, which
    /// never goes back: a log that was rolled back is held up to less.
    pub fn position(&self) -> Option<Position> {
        self.place.map(|place| place.position)
    }

    /// The log that is held.
    pub fn log(&self) -> Option<LogId> {
        self.place.map(|place| place.log)
    }

    /// The server's head as it was last heard of, on this connection.
    pub fn head(&self) -> Option<Position> {
        self.link.as_ref().and_then(Link::head)
    }

    /// The lease that this connection grants; `None` before the welcome. A relay grants its own followers at most
    /// as much.
    pub fn lease(&self) -> Option<Duration> {
        let welcome = self.link.as_ref().and_then(|link| link.welcome)?;
        Some(welcome.lease.min(self.config.max_staleness))
    }

    /// How long after its recording an entry can still hit a living token, as this connection's server says.
    pub fn horizon(&self) -> Option<Duration> {
        self.link.as_ref().and_then(|link| link.welcome).map(|welcome| welcome.horizon)
    }

    /// The trust that was learnt last, and its version.
    pub fn trust(&self) -> Option<(u64, Arc<TrustDocument>)> {
        self.learned.current()
    }

    /// Whether the local file is worth rewriting: more than half of its records are over at `wall`. The owner asks
    /// every few seconds, hands the file's bytes to [`compact`](super::state_file::compact), puts the result in its
    /// place as durably as [`Piece::Begin`] says, and then calls [`compacted`](Self::compacted); with no piece stored
    /// meanwhile.
    pub fn wants_compaction(&self, wall: Timestamp) -> bool {
        let receiving = self.link.as_ref().is_some_and(|link| link.incoming.is_some());
        !receiving && self.file.tally.asks_for_rewrite(wall)
    }

    /// The local file was rewritten.
    pub fn compacted(&mut self, compacted: &Compacted) {
        self.file.tally = compacted.tally.clone();
        self.file.dangling = false;
    }

    fn breaking(&mut self, taken: Result<(), Broken>) -> Result<(), Broken> {
        if let Err(broken) = &taken {
            self.spoiled |= broken.fault.spoils_position();
            self.link = None;
        }
        taken
    }

    fn alarm(&mut self, alarm: Alarm) {
        self.actions.push_back(Action::Alarm(alarm));
    }

    fn send(&mut self, message: &ToServer<'_>) {
        let key = self.link.as_ref().and_then(|link| link.welcome).map(|welcome| welcome.key);
        if let Some(key) = key {
            self.actions.push_back(Action::Send(message.encode(&key)));
        }
    }
}

impl std::fmt::Debug for Follower {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Follower")
            .field("name", &self.config.name)
            .field("position", &self.position())
            .field("following", &self.is_following())
            .finish_non_exhaustive()
    }
}
