//! What passes between a publication and its owner.

use std::time::Duration;

use quash_core::position::{Checksum, LogId, Position};
use quash_core::revocation::record::Record;
use quash_core::revocation::target_key::LogKey;
use quash_core::time::Uptime;

use crate::feed::batch::MOST_RECORDS;
use crate::feed::frame::Hello;

/// How a publication deals with its follower.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How often something is sent.
    pub heartbeat: Duration,
    /// For how long nothing need be heard. A follower pings as often as it hears from the server.
    pub silence: Duration,
    /// How many positions a follower may be behind the head before it is dropped to a snapshot.
    pub furthest_behind: u64,
    /// The most records in a page; at most [`MOST_RECORDS`].
    pub page: usize,
}

impl Default for Limits {
    /// A heartbeat every 250 ms, 10 s of silence, a million positions, pages of 4,096 records.
    fn default() -> Self {
        Self {
            heartbeat: Duration::from_millis(250),
            silence: Duration::from_secs(10),
            furthest_behind: 1 << 20,
            page: MOST_RECORDS,
        }
    }
}

/// What a follower asks of the owner of its connection.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Call {
    /// Open a lease for this follower: check what it may, make its row durable, then answer with
    /// [`Publication::opened`](super::Publication::opened) or [`refuse`](super::Publication::refuse).
    Open(Hello),
    /// Answer with [`Publication::pong`](super::Publication::pong): read the durable head, extend the follower's row,
    /// both after this came in and in one step. Not to answer is allowed: the follower gets stale.
    Ping {
        /// Which ping.
        number: u64,
        /// When it came in: what the row is extended from.
        received_at: Uptime,
    },
    /// The follower, and all who follow it, enforce and keep everything up to here. Never goes back.
    Ack {
        /// The position.
        watermark: Position,
        /// The version of the trust that is in force there; 0 before the first.
        trust: u64,
    },
    /// The log lost these records: raise an alarm, and take them in again.
    Held {
        /// What the follower holds and the log does not.
        records: Vec<Record>,
    },
}

/// What a follower is welcomed with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Opening {
    /// Which log.
    pub log: LogId,
    /// The key of its digests.
    pub key: LogKey,
    /// The position before its first entry.
    pub origin: Position,
    /// Its durable head.
    pub head: Position,
    /// The checksum at the head.
    pub checksum: Checksum,
    /// The lease that was granted, more than zero: at most what was asked for, and at most what the server holds
    /// itself.
    pub lease: Duration,
    /// The log's checksum at the position of the hello's `resume`, where that names this log; `None` when the log
    /// does not know it any more, or never got there.
    pub checksum_at_resume: Option<Checksum>,
    /// How long after its recording an entry can still hit a living token.
    pub horizon: Duration,
}

/// The follower and the log do not agree on what the log was: one of the two lost entries. An alarm is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a follower stands at {follower} of this log, whose head is {head}, and holds other entries")]
pub struct Mismatch {
    /// Up to where the follower held the log.
    pub follower: Position,
    /// The log's head.
    pub head: Position,
}

/// What a publication needs to go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Read {
    /// The live records after this position, at most so many, for [`Publication::page`](super::Publication::page).
    /// From a [`RecordLog`](crate::feed::RecordLog) that knows no page from there, as for [`Read::Head`].
    Tail {
        /// The position.
        after: Position,
        /// The most records.
        limit: usize,
    },
    /// The same, as a part of a snapshot: the page's checksum is not looked at.
    Snapshot {
        /// The position.
        after: Position,
        /// The most records.
        limit: usize,
    },
    /// The follower is too far behind: the durable head and the checksum there, for
    /// [`Publication::behind`](super::Publication::behind).
    Head,
}
