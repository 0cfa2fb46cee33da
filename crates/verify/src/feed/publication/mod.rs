//! The side that serves a log: one connection.

mod call;
mod serve;
mod snapshot;

pub use call::{Call, Limits, Mismatch, Opening, Read};

use std::collections::VecDeque;
use std::time::Duration;

use quash_core::position::Position;
use quash_core::revocation::record::Record;
use quash_core::revocation::target_key::LogKey;
use quash_core::time::Uptime;

use self::snapshot::Snapshot;
use super::batch;
use super::fault::{Broken, Fault};
use super::frame::{
    Ack, Bye, ByeCode, HIGHEST_VERSION, Heartbeat, Hello, LOWEST_VERSION, ToFollower, ToServer, Trust,
};
use super::page::Page;

/// One follower's connection at a server.
///
/// Does no input or output: the owner carries messages to [`receive`](Self::receive), does what each [`Call`] says,
/// reads what [`wants`](Self::wants) asks for, and sends what [`next_message`](Self::next_message) gives, which is only asked for
/// when the socket took the last one. So at most one page and a handful of short messages are ever held, however
/// slow the follower is.
#[derive(Debug)]
pub struct Publication {
    limits: Limits,
    stage: Stage,
    heard_at: Uptime,
    beat_at: Uptime,
    out: VecDeque<Vec<u8>>,
    /// The answer to the latest ping, until the socket has room for it.
    pong: Option<Heartbeat>,
    /// A heartbeat that is due, with the age that it says. Made when it leaves: a head never goes back.
    beat: Option<Duration>,
    /// What the connection begins with.
    welcome: Option<Vec<u8>>,
    /// The latest trust, until the socket has room for it.
    trust: Option<(u64, Vec<u8>)>,
}

#[derive(Debug)]
enum Stage {
    /// Waits for the hello.
    Fresh,
    /// Waits for the owner to open the follower's lease.
    Opening { version: u32, hello: Box<Hello> },
    /// Serves.
    Serving(Box<Serving>),
    /// Said good-bye.
    Over,
}

/// What is served, and how far.
#[derive(Debug)]
struct Serving {
    /// The version of the protocol that is spoken.
    version: u32,
    key: LogKey,
    origin: Position,
    /// The durable head that the owner spoke of last.
    head: Position,
    /// Up to where everything was handed to the socket, outside a snapshot.
    sent: Position,
    snapshot: Option<Snapshot>,
    /// Whether the owner was asked for a page and has not brought it yet.
    reading: bool,
    /// A page that reaches beyond the head that the owner spoke of.
    early: Option<Page>,
    snapshots: u64,
    acknowledged: Ack,
    pinged: u64,
    answered: u64,
}

impl Publication {
    /// A connection that was accepted `now`.
    pub fn new(limits: Limits, now: Uptime) -> Self {
        Self {
            limits,
            stage: Stage::Fresh,
            heard_at: now,
            beat_at: now,
            out: VecDeque::new(),
            pong: None,
            beat: None,
            welcome: None,
            trust: None,
        }
    }

    /// Takes in one message: what it asks of the owner.
    ///
    /// # Errors
    /// [`Broken`]: send what [`next_message`](Self::next_message) still gives, a good-bye that says why, and close.
    pub fn receive(&mut self, message: &[u8], now: Uptime) -> Result<Option<Call>, Broken> {
        let taken = self.take(message, now);
        if let Err(broken) = &taken {
            let code = match broken.fault {
                Fault::Version { .. } => ByeCode::Version,
                _ => ByeCode::Protocol,
            };
            self.refuse(code, Duration::ZERO, &broken.to_string());
        }
        taken
    }

    /// Ends the connection for a reason of the owner's: send what [`next_message`](Self::next_message) still gives, and close.
    pub fn refuse(&mut self, code: ByeCode, retry_after: Duration, text: &str) {
        if matches!(self.stage, Stage::Over) {
            return;
        }
        let text = text.chars().take(200).collect::<String>().into();
        let bye = ToFollower::Bye(Bye { code, retry_after, text });
        self.stage = Stage::Over;
        (self.welcome, self.trust, self.pong, self.beat) = (None, None, None, None);
        self.out.clear();
        self.out.push_back(bye.encode(&LogKey::from_random([0; 16])));
    }

    /// Time went by: a heartbeat is made when one is due. `age` is how old the server's own knowledge of the head
    /// is: zero at an authority.
    ///
    /// # Errors
    /// [`Broken`] when nothing was heard for too long.
    pub fn tick(&mut self, now: Uptime, age: Duration) -> Result<(), Broken> {
        let silent_for = now.since(self.heard_at);
        if silent_for >= self.limits.silence {
            let fault = Fault::Silence(silent_for);
            self.refuse(ByeCode::Silent, Duration::ZERO, &fault.to_string());
            return Err(fault.into());
        }
        if now >= self.beat_at && matches!(self.stage, Stage::Serving(_)) {
            self.beat_at = now.plus(self.limits.heartbeat);
            // Where the socket is full, what waits in it says as much.
            self.beat = self.is_idle().then_some(age);
        }
        Ok(())
    }

    /// When to [`tick`](Self::tick) next.
    pub fn wake_at(&self) -> Uptime {
        let silence = self.heard_at.plus(self.limits.silence);
        if matches!(self.stage, Stage::Serving(_)) { silence.min(self.beat_at) } else { silence }
    }

    /// The next message to send, when the socket took the one before.
    pub fn next_message(&mut self) -> Option<Vec<u8>> {
        let Stage::Serving(serving) = &self.stage else { return self.out.pop_front() };
        if let Some(welcome) = self.welcome.take() {
            return Some(welcome);
        }
        // INVARIANT: no answer to a ping leaves before the trust that it speaks of.
        if let Some((version, document)) = self.trust.take() {
            let trust = ToFollower::Trust(Trust { version, document: &document });
            return Some(trust.encode(&serving.key));
        }
        if let Some(pong) = self.pong.take() {
            self.beat = None;
            return Some(ToFollower::Heartbeat(pong).encode(&serving.key));
        }
        if let Some(message) = self.out.pop_front() {
            return Some(message);
        }
        // INVARIANT: no head that left is followed by an earlier one.
        let beat = Heartbeat { head: serving.head, age: self.beat.take()?, echo: None };
        Some(ToFollower::Heartbeat(beat).encode(&serving.key))
    }

    /// Whether nothing but an answer to a ping waits for the socket.
    fn is_idle(&self) -> bool {
        self.welcome.is_none() && self.trust.is_none() && self.out.is_empty()
    }

    /// How many snapshots were begun.
    pub fn snapshots(&self) -> u64 {
        if let Stage::Serving(serving) = &self.stage { serving.snapshots } else { 0 }
    }

    /// What the follower acknowledged last; `None` before it is served.
    pub fn acknowledged(&self) -> Option<Ack> {
        match &self.stage {
            Stage::Serving(serving) => Some(serving.acknowledged),
            _ => None,
        }
    }

    /// Whether nothing more will be served: only what [`next_message`](Self::next_message) still gives is to be sent.
    pub fn is_over(&self) -> bool {
        matches!(self.stage, Stage::Over)
    }

    fn take(&mut self, message: &[u8], now: Uptime) -> Result<Option<Call>, Broken> {
        let key = match &self.stage {
            Stage::Serving(serving) => Some(serving.key),
            _ => None,
        };
        let message = ToServer::decode(message, key.as_ref())?;
        self.heard_at = now;
        match (&mut self.stage, message) {
            (Stage::Fresh, ToServer::Hello(hello)) => self.take_hello(hello),
            (Stage::Serving(serving), ToServer::Ping(ping)) => {
                // Pings that were overtaken on their way through a full socket are answered by the later one.
                if ping.number <= serving.pinged {
                    return Err(Fault::Echo(ping.number).into());
                }
                serving.pinged = ping.number;
                Ok(Some(Call::Ping { number: ping.number, received_at: now }))
            }
            (Stage::Serving(serving), ToServer::Ack(ack)) => {
                check_ack(serving, ack)?;
                serving.acknowledged = ack;
                Ok(Some(Call::Ack { watermark: ack.watermark, trust: ack.trust }))
            }
            (Stage::Serving(_), ToServer::Held(held)) => {
                let mut records = batch::decode(held.batch)?;
                // INVARIANT: nobody but the log takes an entry back, or lets a session in.
                records.retain(Record::revokes);
                Ok(Some(Call::Held { records }))
            }
            (Stage::Serving(_) | Stage::Opening { .. }, ToServer::Hello(_)) => {
                Err(Fault::OutOfPlace("a second hello").into())
            }
            _ => Err(Fault::OutOfPlace("a message on a connection that is not open").into()),
        }
    }

    fn take_hello(&mut self, hello: Hello) -> Result<Option<Call>, Broken> {
        let Some(version) = hello.common_version() else {
            let follower = (hello.min_version, hello.max_version);
            return Err(Fault::Version { follower, server: (LOWEST_VERSION, HIGHEST_VERSION) }.into());
        };
        self.stage = Stage::Opening { version, hello: Box::new(hello.clone()) };
        Ok(Some(Call::Open(hello)))
    }
}

/// Nobody has more than what was sent, and what was acknowledged stays so.
fn check_ack(serving: &Serving, ack: Ack) -> Result<(), Fault> {
    let back = |before, after| Fault::Back { what: "an acknowledgement", before, after };
    let before = serving.acknowledged;
    if ack.watermark > serving.sent.max(before.watermark) {
        return Err(back(ack.watermark, serving.sent));
    }
    if ack.watermark < before.watermark || ack.trust < before.trust {
        return Err(back(before.watermark, ack.watermark));
    }
    Ok(())
}
