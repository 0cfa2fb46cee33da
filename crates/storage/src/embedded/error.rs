//! What can go wrong with the file.

use redb::Error as Fault;

use crate::ports::StoreError;

/// Why a store could not be opened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// Another process, or another part of this one, has it open. Stop that one first.
    #[error("the store is in use by another process")]
    InUse,
    /// It was written by a later version, or is no store at all. Use the version that wrote it.
    #[error("the store has format {found}, this version reads format {known} only")]
    UnknownFormat {
        /// What it says.
        found: u32,
        /// What this version reads.
        known: u32,
    },
    /// It is a database, but nothing of this project.
    #[error("the file holds no store")]
    NotAStore,
    /// It holds the sessions of another issuer, which the entries of this one could not end. Configure the
    /// issuer that the store was made for, or begin with a new store.
    #[error("the store belongs to the issuer `{stored}`")]
    OtherIssuer {
        /// The issuer that it was made for.
        stored: Box<str>,
    },
    /// The file can not be read or written, or is damaged.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a backup could not be restored.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RestoreError {
    /// There is something at the place to restore to. It is not touched: move it away first.
    #[error("there is a file at the place to restore to")]
    TargetExists,
    /// The backup can not be opened.
    #[error("the backup can not be used: {0}")]
    Backup(#[source] OpenError),
    /// The restored store can not be written.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What a fault of the database means to a caller.
pub(super) fn store_error(fault: impl Into<Fault>) -> StoreError {
    match fault.into() {
        Fault::Corrupted(what) => StoreError::Corrupt(what.into()),
        Fault::TableDoesNotExist(name) => StoreError::Corrupt(format!("table `{name}` is missing").into()),
        Fault::TableTypeMismatch { table, .. } => {
            StoreError::Corrupt(format!("table `{table}` has other columns").into())
        }
        Fault::Io(error) => io_error(&error),
        Fault::PreviousIo => StoreError::Unavailable("an earlier operation on the disk failed".into()),
        Fault::DatabaseClosed => StoreError::Unavailable("it is closed".into()),
        other => StoreError::Unavailable(other.to_string().into()),
    }
}

/// What a fault of the disk means to a caller.
pub(super) fn io_error(error: &std::io::Error) -> StoreError {
    StoreError::Unavailable(format!("the disk says: {error}").into())
}
