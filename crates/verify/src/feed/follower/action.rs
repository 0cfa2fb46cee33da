//! What a follower asks its owner to do.

use std::sync::Arc;

use crate::feed::alarm::Alarm;
use crate::feed::trust::TrustDocument;

/// One thing to do, in the order in which they are given out.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Action {
    /// Send this message on the connection; drop it if there is none.
    Send(Vec<u8>),
    /// Put this into the local file, then call [`Follower::stored`](super::Follower::stored) with the ticket. Whoever
    /// keeps no file calls it at once.
    Store(Piece, StoreTicket),
    /// Hand the bytes of the local file to [`Follower::read_back`](super::Follower::read_back): the authority lost
    /// entries that may be in it. Whoever keeps no file passes over it.
    ReadBack,
    /// Tell an operator.
    Alarm(Alarm),
    /// Whom to trust was learnt anew. The verifier knows already; this is for credentials and clients.
    Learned(Arc<TrustDocument>),
}

/// A piece of the local file (`docs/feed-format.md`, "The local file").
#[derive(Clone, PartialEq, Eq)]
pub enum Piece {
    /// Start a new file with these bytes: written aside, made durable, and put in the place of any other.
    Begin(Vec<u8>),
    /// Append these bytes, and make them durable.
    Append(Vec<u8>),
}

impl Piece {
    /// The bytes.
    pub fn bytes(&self) -> &[u8] {
        match self {
            Self::Begin(bytes) | Self::Append(bytes) => bytes,
        }
    }
}

impl std::fmt::Debug for Piece {
    /// The bytes hold the log's key.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let name = match self {
            Self::Begin(_) => "Begin",
            Self::Append(_) => "Append",
        };
        write!(f, "{name}({} bytes)", self.bytes().len())
    }
}

/// Names one piece. A later piece has a greater ticket, and a ticket stands for all before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StoreTicket(pub(super) u64);
