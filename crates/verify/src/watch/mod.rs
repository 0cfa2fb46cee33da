//! Being told when a token is revoked: what cuts streams that outlive a check (design section 3, I11).
//!
//! ```text
//!   watch() ──▶ registry ◀──told──  apply(), absorb(), install()
//!                  │ entry hits
//!                  ▼
//!                bell ──wakes──▶ Watch
//! ```

mod bell;
mod index;
mod registry;

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use quash_core::position::Position;
use quash_core::revocation::reason::Reason;
use quash_core::revocation::rejection::Hit;

use self::bell::Bell;
pub(crate) use self::registry::Watches;
use crate::token::VerifiedToken;
use crate::verifier::Verifier;

/// Resolves when the token is revoked: when an entry that ends it is in force, whatever the token's own life. A token
/// that is to be renewed, or was rotated, wakes nobody.
///
/// A future of no particular runtime; [`ended`](Self::ended) asks without waiting. Watching takes one to two kilobytes
/// until the watch is dropped, and is not felt by checks.
#[must_use = "a watch that is dropped watches nothing"]
pub struct Watch {
    bell: Arc<Bell>,
    number: u64,
    watches: Arc<Watches>,
}

/// Why a watch ended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct WatchEnd {
    /// The reason of the entry, or of whoever ended all watches.
    pub reason: Reason,
    /// The place of the entry in the log; `None` when all watches were ended without one.
    pub position: Option<Position>,
}

impl WatchEnd {
    /// The reason of watches that end because the feed was away for so long that an entry may have come and been over
    /// unseen. The session may live on: its holder can come again.
    pub const FEED_GAP: &str = "feed_gap";
}

impl From<Hit> for WatchEnd {
    fn from(hit: Hit) -> Self {
        Self { reason: hit.reason, position: Some(hit.position) }
    }
}

impl Watch {
    /// Why the watch ended; `None` while it goes on. One load.
    pub fn ended(&self) -> Option<WatchEnd> {
        self.bell.rung().cloned()
    }
}

impl Future for Watch {
    type Output = WatchEnd;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<WatchEnd> {
        self.bell.poll(context)
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.watches.forget(self.number);
    }
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch").field("ended", &self.ended()).finish_non_exhaustive()
    }
}

impl Verifier {
    /// Watches `token`, which was accepted. If an entry that ends it came meanwhile, the watch has ended already. Costs
    /// a full look-up and a lock that only other watches and entries take.
    pub fn watch(&self, token: &VerifiedToken) -> Watch {
        self.watches.register(token, || Arc::clone(&self.trust.load().epoch))
    }

    /// Ends every watch, because nobody can be sure any more that nothing hit its token: such as
    /// [`WatchEnd::FEED_GAP`].
    pub fn resolve_all_watches(&self, reason: &Reason) {
        self.watches.end_all(reason);
    }

    /// How many watches go on.
    pub fn watches(&self) -> usize {
        self.watches.live()
    }
}
