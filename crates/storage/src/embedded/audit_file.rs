//! The audit log of a file that nobody writes: a backup, or a store whose server is down.

use std::path::Path;

use super::damage::unless_damaged;
use super::error::OpenError;
use super::restore::open_backup;
use super::tables::ReadTables;
use crate::ports::{AuditPage, AuditQuery, StoreError};
use crate::rows;
use crate::tables::keys::meta;
use crate::tables::{Read, Table};
use crate::transaction::{Constants, Transaction};

/// A file, opened to read its audit log. Nothing is written to it.
pub struct AuditFile {
    constants: Constants,
    tables: ReadTables,
}

impl AuditFile {
    /// Opens a backup, or a store.
    ///
    /// # Errors
    /// [`OpenError`]: also for a store that a server has open, or that was not closed in good order.
    pub fn open(path: &Path) -> Result<Self, OpenError> {
        unless_damaged(|| {
            let tables = open_backup(path)?;
            let identity = tables.get(Table::Meta, meta::IDENTITY)?.ok_or(OpenError::NotAStore)?;
            let (identity, own_issuer) = rows::meta::read_identity(&identity)?;
            Ok(Self { constants: Constants::new(identity, own_issuer), tables })
        })
    }

    /// A piece of its audit log, as [`AuditLog::audit`](crate::ports::AuditLog::audit) shows it.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] names the entry that does not read.
    pub fn audit(&self, query: &AuditQuery) -> Result<AuditPage, StoreError> {
        unless_damaged(|| Transaction::begin(&self.tables, &self.constants)?.audit(query))
    }
}

impl std::fmt::Debug for AuditFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AuditFile").finish_non_exhaustive()
    }
}
