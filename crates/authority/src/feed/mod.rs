//! What a follower of the log may read, and the lease that it holds.

mod trust;

use std::sync::Arc;
use std::time::Duration;

use quash_core::position::{Checksum, Position};
use quash_core::revocation::decide::TimeRules;
use quash_core::time::{Timestamp, Uptime};
use quash_storage::ports::{FeedPage, LogIdentity};
use tokio::sync::watch;

pub use trust::{Trust, TrustTooLarge, TrustedClient, TrustedCredential};

use crate::authority::Authority;
use crate::caller::Caller;
use crate::error::Error;
use crate::permissions::{Verb, authorize};

/// The log and all that goes with it, open to one follower.
///
/// INVARIANT: made by `Authority::open_feed` alone, for a credential that may follow the feed.
#[derive(Clone)]
pub struct Feed {
    authority: Arc<Authority>,
    caller: Caller,
}

impl Authority {
    /// Opens the feed to `caller`.
    ///
    /// # Errors
    /// [`Error::Forbidden`].
    pub fn open_feed(self: &Arc<Self>, caller: &Caller) -> Result<Feed, Error> {
        authorize(caller, Verb::FollowFeed)?;
        Ok(Feed { authority: Arc::clone(self), caller: caller.clone() })
    }

    /// The last durable position, from memory. It never goes back, and is never shown too early.
    pub fn durable_head(&self) -> Position {
        *self.head_changes.borrow()
    }
}

impl Feed {
    pub(crate) const fn authority(&self) -> &Arc<Authority> {
        &self.authority
    }

    /// Whether the credential that it was opened for may still follow it. To be asked whenever the trust document
    /// changes: a removed credential ends its feed.
    pub fn is_allowed(&self) -> bool {
        self.authority.still_allows(&self.caller, Verb::FollowFeed)
    }

    /// Whether that credential may revoke, too.
    pub fn may_revoke(&self) -> bool {
        self.authority.still_allows(&self.caller, Verb::Revoke)
    }

    /// Which log this is.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn identity(&self) -> Result<LogIdentity, Error> {
        Ok(self.authority.store.identity().await?)
    }

    /// The last durable position, from memory.
    pub fn head(&self) -> Position {
        self.authority.durable_head()
    }

    /// A value that follows the durable head.
    pub fn head_changes(&self) -> watch::Receiver<Position> {
        self.authority.head_changes.clone()
    }

    /// What a verifier must hold of the entries after `after`, at most `limit` of them, and how far that reaches.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn read_after(&self, after: Position, limit: usize) -> Result<FeedPage, Error> {
        // INVARIANT: as in `enforce_up_to`, nothing is left out that the clock could come back to (I10).
        Ok(self.authority.store.feed_after(after, self.authority.purged_at(), limit).await?)
    }

    /// The latest instant of a purge, by whichever server on this store: entries that were over then may be missing
    /// from what was read before this was asked, and no others. Whoever takes them judges at no earlier instant (I10).
    /// Reads one row of the store.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn forgotten(&self) -> Result<Timestamp, Error> {
        Ok(self.authority.store.ratchet().await?.max(self.authority.purged_at()))
    }

    /// The checksum of the log at `position`; `None` when nobody can resume from there.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn checksum_at(&self, position: Position) -> Result<Option<Checksum>, Error> {
        Ok(self.authority.store.checksum_at(position).await?)
    }

    /// For how long an entry can hit a living token at most: who was away longer has to begin anew.
    pub fn horizon(&self) -> Duration {
        let foreign = self.authority.settings.foreign_issuers.values().map(TimeRules::retention);
        foreign.fold(self.authority.own_time_rules().retention(), Duration::max)
    }

    /// The uptime that pings are to be received by.
    pub fn uptime(&self) -> Uptime {
        self.authority.leases.uptime.uptime()
    }
}

impl std::fmt::Debug for Feed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Feed").field("credential", self.caller.id()).finish_non_exhaustive()
    }
}
