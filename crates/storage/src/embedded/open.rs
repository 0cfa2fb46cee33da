//! Opening a store, and founding a new one.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use quash_core::ids::Issuer;
use quash_core::time::Timestamp;
use redb::StorageBackend;
use redb::backends::FileBackend;
use tokio::sync::{mpsc, watch};

use super::damage::unless_damaged;
pub(super) use super::error::OpenError;
use super::error::{io_error, store_error};
use super::recent::Recent;
use super::tables::{WriteTables, definition};
use super::writer::Writer;
use super::{EmbeddedStore, QUEUE, Shared, SharedDatabase};
use crate::ports::{LogIdentity, StoreError};
use crate::rows;
use crate::tables::keys::meta;
use crate::tables::{Read, Table};
use crate::transaction::{self, Constants, Transaction};

/// What redb keeps in memory of the file, unless told otherwise: 16 MiB.
const CACHE_BYTES: usize = 16 * 1024 * 1024;

/// Where the bytes of a store are, again and again: the store opens them anew after a failed write.
#[derive(Clone)]
pub struct BackendFactory(Arc<dyn Fn() -> io::Result<Box<dyn StorageBackend>> + Send + Sync>);

impl BackendFactory {
    /// The file at `path`, made if it is not there, for its owner alone.
    pub fn file(path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        Self::new(move || {
            let file = for_its_owner().create(true).truncate(false).open(&path)?;
            Ok(Box::new(FileBackend::new(file).map_err(io::Error::other)?))
        })
    }

    /// Whatever `open` opens: each time the same bytes.
    pub fn new(open: impl Fn() -> io::Result<Box<dyn StorageBackend>> + Send + Sync + 'static) -> Self {
        Self(Arc::new(open))
    }

    pub(super) fn open(&self) -> Result<Box<dyn StorageBackend>, StoreError> {
        (self.0)().map_err(|error| io_error(&error))
    }
}

/// How to open a file of the store. One that is made is readable by its owner alone: it holds who signed in where,
/// and digests of keys.
pub(super) fn for_its_owner() -> std::fs::OpenOptions {
    let mut options = File::options();
    options.read(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// How to open a store.
#[derive(Clone)]
pub struct OpenOptions {
    source: BackendFactory,
    own_issuer: Issuer,
    cache_bytes: usize,
}

impl OpenOptions {
    /// The store in the file at `path`, for the sessions of `own_issuer`.
    pub fn file(path: impl AsRef<Path>, own_issuer: Issuer) -> Self {
        Self::backend(BackendFactory::file(path.as_ref()), own_issuer)
    }

    /// The store in the bytes that `source` opens.
    pub fn backend(source: BackendFactory, own_issuer: Issuer) -> Self {
        Self { source, own_issuer, cache_bytes: CACHE_BYTES }
    }

    /// Keeps at most `bytes` of the file in memory; 16 MiB unless said.
    #[must_use]
    pub fn cache_bytes(self, bytes: usize) -> Self {
        Self { cache_bytes: bytes, ..self }
    }

    /// Opens the store. Where there is none yet, one is founded whose log is made at `now` from 36 random
    /// bytes; else both are left aside. Blocks while it reads the file: some milliseconds after a clean close,
    /// some 100 ms for each million rows after a crash. A file that is older than the index of sessions gets it, in one
    /// transaction: once, some ten seconds for each million sessions.
    ///
    /// # Errors
    /// [`OpenError`]; nothing was changed.
    pub fn open(self, now: Timestamp, random: [u8; 36]) -> Result<EmbeddedStore, OpenError> {
        // Whoever fails closes the file again, which reads it too: that is in there with the rest.
        unless_damaged(|| self.found_or_open(now, random))
    }

    fn found_or_open(self, now: Timestamp, random: [u8; 36]) -> Result<EmbeddedStore, OpenError> {
        let Self { source, own_issuer, cache_bytes } = self;
        let database = SharedDatabase::open(source, cache_bytes)?;
        let identity = match stored_identity(&database)? {
            Some((identity, stored)) if stored == own_issuer => identity,
            Some((_, stored)) => return Err(OpenError::OtherIssuer { stored: stored.as_str().into() }),
            None => found(&database, LogIdentity::from_random(now, random), &own_issuer)?,
        };
        let constants = Constants::new(identity, own_issuer);
        index_sessions(&database, &constants)?;
        Ok(start(database, constants)?)
    }
}

/// The identity in the file; `None` when the file is new.
fn stored_identity(database: &SharedDatabase) -> Result<Option<(LogIdentity, Issuer)>, OpenError> {
    let transaction = database.begin_write()?;
    let names: Vec<String> = {
        let tables = transaction.list_tables().map_err(store_error)?;
        tables.map(|table| redb::TableHandle::name(&table).to_owned()).collect()
    };
    if names.is_empty() {
        return Ok(None);
    }
    if !names.iter().any(|name| name == Table::Meta.name()) {
        return Err(OpenError::NotAStore);
    }
    let tables = WriteTables::new(&transaction);
    check_format(&tables)?;
    let identity = tables.get(Table::Meta, meta::IDENTITY)?.ok_or(OpenError::NotAStore)?;
    Ok(Some(rows::meta::read_identity(&identity)?))
}

/// Refuses a format that is not this version's.
pub(super) fn check_format(tables: &impl Read) -> Result<(), OpenError> {
    let format = tables.get(Table::Meta, meta::FORMAT)?.ok_or(OpenError::NotAStore)?;
    let found = rows::meta::read_format(&format)?;
    let known = rows::meta::FORMAT;
    if found == known { Ok(()) } else { Err(OpenError::UnknownFormat { found, known }) }
}

/// Writes what a new store starts with, in one transaction: a crash leaves a founded store or an empty file.
fn found(
    database: &SharedDatabase,
    identity: LogIdentity,
    own_issuer: &Issuer,
) -> Result<LogIdentity, StoreError> {
    let transaction = database.begin_write()?;
    for table in Table::ALL {
        transaction.open_table(definition(table)).map_err(store_error)?;
    }
    let mut tables = WriteTables::new(&transaction);
    transaction::found(&mut tables, &Constants::new(identity, own_issuer.clone()))?;
    drop(tables);
    transaction.commit().map_err(store_error)?;
    Ok(identity)
}

/// Makes the index of sessions where the file is older than it: all of it, or after a crash none.
fn index_sessions(database: &SharedDatabase, constants: &Constants) -> Result<(), StoreError> {
    if database.begin_read()?.has(Table::SessionIndex)? {
        return Ok(());
    }
    let transaction = database.begin_write()?;
    transaction.open_table(definition(Table::SessionIndex)).map_err(store_error)?;
    let mut tables = WriteTables::new(&transaction);
    Transaction::begin(&mut tables, constants)?.index_all_sessions()?;
    drop(tables);
    transaction.commit().map_err(store_error)
}

fn start(database: SharedDatabase, constants: Constants) -> Result<EmbeddedStore, StoreError> {
    let head = stored_head(&database)?;
    let shared = Arc::new(Shared {
        constants,
        database,
        recent: Mutex::new(Recent::new(head)),
        head: watch::Sender::new(head.position),
    });
    let (jobs, waiting) = mpsc::channel(QUEUE);
    let writer = Writer::new(Arc::clone(&shared), waiting);
    let thread = std::thread::Builder::new().name("quash-store".into()).spawn(move || writer.run());
    let thread = thread.map_err(|error| io_error(&error))?;
    Ok(EmbeddedStore {
        shared,
        jobs: Some(jobs),
        writer: Mutex::new(Some(thread)),
        #[cfg(feature = "planted")]
        bug: crate::planted::planted(),
    })
}

/// The head as the file has it.
pub(super) fn stored_head(database: &SharedDatabase) -> Result<rows::meta::HeadRow, StoreError> {
    let row = database.begin_read()?.get(Table::Meta, meta::HEAD)?;
    rows::meta::read_head(&row.ok_or_else(|| rows::corrupt("meta/head"))?)
}

/// What a failure to open means.
pub(super) fn classify(error: redb::DatabaseError) -> OpenError {
    match error {
        redb::DatabaseError::DatabaseAlreadyOpen => OpenError::InUse,
        redb::DatabaseError::Storage(redb::StorageError::Io(error))
            if error.kind() == io::ErrorKind::InvalidData =>
        {
            OpenError::NotAStore
        }
        other => OpenError::Store(store_error(other)),
    }
}
