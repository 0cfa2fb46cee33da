//! What a follower sends.

use std::time::Duration;

use minicbor::{Decode, Encode};
use quash_core::ids::check_form;
use quash_core::lease::Instance;
use quash_core::position::{Checksum, LogId, Position};
use quash_core::revocation::target_key::LogKey;

use super::codec;
use super::seal::{FrameError, PUBLIC, open, seal};

/// A message from a follower to a server.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ToServer<'b> {
    /// 0: who follows, and from where. The first message, and sent once.
    Hello(Hello),
    /// 1: asks for a [`Heartbeat`](super::Heartbeat) that echoes it.
    Ping(Ping),
    /// 2: up to where everything is enforced and kept.
    Ack(Ack),
    /// 3: records that the server's log does not know.
    Held(Held<'b>),
}

/// Who follows, under which terms, and from where.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Hello {
    /// The lowest version of the protocol that the follower speaks.
    #[n(0)]
    pub min_version: u32,
    /// The highest one.
    #[n(1)]
    pub max_version: u32,
    /// This run of this process.
    #[cbor(n(2), with = "codec::instance")]
    pub instance: Instance,
    /// Its name, for people: 1 to 256 bytes without control characters.
    #[n(3)]
    pub name: Box<str>,
    /// The lease that it asks for, in milliseconds on the wire: the age at which it calls its state stale.
    #[cbor(n(4), with = "codec::span")]
    pub max_staleness: Duration,
    /// Whether it serves the feed to others.
    #[n(5)]
    pub relay: bool,
    /// Whether any of its routes accepts on a stale state: then its lease fences nothing.
    #[n(6)]
    pub unfenced: bool,
    /// Where it stands, if it wants to go on from there; else it wants a snapshot.
    #[n(7)]
    pub resume: Option<Resume>,
}

/// Where a follower stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Resume {
    /// In which log.
    #[cbor(n(0), with = "codec::log_id")]
    pub log: LogId,
    /// Everything up to here is held.
    #[cbor(n(1), with = "codec::position")]
    pub position: Position,
    /// The log's checksum there.
    #[cbor(n(2), with = "codec::checksum")]
    pub checksum: Checksum,
}

/// Asks for an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Ping {
    /// Counts up by one from 1 on each connection.
    #[n(0)]
    pub number: u64,
}

/// Up to where a follower, and everybody who follows it, enforces the log and keeps it on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Ack {
    /// The position. Never goes back on one connection.
    #[cbor(n(0), with = "codec::position")]
    pub watermark: Position,
    /// The version of the trust in force; 0 before the first.
    #[n(1)]
    pub trust: u64,
}

/// Records that a follower holds and the server's log lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Held<'b> {
    /// The batch: see [`batch`](crate::feed::batch).
    #[cbor(b(0), with = "minicbor::bytes")]
    pub batch: &'b [u8],
}

impl<'b> ToServer<'b> {
    /// The message as it travels. `key` is that of the log, from the [`Welcome`](super::Welcome); a hello does not
    /// use it.
    pub fn encode(&self, key: &LogKey) -> Vec<u8> {
        match self {
            Self::Hello(hello) => seal(0, hello, &PUBLIC),
            Self::Ping(ping) => seal(1, ping, key),
            Self::Ack(ack) => seal(2, ack, key),
            Self::Held(held) => seal(3, held, key),
        }
    }

    /// The message in `bytes`. Without a `key` only a hello is taken.
    ///
    /// # Errors
    /// [`FrameError`]: nothing of it can be used.
    pub fn decode(bytes: &'b [u8], key: Option<&LogKey>) -> Result<Self, FrameError> {
        let sealed = open(bytes)?;
        let keyed = || key.ok_or(FrameError::Early);
        match sealed.tag {
            0 => sealed.fields::<Hello>(&PUBLIC)?.checked().map(Self::Hello),
            1 => Ok(Self::Ping(sealed.fields(keyed()?)?)),
            2 => Ok(Self::Ack(sealed.fields(keyed()?)?)),
            3 => Ok(Self::Held(sealed.fields(keyed()?)?)),
            unknown => Err(FrameError::UnknownType(unknown)),
        }
    }
}

impl Hello {
    fn checked(self) -> Result<Self, FrameError> {
        let sound = self.min_version <= self.max_version && check_form(&self.name).is_ok();
        if sound { Ok(self) } else { Err(FrameError::Malformed) }
    }

    /// The highest version that both sides speak.
    pub fn common_version(&self) -> Option<u32> {
        let highest = self.max_version.min(super::HIGHEST_VERSION);
        (highest >= self.min_version.max(super::LOWEST_VERSION)).then_some(highest)
    }
}
