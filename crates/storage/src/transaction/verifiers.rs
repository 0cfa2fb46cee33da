//! The verifiers that hold a lease.

use std::ops::ControlFlow;

use quash_core::lease::Instance;

use super::Transaction;
use super::sessions::EVERY;
use crate::ports::{StoreError, StoredVerifier};
use crate::rows;
use crate::tables::{Direction, Read, Table, Write};

impl<T: Read> Transaction<'_, T> {
    /// All of them, by instance.
    pub(crate) fn verifiers(&self) -> Result<Vec<StoredVerifier>, StoreError> {
        let mut verifiers = Vec::new();
        self.tables.scan(Table::Verifiers, EVERY, Direction::Up, &mut |key, row| {
            verifiers.push(rows::verifier::read(key, row)?);
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(verifiers)
    }
}

impl<T: Write> Transaction<'_, T> {
    /// Records one.
    pub(crate) fn put_verifier(&mut self, verifier: &StoredVerifier) -> Result<(), StoreError> {
        self.tables.put(Table::Verifiers, verifier.instance.bytes(), &rows::verifier::write(verifier))
    }

    /// Forgets one.
    pub(crate) fn delete_verifier(&mut self, instance: &Instance) -> Result<bool, StoreError> {
        self.tables.remove(Table::Verifiers, instance.bytes())
    }
}
