//! Looking at the log.

use quash_core::position::{Head, Position};
use quash_core::revocation::entry::Entry;
use quash_core::revocation::target::TargetKind;

use crate::authority::Authority;
use crate::caller::Caller;
use crate::error::Error;
use crate::list_sessions::check_limit;
use crate::permissions::{Verb, authorize};

/// How many entries of the log are looked at for one page at most: that many sessions may have been registered in a row.
const LOOKED_AT: usize = 10_000;
/// How many entries are read at once where those before were of no use.
const BATCH: usize = 200;

/// A page of the log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RevocationPage {
    /// Entries in falling order. There may be fewer than were asked for, or none, while more follow.
    pub entries: Vec<Entry>,
    /// The next page is of the entries before this one; none follow where `None`.
    pub before: Option<Position>,
}

impl Authority {
    /// Entries before `before`, or the newest, in falling order; at most `limit`, 1 to 200. Registrations are left out (S12):
    /// they revoke nothing.
    ///
    /// # Errors
    /// [`Error::Forbidden`], also for a credential of one client, since an entry tells about everybody;
    /// [`Error::Request`], [`Error::Store`].
    pub async fn list_revocations(
        &self,
        caller: &Caller,
        before: Option<Position>,
        limit: usize,
    ) -> Result<RevocationPage, Error> {
        authorize(caller, Verb::ReadRevocations)?;
        check_limit(limit)?;
        let mut page = RevocationPage { entries: Vec::new(), before };
        let (mut looked_at, mut asked) = (0, limit);
        loop {
            let read = self.store.entries_before(page.before, asked).await?;
            looked_at += read.len();
            let exhausted = read.len() < asked;
            let is_full = page.take(read, limit);
            if exhausted && !is_full {
                page.before = None;
            }
            if exhausted || is_full || looked_at >= LOOKED_AT {
                return Ok(page);
            }
            asked = BATCH;
        }
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

impl RevocationPage {
    /// Takes what belongs on the page, up to `limit`. Whether it is full.
    fn take(&mut self, read: Vec<Entry>, limit: usize) -> bool {
        for entry in read {
            if self.entries.len() == limit {
                return true;
            }
            self.before = Some(entry.position);
            if entry.fact.target.kind() != TargetKind::Registration {
                self.entries.push(entry);
            }
        }
        self.entries.len() == limit
    }
}
