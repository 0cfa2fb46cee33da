//! Serving the feed: one driver a connection, over an authority's log or over the records that a relay holds.
//!
//! ```text
//!   FeedSource ──heads, pages, trust──▶ driver ──messages──▶ writer ──▶ socket      one of each a connection
//!       ▲                                 │  ▲
//!       └──leases, acknowledgements───────┘  └──── reader ◀── socket
//! ```
//!
//! What is sent, and when, is decided by [`Publication`](quash_verify::feed::Publication); here are the socket, the
//! clock and the bounds. Nobody waits for a follower: what it does not take is not made.

mod authority_source;
mod connection;
mod counts;
mod door;
mod recent;
mod relay_source;
mod source;
mod trust_document;
mod writer;

pub use authority_source::{AuthorityFeed, AuthorityFeeds};
pub use door::{FeedDoor, FeedLimits, Full};
pub use relay_source::{
    RelayFeed, RelayLeases, RelayParts, RelaySource, RelayTerms, StillAllowed, UptimeSource,
};
pub use source::{FeedSource, FeedTrust, FollowerLease, NotServed, PageAnswer, PingAnswer};
pub(crate) use trust_document::trust_document;
