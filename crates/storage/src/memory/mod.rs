//! The store in memory: for embedded use and for tests. Everything is gone when it is dropped.
//!
//! It keeps the same contracts as every other store, durability apart: here "durable" means as durable as the
//! process. It holds the same rows as the embedded store, as bytes in ordered maps behind one lock, so each call
//! costs some microseconds and waits for no disk.

mod store;
mod tables;

use std::sync::{Mutex, MutexGuard, PoisonError};

use quash_core::ids::Issuer;
use quash_core::position::Position;
use quash_core::time::Timestamp;
use tokio::sync::watch;

use self::tables::MemoryTables;
use crate::ports::{LogIdentity, StoreError};
use crate::transaction::{self, Constants, Transaction};

/// A store in memory.
pub struct MemoryStore {
    constants: Constants,
    tables: Mutex<MemoryTables>,
    head: watch::Sender<Position>,
}

impl MemoryStore {
    /// An empty store for the sessions of `own_issuer`, whose log is `identity`.
    pub fn new(identity: LogIdentity, own_issuer: Issuer) -> Self {
        let constants = Constants::new(identity, own_issuer);
        let mut tables = MemoryTables::default();
        // Maps in memory do not fail.
        let _infallible = transaction::found(&mut tables, &constants);
        Self { constants, tables: Mutex::new(tables), head: watch::Sender::new(identity.origin) }
    }

    /// An empty store with a new log, made at `now` from 36 random bytes.
    pub fn fresh(own_issuer: Issuer, now: Timestamp, random: [u8; 36]) -> Self {
        Self::new(LogIdentity::from_random(now, random), own_issuer)
    }

    fn read<R>(
        &self,
        look: impl FnOnce(&Transaction<'_, &MemoryTables>) -> Result<R, StoreError>,
    ) -> Result<R, StoreError> {
        let tables = self.lock();
        look(&Transaction::begin(&*tables, &self.constants)?)
    }

    fn write<R>(
        &self,
        change: impl FnOnce(&mut Transaction<'_, &mut MemoryTables>) -> Result<R, StoreError>,
    ) -> Result<R, StoreError> {
        let mut tables = self.lock();
        let mut transaction = Transaction::begin(&mut *tables, &self.constants)?;
        let outcome = change(&mut transaction)?;
        let finished = transaction.finish()?;
        // Still under the lock: whoever sees the new head finds the entries.
        self.head.send_if_modified(|head| {
            let moved = *head != finished.head.position;
            *head = finished.head.position;
            moved
        });
        Ok(outcome)
    }

    fn lock(&self) -> MutexGuard<'_, MemoryTables> {
        // No call panics between two of its writes, so what a panicking caller left behind is whole.
        self.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MemoryStore").field("head", &*self.head.borrow()).finish_non_exhaustive()
    }
}
