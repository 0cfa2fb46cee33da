//! The ring of signing keys.

use super::Transaction;
use crate::ports::{KeyRing, Replaced, StoreError, StoredKey};
use crate::rows;
use crate::tables::keys::meta;
use crate::tables::{Read, Table, Write};

impl<T: Read> Transaction<'_, T> {
    /// The ring as it stands.
    pub(crate) fn key_ring(&self) -> Result<KeyRing, StoreError> {
        let row = self.tables.get(Table::Meta, meta::KEY_RING)?;
        row.map_or(Ok(KeyRing::default()), |row| rows::key_ring::read(&row))
    }
}

impl<T: Write> Transaction<'_, T> {
    /// Replaces the ring if nobody else did.
    pub(crate) fn replace_key_ring(
        &mut self,
        expected: u64,
        keys: &[StoredKey],
    ) -> Result<Replaced, StoreError> {
        if self.key_ring()?.version != expected {
            return Ok(Replaced::Changed);
        }
        let version = expected.saturating_add(1);
        self.tables.put(Table::Meta, meta::KEY_RING, &rows::key_ring::write(version, keys))?;
        Ok(Replaced::Stored { version })
    }
}
