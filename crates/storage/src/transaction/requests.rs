//! Idempotency: a repeated request is one change.

use quash_core::time::Timestamp;

use super::Transaction;
use crate::ports::{Idempotency, StoreError};
use crate::rows;
use crate::rows::request::{Done, Outcome};
use crate::tables::{Read, Table, Write, keys};

/// A request that was done before under the same key.
pub(super) struct DoneBefore {
    /// Whether it was this request.
    pub(super) matches: bool,
    /// What it did.
    pub(super) outcome: Outcome,
}

impl<T: Read> Transaction<'_, T> {
    /// What was done under this key before. At exactly 24 hours a request is forgotten.
    pub(super) fn done_before(
        &self,
        idempotency: Option<&Idempotency>,
        now: Timestamp,
    ) -> Result<Option<DoneBefore>, StoreError> {
        let Some(idempotency) = idempotency else { return Ok(None) };
        let Some(row) = self.tables.get(Table::Requests, idempotency.key.as_bytes())? else {
            return Ok(None);
        };
        let Done { request, at, outcome } = rows::request::read(&row)?;
        let forgotten = now >= at.plus(rows::request::REMEMBERED_FOR);
        Ok((!forgotten).then(|| DoneBefore { matches: request == idempotency.request, outcome }))
    }
}

impl<T: Write> Transaction<'_, T> {
    /// Remembers that a request was done. Takes the place of a forgotten one under the same key.
    pub(super) fn remember(
        &mut self,
        idempotency: Idempotency,
        at: Timestamp,
        outcome: Outcome,
    ) -> Result<(), StoreError> {
        let Idempotency { key, request } = idempotency;
        let done = Done { request, at, outcome };
        self.tables.put(Table::Requests, key.as_bytes(), &rows::request::write(&done))?;
        self.tables.put(Table::RequestEnds, &keys::due(done.forgotten_at(), key.as_bytes()), &[])
    }
}
