//! The feed as people and scripts watch it. Verifiers follow it otherwise: what they see decides about tokens.

use quash_core::position::Position;
use quash_core::revocation::entry::Entry;
use quash_core::revocation::record::Record;

use tokio::sync::watch;

use crate::authority::Authority;
use crate::caller::Caller;
use crate::error::Error;
use crate::list_sessions::check_limit;
use crate::permissions::{Verb, authorize};

impl Authority {
    /// A value that follows the durable head.
    ///
    /// # Errors
    /// [`Error::Forbidden`] unless the caller may watch the feed.
    pub fn watch_head(&self, caller: &Caller) -> Result<watch::Receiver<Position>, Error> {
        authorize(caller, Verb::WatchFeed)?;
        Ok(self.head_changes.clone())
    }

    /// Entries after `after` that verifiers hold now, with plain ids, in rising order; at most `limit`, 1 to 200.
    /// Empty when there are none up to the head.
    ///
    /// # Errors
    /// [`Error::Forbidden`] unless the caller may watch the feed and read revocations; [`Error::Request`],
    /// [`Error::Store`].
    pub async fn watch_entries(
        &self,
        caller: &Caller,
        after: Position,
        limit: usize,
    ) -> Result<Vec<Entry>, Error> {
        authorize(caller, Verb::WatchFeed)?;
        authorize(caller, Verb::ReadRevocations)?;
        check_limit(limit)?;
        Ok(self.store.live_after(after, self.purged_at(), limit).await?)
    }

    /// The same with digests in place of the ids: as verifiers see them.
    ///
    /// # Errors
    /// [`Error::Forbidden`] unless the caller may watch the feed; [`Error::Request`], [`Error::Store`].
    pub async fn watch_records(
        &self,
        caller: &Caller,
        after: Position,
        limit: usize,
    ) -> Result<Vec<Record>, Error> {
        authorize(caller, Verb::WatchFeed)?;
        check_limit(limit)?;
        Ok(self.store.live_records_after(after, self.purged_at(), limit).await?)
    }
}
