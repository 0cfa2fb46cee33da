//! What a feed is served from.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use quash_core::position::{Checksum, Position};
use quash_core::revocation::record::Record;
use quash_core::time::Uptime;
use quash_verify::feed::frame::Hello;
use quash_verify::feed::{Mismatch, Opening, Page, Read, TrustTooLarge};
use tokio::sync::watch;

/// Whom followers are told to trust, as it travels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedTrust {
    /// Rises with every change.
    pub version: u64,
    /// An encoded [`TrustDocument`](quash_verify::feed::TrustDocument).
    pub document: Arc<[u8]>,
}

/// Nothing can be served now; the follower comes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotServed;

/// What a read of the log comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PageAnswer {
    /// The records.
    Page(Page),
    /// What was asked for is not held any more: the follower needs a snapshot of the log as it stands here.
    Behind {
        /// The head.
        head: Position,
        /// The checksum there.
        checksum: Checksum,
    },
}

/// The answer to a ping.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PingAnswer {
    /// The durable head.
    pub head: Position,
    /// How old the knowledge of it is: zero at an authority.
    pub age: Duration,
    /// The version of the trust that the follower must have been sent before.
    pub trust: u64,
}

/// What a feed is served from, to one follower: the log of an authority, or what a relay holds of it.
///
/// # Contract
/// - No position beyond the durable head is ever shown, in any answer.
/// - [`open`](Self::open) makes the follower's row durable, where rows are kept, before it returns.
#[async_trait]
pub trait FeedSource: Send + Sync {
    /// Whether the follower would be let in now as it was. From memory, asked every heartbeat.
    fn is_allowed(&self) -> bool;

    /// The clock that leases run by.
    fn uptime(&self) -> Uptime;

    /// A value that follows the durable head upwards.
    fn heads(&self) -> watch::Receiver<Position>;

    /// How old the knowledge here is: zero at an authority.
    fn age(&self) -> Duration;

    /// Another number whenever the log became another one under the followers, which then have to come back.
    fn generation(&self) -> u64;

    /// Whether followers may come that go on accepting when their lease is over: whoever waits for everybody has to be
    /// told of them.
    fn takes_unfenced(&self) -> bool;

    /// A value that changes whenever [`trust`](Self::trust) does.
    fn trust_changes(&self) -> watch::Receiver<u64>;

    /// Whom the follower is told to trust; `None` while that is not known.
    fn trust(&self) -> Option<FeedTrust>;

    /// Why nobody can be told whom to trust, where that is so: whoever does not know it yet can not be served.
    fn withheld(&self) -> Option<TrustTooLarge> {
        None
    }

    /// Opens the lease of a follower that said hello.
    async fn open(&self, hello: &Hello) -> Result<(Opening, Box<dyn FollowerLease>), NotServed>;

    /// A follower and the log do not agree on what the log was.
    fn mismatch(&self, name: &str, mismatch: Mismatch);

    /// A follower holds records that the log lost.
    fn held(&self, name: &str, records: &[Record]);

    /// Reads the log.
    async fn read(&self, read: Read) -> Result<PageAnswer, NotServed>;
}

/// The lease of one follower, for one connection. Dropped when that is over; the lease itself runs on.
pub trait FollowerLease: Send + Sync {
    /// Answers a ping that came in at `received_at`; `None`: there is no answer, and the follower gets stale.
    ///
    /// # Contract
    /// The lease is extended before this returns, and the head is read after the ping came in, both in one step:
    /// nobody begins to wait for followers in between.
    fn answer_ping(&self, received_at: Uptime) -> Option<PingAnswer>;

    /// The follower, and all who follow it, enforce and keep everything up to `watermark`.
    fn acknowledge(&self, watermark: Position, trust: u64);
}
