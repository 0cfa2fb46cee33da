//! What ends a connection.

use std::time::Duration;

use quash_core::position::Position;

use super::frame::{ByeCode, FrameError};

/// The connection is over: close it. Everything that was taken before stays in force.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{fault}")]
pub struct Broken {
    /// Why.
    #[source]
    pub fault: Fault,
    /// At least how long to wait before the next attempt, whatever [`Backoff`](super::Backoff) says.
    pub retry_after: Duration,
}

/// Why a connection is over.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// A message that can not be taken.
    #[error(transparent)]
    Frame(#[from] FrameError),
    /// A message that has no place here: a second welcome, records before a snapshot is complete.
    #[error("`{0}` has no place here")]
    OutOfPlace(&'static str),
    /// No version in common: both sides say which they speak.
    #[error("the follower speaks versions {follower:?} of the feed, the server {server:?}")]
    Version {
        /// Lowest and highest of the follower.
        follower: (u32, u32),
        /// Lowest and highest of the server.
        server: (u32, u32),
    },
    /// A welcome whose terms make no sense.
    #[error("the welcome is not sound: {0}")]
    Welcome(&'static str),
    /// Entries that do not start where the follower stands.
    #[error("entries after {from} do not follow {position}")]
    Gap {
        /// Where the follower stands.
        position: Position,
        /// Where they start.
        from: Position,
    },
    /// A position, a head or an acknowledgement that goes back, or a record that is not where it says.
    #[error("{what} goes from {before} to {after}")]
    Back {
        /// Of what.
        what: &'static str,
        /// The one before.
        before: Position,
        /// The one offered.
        after: Position,
    },
    /// A snapshot whose chunks do not fit their sums or whose number of records is wrong.
    #[error("the snapshot does not fit its sum")]
    SnapshotSum,
    /// An answer to a ping that was never sent, or that was answered before.
    #[error("ping {0} is answered, and waits for no answer")]
    Echo(u64),
    /// Nothing was heard for too long.
    #[error("nothing was heard for {0:?}")]
    Silence(Duration),
    /// The log goes on, and for too long nothing of it came.
    #[error("the log reaches to {head}, and for {lasted:?} nothing came beyond {position}")]
    Stuck {
        /// Where the follower stands.
        position: Position,
        /// The head that was spoken of.
        head: Position,
        /// For how long.
        lasted: Duration,
    },
    /// The other side said good-bye.
    #[error("the server ended the connection: {text}")]
    Bye {
        /// Why.
        code: ByeCode,
        /// The same in words.
        text: Box<str>,
    },
    /// The feed changed its log's key more often than states can be kept.
    #[error("the log became another one too often")]
    LogChangedTooOften,
}

impl Fault {
    /// Whether what the server says of the log can not be built on: then the next connection asks for a snapshot.
    pub(super) const fn spoils_position(&self) -> bool {
        !matches!(self, Self::Silence(_) | Self::Stuck { .. } | Self::Bye { .. } | Self::Version { .. })
    }
}

impl From<FrameError> for Broken {
    fn from(error: FrameError) -> Self {
        Fault::Frame(error).into()
    }
}

impl From<Fault> for Broken {
    fn from(fault: Fault) -> Self {
        Self { fault, retry_after: Duration::ZERO }
    }
}
