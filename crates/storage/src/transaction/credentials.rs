//! Service credentials.

use std::ops::ControlFlow;

use quash_core::ids::CredentialId;

use super::Transaction;
use super::sessions::EVERY;
use crate::ports::{StoreError, StoredCredential};
use crate::rows;
use crate::tables::{Direction, Read, Table, Write};

impl<T: Read> Transaction<'_, T> {
    /// All of them, by id.
    pub(crate) fn credentials(&self) -> Result<Vec<StoredCredential>, StoreError> {
        let mut credentials = Vec::new();
        self.tables.scan(Table::Credentials, EVERY, Direction::Up, &mut |_, row| {
            credentials.push(rows::credential::read(row)?);
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(credentials)
    }
}

impl<T: Write> Transaction<'_, T> {
    /// Stores one.
    pub(crate) fn put_credential(&mut self, credential: &StoredCredential) -> Result<(), StoreError> {
        let row = rows::credential::write(credential);
        self.tables.put(Table::Credentials, credential.id.as_str().as_bytes(), &row)
    }

    /// Removes one.
    pub(crate) fn delete_credential(&mut self, id: &CredentialId) -> Result<bool, StoreError> {
        self.tables.remove(Table::Credentials, id.as_str().as_bytes())
    }
}
