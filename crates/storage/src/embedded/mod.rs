//! The embedded store: everything in one file, on redb.
//!
//! ```text
//!   callers ──▶ bounded queue ──▶ one writer thread
//!                                   │  one redb transaction for all that wait   (group commit)
//!                                   │  commit: write pages, sync the file
//!                                   ▼
//!                        tail and head move, then every caller is answered
//! ```
//!
//! - *Order*: one thread gives the positions, so they are gapless, and commits happen in their order.
//! - *Durable first*: callers are answered, and the head moves, after the sync; a transaction that only reads
//!   sees the last commit that was synced.
//! - *Failure*: an error while writing aborts the whole batch, and each of its callers gets
//!   [`StoreError::Unavailable`](crate::ports::StoreError). After a failed write (a full disk) the file is
//!   opened anew before the next batch. After a failed *sync* nothing is accepted any more until the process is
//!   started again: the system may have thrown away what it could not write, and reading it back from memory
//!   would show as durable what is not.
//! - *Damage*: a panic of redb over a damaged page is an error to whoever reads
//!   ([`StoreError::Corrupt`](crate::ports::StoreError)). In the writer it is the end of the store: every call gets
//!   [`StoreError::Unavailable`](crate::ports::StoreError) until the process is started again.
//! - *Lock*: a second process that opens the file is refused ([`OpenError::InUse`]).
//!
//! `docs/store-format.md` describes the file.

mod audit_file;
mod backup;
mod check;
mod damage;
mod database;
mod error;
mod job;
mod open;
mod recent;
mod restore;
mod store;
mod tables;
mod writer;

use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use quash_core::ids::Issuer;
use tokio::sync::{mpsc, watch};

pub use self::audit_file::AuditFile;
pub use self::check::Checked;
use self::damage::unless_damaged;
use self::database::SharedDatabase;
pub use self::error::{OpenError, RestoreError};
use self::job::{Call, Job, WriteTransaction};
pub use self::open::{BackendFactory, OpenOptions};
use self::recent::Recent;
pub use self::restore::{RestoreGuard, Restored, restore};
use self::tables::ReadTables;
use crate::ports::StoreError;
use crate::tables::{Read as _, Table};
use crate::transaction::{Constants, Transaction};

/// How many calls wait for the writer before further callers wait for a place in the queue.
const QUEUE: usize = 1024;

/// For how many turns of the scheduler a reader of the log waits for the head to follow a commit: some tenths of a
/// second at least. Microseconds do, unless the writer failed in between.
const PATIENCE: u32 = 1 << 20;

/// The store in one file. Dropping it answers what waits, closes the file and lets go of its lock.
pub struct EmbeddedStore {
    shared: Arc<Shared>,
    jobs: Option<mpsc::Sender<Box<dyn Job>>>,
    writer: Mutex<Option<JoinHandle<()>>>,
    #[cfg(feature = "planted")]
    bug: Option<crate::planted::Bug>,
}

/// What callers and the writer share.
struct Shared {
    constants: Constants,
    database: SharedDatabase,
    recent: Mutex<Recent>,
    head: watch::Sender<quash_core::position::Position>,
}

impl Shared {
    fn recent(&self) -> std::sync::MutexGuard<'_, Recent> {
        // Nobody panics between two of its changes.
        self.recent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs `look` on a snapshot of what is durable.
    fn read<R>(
        &self,
        look: impl FnOnce(&Transaction<'_, ReadTables>) -> Result<R, StoreError>,
    ) -> Result<R, StoreError> {
        unless_damaged(|| {
            let tables = self.database.begin_read()?;
            look(&Transaction::begin(tables, &self.constants)?)
        })
    }
}

impl Shared {
    /// As [`Shared::read`], for looking at the log: waits until the published head has what the snapshot has.
    ///
    /// A commit is visible to a snapshot some microseconds before the writer moves the head. Whoever saw an
    /// entry here must not read an older head, or an older tail, next.
    fn read_log<R>(
        &self,
        look: impl FnOnce(&Transaction<'_, ReadTables>) -> Result<R, StoreError>,
    ) -> Result<R, StoreError> {
        self.read_log_within(PATIENCE, look)
    }

    fn read_log_within<R>(
        &self,
        turns: u32,
        look: impl FnOnce(&Transaction<'_, ReadTables>) -> Result<R, StoreError>,
    ) -> Result<R, StoreError> {
        self.read(|tables| {
            let seen = tables.head().position;
            let mut left = turns;
            while self.recent().head().position < seen {
                if left == 0 {
                    return Err(StoreError::Unavailable("the head of the log did not follow".into()));
                }
                left -= 1;
                std::thread::yield_now();
            }
            look(tables)
        })
    }
}

impl EmbeddedStore {
    /// Whose sessions the store holds.
    pub fn own_issuer(&self) -> &Issuer {
        &self.shared.constants.own_issuer
    }

    /// How many rows each table has, by its name in the file. Costs nothing, however many there are.
    ///
    /// # Errors
    /// [`StoreError`]: the file can not be read.
    pub fn rows(&self) -> Result<Vec<(&'static str, u64)>, StoreError> {
        let counted = |tables: &Transaction<'_, ReadTables>| {
            Table::ALL.iter().map(|table| Ok((table.name(), tables.tables().count(*table)?))).collect()
        };
        self.shared.read(counted)
    }

    /// Hands `work` to the writer and waits until it is durable.
    async fn write<R: Send + 'static>(
        &self,
        work: impl FnOnce(&mut WriteTransaction<'_, '_>) -> Result<R, StoreError> + Send + 'static,
    ) -> Result<R, StoreError> {
        let (job, answer) = Call::with_answer(work);
        let jobs = self.jobs.as_ref().ok_or_else(closed)?;
        jobs.send(job).await.map_err(|_| closed())?;
        answer.await.map_err(|_| closed())?
    }

    /// Runs a look-up that may read much, on a thread where that holds nobody up.
    async fn walk<R: Send + 'static>(
        &self,
        look: impl FnOnce(&Shared) -> Result<R, StoreError> + Send + 'static,
    ) -> Result<R, StoreError> {
        let shared = Arc::clone(&self.shared);
        if tokio::runtime::Handle::try_current().is_err() {
            return look(&shared);
        }
        let walk = tokio::task::spawn_blocking(move || look(&shared));
        walk.await.map_err(|_| StoreError::Unavailable("a reader stopped".into()))?
    }

    /// Answers what waits, closes the file and lets go of its lock. Blocks until that is done, some
    /// milliseconds; dropping the store does the same.
    pub fn close(mut self) {
        self.stop();
    }

    fn stop(&mut self) {
        self.jobs = None;
        let writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(writer) = writer {
            // A writer that panicked has answered nobody whom it owed a commit: nothing to add.
            let _stopped = writer.join();
        }
    }
}

impl Drop for EmbeddedStore {
    fn drop(&mut self) {
        self.stop();
    }
}

impl std::fmt::Debug for EmbeddedStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EmbeddedStore").field("head", &*self.shared.head.borrow()).finish_non_exhaustive()
    }
}

fn closed() -> StoreError {
    StoreError::Unavailable("it is closed".into())
}
