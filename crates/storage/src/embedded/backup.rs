//! Backup: a consistent copy while the store works on.

use std::fs::File;
use std::ops::{Bound, ControlFlow};
use std::path::Path;
use std::sync::Arc;

use quash_core::position::Head;
use redb::Database;

use super::EmbeddedStore;
use super::damage::unless_damaged;
use super::error::{io_error, store_error};
use super::open::for_its_owner;
use super::tables::{ReadTables, WriteTables, definition};
use crate::ports::StoreError;
use crate::tables::{Direction, Read, Table, Write};
use crate::transaction::Transaction;

impl EmbeddedStore {
    /// Copies everything as it is at one instant into a new file at `path`, without stopping anybody; says
    /// which head the copy has. The copy is whole or not there, and it is on the disk when this returns.
    ///
    /// It holds everything but the master secrets, which live outside the store: guard it like the store.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], also when there is a file at `path`.
    pub async fn backup_to(&self, path: impl AsRef<Path>) -> Result<Head, StoreError> {
        let path = path.as_ref().to_owned();
        let shared = Arc::clone(&self.shared);
        let copy = move || {
            let tables = shared.database.begin_read()?;
            let head = Transaction::begin(&tables, &shared.constants)?.head();
            write_new(&path, |to| copy_all(&tables, to))?;
            Ok(head)
        };
        match tokio::runtime::Handle::try_current() {
            Ok(runtime) => runtime.spawn_blocking(copy).await.map_err(|_| stopped())?,
            Err(_) => copy(),
        }
    }
}

fn stopped() -> StoreError {
    StoreError::Unavailable("the copy stopped".into())
}

/// Makes a new file at `path` with what `put` puts into it, in one transaction. Leaves nothing behind if it
/// fails.
pub(super) fn write_new(
    path: &Path,
    put: impl FnOnce(&mut WriteTables<'_>) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let file = for_its_owner().create_new(true).open(path);
    let file = file.map_err(|error| io_error(&error))?;
    let written = unless_damaged(|| write_file(file, put)).and_then(|()| sync_directory(path));
    if written.is_err() {
        // What can not be removed is no store: its one transaction was not committed, or the error said more.
        let _left_behind = std::fs::remove_file(path);
    }
    written
}

fn write_file(
    file: File,
    put: impl FnOnce(&mut WriteTables<'_>) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let database = Database::builder().set_cache_size(CACHE_BYTES).create_file(file).map_err(store_error)?;
    let transaction = database.begin_write().map_err(store_error)?;
    for table in Table::ALL {
        transaction.open_table(definition(table)).map_err(store_error)?;
    }
    let mut tables = WriteTables::new(&transaction);
    put(&mut tables)?;
    drop(tables);
    transaction.commit().map_err(store_error)
}

/// What a copy keeps in memory.
const CACHE_BYTES: usize = 16 * 1024 * 1024;

/// A new file is there after a crash only if its directory was synced.
fn sync_directory(path: &Path) -> Result<(), StoreError> {
    let directory = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    File::open(directory).and_then(|directory| directory.sync_all()).map_err(|error| io_error(&error))
}

/// Copies every row of every table.
pub(super) fn copy_all(from: &ReadTables, to: &mut WriteTables<'_>) -> Result<(), StoreError> {
    for table in Table::ALL {
        from.scan(table, (Bound::Unbounded, Bound::Unbounded), Direction::Up, &mut |key, value| {
            to.put(table, key, value)?;
            Ok(ControlFlow::Continue(()))
        })?;
    }
    Ok(())
}
