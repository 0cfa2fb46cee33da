//! Using a token that may be used once.

use quash_core::revocation::target_key::TargetKey;
use quash_core::time::Timestamp;

use super::Transaction;
use crate::ports::{AuditFact, Spend, Spent, StoreError, action};
use crate::rows;
use crate::rows::spent::SpentToken;
use crate::tables::keys::meta;
use crate::tables::{Read, Table, Write, keys};

/// So many are forgotten a call, for the calls behind it are waiting.
const FORGOTTEN_AT_ONCE: u64 = 256;

impl<T: Read> Transaction<'_, T> {
    /// How many used tokens are remembered.
    pub(crate) fn spent_count(&self) -> Result<u64, StoreError> {
        let row = self.tables.get(Table::Meta, meta::SPENT)?;
        row.map_or(Ok(0), |row| rows::spent::read_count(&row))
    }

    fn spent(&self, token: TargetKey) -> Result<Option<SpentToken>, StoreError> {
        let row = self.tables.get(Table::Spent, &keys::digest(token))?;
        row.map(|row| rows::spent::read(&row)).transpose()
    }
}

impl<T: Write> Transaction<'_, T> {
    /// Uses a token, unless it was used before or there is no room to remember it.
    ///
    /// INVARIANT: a row stands for its use whatever the clock says; only a purge takes it away, and the purge's own
    /// instant is judged by from then on (I10).
    pub(crate) fn spend(&mut self, spend: Spend) -> Result<Spent, StoreError> {
        let Spend { token, act, about, until, most } = spend;
        let now = act.at;
        if let Some(before) = self.spent(token)? {
            return Ok(Spent::Before { at: before.at });
        }
        let count = self.spent_count()?;
        if count >= most {
            return Ok(Spent::Full);
        }

        // Everything below writes.
        let key = keys::digest(token);
        self.tables.put(Table::Spent, &key, &rows::spent::write(SpentToken { at: now, until }))?;
        self.tables.put(Table::SpentEnds, &keys::due(until, &key), &[])?;
        self.put_spent_count(count + 1)?;
        self.note(&AuditFact::new(&act, action::TOKEN_SPENT, about))?;
        Ok(Spent::Now)
    }

    /// Forgets uses that are over; how many.
    pub(super) fn purge_spent(&mut self, now: Timestamp) -> Result<u64, StoreError> {
        let mut removed = 0;
        for due in self.due(Table::SpentEnds, now)? {
            if removed >= FORGOTTEN_AT_ONCE {
                break;
            }
            let (_, key) = keys::read_due(&due)?;
            removed += u64::from(self.tables.remove(Table::Spent, key)?);
            self.tables.remove(Table::SpentEnds, &due)?;
        }
        if removed > 0 {
            let left = self.spent_count()?.saturating_sub(removed);
            self.put_spent_count(left)?;
        }
        Ok(removed)
    }

    fn put_spent_count(&mut self, count: u64) -> Result<(), StoreError> {
        self.tables.put(Table::Meta, meta::SPENT, &rows::spent::write_count(count))
    }
}
