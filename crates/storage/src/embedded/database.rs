//! The open file, and its opening anew after a failure.

use std::fmt;
use std::io;
use std::ops::Bound;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use redb::{BackendError, Database, ReadableDatabase, StorageBackend, WriteTransaction};

use super::error::store_error;
use super::open::{BackendFactory, OpenError, classify};
use super::tables::ReadTables;
use crate::ports::StoreError;

/// The database, for readers and the one writer. It is absent after a failure, until it was opened anew.
pub(super) struct SharedDatabase {
    database: RwLock<Option<Database>>,
    source: BackendFactory,
    cache_bytes: usize,
    sync_failed: Arc<AtomicBool>,
}

impl SharedDatabase {
    /// Opens it.
    pub(super) fn open(source: BackendFactory, cache_bytes: usize) -> Result<Self, OpenError> {
        let sync_failed = Arc::new(AtomicBool::new(false));
        let database = open(&source, cache_bytes, &sync_failed)?;
        Ok(Self { database: RwLock::new(Some(database)), source, cache_bytes, sync_failed })
    }

    /// A snapshot of the last commit that was synced.
    pub(super) fn begin_read(&self) -> Result<ReadTables, StoreError> {
        let database = self.database.read().unwrap_or_else(PoisonError::into_inner);
        let database = database.as_ref().ok_or_else(failed)?;
        database.begin_read().map(ReadTables::new).map_err(store_error)
    }

    /// A transaction that is synced by its commit, which is redb's default.
    pub(super) fn begin_write(&self) -> Result<WriteTransaction, StoreError> {
        let database = self.database.read().unwrap_or_else(PoisonError::into_inner);
        database.as_ref().ok_or_else(failed)?.begin_write().map_err(store_error)
    }

    /// Closes the file. Whoever still reads gets an error.
    pub(super) fn close(&self) {
        let database = self.database.write().unwrap_or_else(PoisonError::into_inner).take();
        drop(database);
    }

    /// Opens the file anew after a failure: what was not committed is gone.
    ///
    /// # Errors
    /// For good after a failed sync: what the system holds in memory then need not be on the disk.
    pub(super) fn reopen(&self) -> Result<(), StoreError> {
        self.close();
        if self.sync_failed.load(Ordering::Acquire) {
            return Err(StoreError::Unavailable(
                "the disk failed to sync: check it, then start again".into(),
            ));
        }
        let database =
            open(&self.source, self.cache_bytes, &self.sync_failed).map_err(|error| match error {
                OpenError::Store(error) => error,
                other => StoreError::Unavailable(other.to_string().into()),
            })?;
        *self.database.write().unwrap_or_else(PoisonError::into_inner) = Some(database);
        Ok(())
    }
}

fn failed() -> StoreError {
    StoreError::Unavailable("an earlier operation on the disk failed".into())
}

fn open(
    source: &BackendFactory,
    cache_bytes: usize,
    sync_failed: &Arc<AtomicBool>,
) -> Result<Database, OpenError> {
    let backend = source.open()?;
    let watched = Watched { backend, sync_failed: Arc::clone(sync_failed) };
    Database::builder().set_cache_size(cache_bytes).create_with_backend(watched).map_err(classify)
}

/// A backend that remembers whether a sync ever failed.
struct Watched {
    backend: Box<dyn StorageBackend>,
    sync_failed: Arc<AtomicBool>,
}

impl fmt::Debug for Watched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.backend.fmt(f)
    }
}

impl StorageBackend for Watched {
    fn len(&self) -> io::Result<u64> {
        self.backend.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.backend.read(offset, out)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.backend.set_len(len)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.backend.sync_data().inspect_err(|_| self.sync_failed.store(true, Ordering::Release))
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.backend.write(offset, data)
    }

    fn close(&self) -> io::Result<()> {
        self.backend.close()
    }

    fn try_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.backend.try_lock_range(start, end)
    }

    fn try_lock_shared_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.backend.try_lock_shared_range(start, end)
    }

    fn lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.backend.lock_range(start, end)
    }

    fn lock_shared_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.backend.lock_shared_range(start, end)
    }

    fn unlock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.backend.unlock_range(start, end)
    }

    fn query_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.backend.query_lock_range(start, end)
    }
}
