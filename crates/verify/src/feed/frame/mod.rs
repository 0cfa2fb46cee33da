//! The messages of the feed, version 1 (`docs/feed-format.md`).

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
pub const HIGHEST_VERSION: u32 = 1;

/// The longest text in a message, in bytes.
pub const LONGEST_TEXT: usize = 1024;
