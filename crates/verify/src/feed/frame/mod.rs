//! The messages of the feed, versions 1 and 2 (`docs/feed-format.md`).

pub(in crate::feed) mod codec;
pub(in crate::feed) mod seal;
mod to_follower;
mod to_server;

pub use seal::{FrameError, LARGEST_FRAME};
pub use to_follower::{
    Bye, ByeCode, Entries, Heartbeat, SnapshotBegin, SnapshotChunk, SnapshotEnd, Start, ToFollower, Trust,
    Welcome,
};
pub use to_server::{Ack, Held, Hello, Ping, Resume, ToServer};

/// The lowest version of the protocol that is spoken here.
pub const LOWEST_VERSION: u32 = 1;

/// The highest version of the protocol that is spoken here.
pub const HIGHEST_VERSION: u32 = 2;

/// The version from which on batches carry undos. A follower of an earlier one is told of none: what was undone stays in
/// force there.
pub const UNDO_VERSION: u32 = 2;

/// The longest text in a message, in bytes.
pub const LONGEST_TEXT: usize = 1024;
