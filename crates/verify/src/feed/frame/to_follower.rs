//! What a server sends.

use std::time::Duration;

use minicbor::{Decode, Decoder, Encode, Encoder};
use quash_core::position::{Checksum, LogId, Position};
use quash_core::revocation::target_key::LogKey;
use quash_core::time::Timestamp;

use super::codec;
use super::seal::{FrameError, PUBLIC, open, seal};

/// A message from a server to a follower.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ToFollower<'b> {
    /// 0: which log this is, and what comes next. Answers the hello.
    Welcome(Welcome),
    /// 1: who is trusted.
    Trust(Trust<'b>),
    /// 2: all live records follow, in chunks.
    SnapshotBegin(SnapshotBegin),
    /// 3: some of them.
    SnapshotChunk(SnapshotChunk<'b>),
    /// 4: those were all.
    SnapshotEnd(SnapshotEnd),
    /// 5: what the log got.
    Entries(Entries<'b>),
    /// 6: where the log stands.
    Heartbeat(Heartbeat),
    /// 7: the last message of a connection.
    Bye(Bye),
}

/// Which log this is, and under which terms it is followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Welcome {
    /// The version of the protocol that is spoken from here on.
    #[n(0)]
    pub version: u32,
    /// The log.
    #[cbor(n(1), with = "codec::log_id")]
    pub log: LogId,
    /// The key of its digests and sums. Never for a log line.
    #[cbor(n(2), with = "codec::log_key")]
    pub key: LogKey,
    /// The position before its first entry.
    #[cbor(n(3), with = "codec::position")]
    pub origin: Position,
    /// Its durable head now.
    #[cbor(n(4), with = "codec::position")]
    pub head: Position,
    /// The checksum at the head.
    #[cbor(n(5), with = "codec::checksum")]
    pub checksum: Checksum,
    /// For how long after a ping its answer lets tokens be accepted. More than zero.
    #[cbor(n(6), with = "codec::span")]
    pub lease: Duration,
    /// At least how often either side sends something. More than zero.
    #[cbor(n(7), with = "codec::span")]
    pub heartbeat: Duration,
    /// What follows.
    #[n(8)]
    pub start: Start,
    /// How long after its recording an entry can still hit a living token.
    #[cbor(n(9), with = "codec::span")]
    pub horizon: Duration,
}

/// How a connection starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// 0: entries follow, from where the follower stands.
    Tail,
    /// 1: a snapshot follows.
    Snapshot,
    /// 2: a snapshot follows, because what the follower said of this very log is not so: one of the two lost
    /// entries.
    Diverged,
}

/// Who is trusted, whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Trust<'b> {
    /// Counts up with every change; from 1.
    #[n(0)]
    pub version: u64,
    /// A [`TrustDocument`](crate::feed::TrustDocument).
    #[cbor(b(1), with = "minicbor::bytes")]
    pub document: &'b [u8],
}

/// A snapshot begins. Whatever came before it on the connection is superseded by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct SnapshotBegin {
    /// It holds every live record up to here.
    #[cbor(n(0), with = "codec::position")]
    pub through: Position,
    /// The log's checksum there.
    #[cbor(n(1), with = "codec::checksum")]
    pub checksum: Checksum,
}

/// Live records, positions rising over all chunks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct SnapshotChunk<'b> {
    /// The batch.
    #[cbor(b(0), with = "minicbor::bytes")]
    pub batch: &'b [u8],
    /// The keyed sum of the sum before (16 zeroes before the first chunk) and the batch.
    #[cbor(n(1), with = "codec::sum")]
    pub sum: [u8; 16],
}

/// The snapshot is complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct SnapshotEnd {
    /// The sum of the last chunk.
    #[cbor(n(0), with = "codec::sum")]
    pub sum: [u8; 16],
    /// How many records it had.
    #[n(1)]
    pub records: u64,
    /// Records that were over at this instant may be missing; [`Timestamp::EPOCH`], absent, when nothing is known.
    /// Here and not where the snapshot begins: it is not known before the last page was read.
    #[cbor(n(2), with = "codec::forgotten", has_nil)]
    pub forgotten: Timestamp,
}

/// Every live record of the positions after `from`, up to and with `through`. The positions between that have none
/// carried nothing that a living token could be hit by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Entries<'b> {
    /// Where the follower stands.
    #[cbor(n(0), with = "codec::position")]
    pub from: Position,
    /// Where it stands afterwards.
    #[cbor(n(1), with = "codec::position")]
    pub through: Position,
    /// The log's checksum there.
    #[cbor(n(2), with = "codec::checksum")]
    pub checksum: Checksum,
    /// The batch; no bytes at all for no records.
    #[cbor(b(3), with = "minicbor::bytes")]
    pub batch: &'b [u8],
    /// Records that were over at this instant may be missing; [`Timestamp::EPOCH`], absent, when nothing is known.
    #[cbor(n(4), with = "codec::forgotten", has_nil)]
    pub forgotten: Timestamp,
}

/// Where the log stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Heartbeat {
    /// Its durable head; with an echo, as read after that ping came in.
    #[cbor(n(0), with = "codec::position")]
    pub head: Position,
    /// How old the sender's own knowledge of that is, rounded up: zero at the authority.
    #[cbor(n(1), with = "codec::age")]
    pub age: Duration,
    /// The number of the ping that this answers.
    #[n(2)]
    pub echo: Option<u64>,
}

/// The server ends the connection.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Bye {
    /// Why, for machines.
    #[n(0)]
    pub code: ByeCode,
    /// How long to stay away.
    #[cbor(n(1), with = "codec::span")]
    pub retry_after: Duration,
    /// Why, for people.
    #[n(2)]
    pub text: Box<str>,
}

/// Why a server ends a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ByeCode {
    /// 1: no version in common.
    Version,
    /// 2: the follower broke the protocol.
    Protocol,
    /// 3: the follower's credential does not permit it, or not any more.
    Forbidden,
    /// 4: the server stops. Try another one, or this one again.
    GoingAway,
    /// 5: the server has as many followers as it takes, or can not serve now.
    Busy,
    /// 6: the log behind the server became another one.
    LogChanged,
    /// 7: nothing was heard from the follower for too long.
    Silent,
    /// A code of a later minor change.
    Other(u32),
}

impl<'b> ToFollower<'b> {
    /// The message as it travels, sealed with the log's `key`; a welcome, which carries the key, and a bye do not
    /// use it.
    pub fn encode(&self, key: &LogKey) -> Vec<u8> {
        match self {
            Self::Welcome(welcome) => seal(0, welcome, &PUBLIC),
            Self::Trust(trust) => seal(1, trust, key),
            Self::SnapshotBegin(begin) => seal(2, begin, key),
            Self::SnapshotChunk(chunk) => seal(3, chunk, key),
            Self::SnapshotEnd(end) => seal(4, end, key),
            Self::Entries(entries) => seal(5, entries, key),
            Self::Heartbeat(heartbeat) => seal(6, heartbeat, key),
            Self::Bye(bye) => seal(7, bye, &PUBLIC),
        }
    }

    /// The message in `bytes`. Without a `key` only a welcome or a bye is taken.
    ///
    /// # Errors
    /// [`FrameError`]: nothing of it can be used.
    pub fn decode(bytes: &'b [u8], key: Option<&LogKey>) -> Result<Self, FrameError> {
        let sealed = open(bytes)?;
        let keyed = || key.ok_or(FrameError::Early);
        Ok(match sealed.tag {
            0 => Self::Welcome(sealed.fields(&PUBLIC)?),
            1 => Self::Trust(sealed.fields(keyed()?)?),
            2 => Self::SnapshotBegin(sealed.fields(keyed()?)?),
            3 => Self::SnapshotChunk(sealed.fields(keyed()?)?),
            4 => Self::SnapshotEnd(sealed.fields(keyed()?)?),
            5 => Self::Entries(sealed.fields(keyed()?)?),
            6 => Self::Heartbeat(sealed.fields(keyed()?)?),
            7 => Self::Bye(sealed.fields::<Bye>(&PUBLIC)?.checked()?),
            unknown => return Err(FrameError::UnknownType(unknown)),
        })
    }
}

impl Bye {
    fn checked(self) -> Result<Self, FrameError> {
        if self.text.len() > super::LONGEST_TEXT { Err(FrameError::Malformed) } else { Ok(self) }
    }
}

impl ByeCode {
    /// Its number.
    pub const fn number(self) -> u32 {
        match self {
            Self::Version => 1,
            Self::Protocol => 2,
            Self::Forbidden => 3,
            Self::GoingAway => 4,
            Self::Busy => 5,
            Self::LogChanged => 6,
            Self::Silent => 7,
            Self::Other(number) => number,
        }
    }

    /// The code of this number.
    pub const fn from_number(number: u32) -> Self {
        match number {
            1 => Self::Version,
            2 => Self::Protocol,
            3 => Self::Forbidden,
            4 => Self::GoingAway,
            5 => Self::Busy,
            6 => Self::LogChanged,
            7 => Self::Silent,
            other => Self::Other(other),
        }
    }
}

impl<C> Encode<C> for ByeCode {
    fn encode<W: minicbor::encode::Write>(
        &self,
        encoder: &mut Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        encoder.u32(self.number())?;
        Ok(())
    }
}

impl<'b, C> Decode<'b, C> for ByeCode {
    fn decode(decoder: &mut Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
        Ok(Self::from_number(decoder.u32()?))
    }
}

impl<C> Encode<C> for Start {
    fn encode<W: minicbor::encode::Write>(
        &self,
        encoder: &mut Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        encoder.u8(match self {
            Self::Tail => 0,
            Self::Snapshot => 1,
            Self::Diverged => 2,
        })?;
        Ok(())
    }
}

impl<'b, C> Decode<'b, C> for Start {
    fn decode(decoder: &mut Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
        match decoder.u8()? {
            0 => Ok(Self::Tail),
            1 => Ok(Self::Snapshot),
            2 => Ok(Self::Diverged),
            _ => Err(minicbor::decode::Error::message("not a start")),
        }
    }
}
