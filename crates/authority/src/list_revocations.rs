//! Looking at the log.

use quash_core::position::{Head, Position};
use quash_core::revocation::entry::Entry;

use crate::authority::Authority;
use crate::caller::Caller;
use crate::error::Error;
use crate::list_sessions::check_limit;
use crate::permissions::{Verb, authorize};

impl Authority {
    /// Entries before `before`, or the newest, in falling order; at most `limit`, 1 to 200.
    ///
    /// # Errors
    /// [`Error::Forbidden`], also for a credential of one client, since an entry tells about everybody;
    /// [`Error::Request`], [`Error::Store`].
    pub async fn list_revocations(
        &self,
        caller: &Caller,
        before: Option<Position>,
        limit: usize,
    ) -> Result<Vec<Entry>, Error> {
        authorize(caller, Verb::ReadRevocations)?;
        check_limit(limit)?;
        Ok(self.store.entries_before(before, limit).await?)
    }

    /// Which of the entries from `first` to `last`, both included, were taken back, and by which.
    ///
    /// # Errors
    /// As [`list_revocations`](Self::list_revocations).
    pub async fn list_undone(
        &self,
        caller: &Caller,
        first: Position,
        last: Position,
    ) -> Result<Vec<(Position, Position)>, Error> {
        authorize(caller, Verb::ReadRevocations)?;
        Ok(self.store.undone(first, last).await?)
    }

    /// The last durable position: what a backend reads before it checks a password, for `as_of`.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn head(&self) -> Result<Head, Error> {
        Ok(self.store.head().await?)
    }
}
