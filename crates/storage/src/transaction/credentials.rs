//! Service credentials.

use std::ops::ControlFlow;

use quash_core::ids::CredentialId;

use super::Transaction;
use super::audit::details;
use super::sessions::EVERY;
use crate::ports::{Act, AuditFact, Details, StoreError, StoredCredential, action};
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
    pub(crate) fn put_credential(
        &mut self,
        credential: &StoredCredential,
        act: &Act,
    ) -> Result<(), StoreError> {
        let row = rows::credential::write(credential);
        self.tables.put(Table::Credentials, credential.id.as_str().as_bytes(), &row)?;
        self.note(&AuditFact::new(act, action::CREDENTIAL_MADE, details_of(credential)))
    }

    /// Removes one.
    pub(crate) fn delete_credential(&mut self, id: &CredentialId, act: &Act) -> Result<bool, StoreError> {
        let key = id.as_str().as_bytes();
        let Some(row) = self.tables.get(Table::Credentials, key)? else { return Ok(false) };
        let about = details_of(&rows::credential::read(&row)?);
        self.tables.remove(Table::Credentials, key)?;
        self.note(&AuditFact::new(act, action::CREDENTIAL_REMOVED, about))?;
        Ok(true)
    }
}

/// What it may do and for whom; of its key nothing.
fn details_of(credential: &StoredCredential) -> Details {
    let roles: Vec<&str> = credential.roles.iter().map(|role| role.word()).collect();
    let mut about = details([
        ("credential", credential.id.as_str()),
        ("name", &credential.name),
        ("roles", &roles.join(" ")),
    ]);
    if let Some(client) = &credential.client {
        about.insert("client".into(), client.as_str().into());
    }
    about
}
