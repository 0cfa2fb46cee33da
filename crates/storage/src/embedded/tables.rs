//! The tables in the file.

use std::cell::OnceCell;

use redb::{
    ReadOnlyTable, ReadTransaction, ReadableTable, ReadableTableMetadata, TableDefinition, TableError,
    WriteTransaction,
};

use super::error::store_error;
use crate::ports::StoreError;
use crate::tables::{Direction, Range, Read, Step, Table, Write};

type Bytes = &'static [u8];

/// How redb knows a table.
pub(super) const fn definition(table: Table) -> TableDefinition<'static, Bytes, Bytes> {
    TableDefinition::new(table.name())
}

/// A snapshot of what is durable. Tables are opened when they are first looked at.
pub(super) struct ReadTables {
    transaction: ReadTransaction,
    opened: [OnceCell<Option<ReadOnlyTable<Bytes, Bytes>>>; Table::ALL.len()],
}

impl ReadTables {
    pub(super) fn new(transaction: ReadTransaction) -> Self {
        Self { transaction, opened: Default::default() }
    }

    /// The table; `None` where the file is older than the table.
    fn table(&self, table: Table) -> Result<Option<&ReadOnlyTable<Bytes, Bytes>>, StoreError> {
        let cell = self.opened.get(table as usize).ok_or_else(|| unknown(table))?;
        if cell.get().is_none() {
            let opened = match self.transaction.open_table(definition(table)) {
                Ok(opened) => Some(opened),
                Err(TableError::TableDoesNotExist(_)) if table.may_be_missing() => None,
                Err(error) => return Err(store_error(error)),
            };
            // Empty, as was just seen, and this thread alone has it.
            let _set = cell.set(opened);
        }
        cell.get().map(Option::as_ref).ok_or_else(|| unknown(table))
    }
}

impl ReadTables {
    /// Whether the file has the table.
    pub(super) fn has(&self, table: Table) -> Result<bool, StoreError> {
        Ok(self.table(table)?.is_some())
    }
}

impl Read for ReadTables {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.table(table)?.map_or(Ok(None), |table| get(table, key))
    }

    fn count(&self, table: Table) -> Result<u64, StoreError> {
        self.table(table)?.map_or(Ok(0), |table| table.len().map_err(store_error))
    }

    fn scan(
        &self,
        table: Table,
        range: Range<'_>,
        direction: Direction,
        visit: &mut dyn FnMut(&[u8], &[u8]) -> Step,
    ) -> Result<(), StoreError> {
        self.table(table)?.map_or(Ok(()), |table| scan(table, range, direction, visit))
    }
}

/// The tables of one transaction that writes.
pub(super) struct WriteTables<'t> {
    transaction: &'t WriteTransaction,
    opened: [OnceCell<redb::Table<'t, Bytes, Bytes>>; Table::ALL.len()],
    writes: u64,
}

impl<'t> WriteTables<'t> {
    pub(super) fn new(transaction: &'t WriteTransaction) -> Self {
        Self { transaction, opened: Default::default(), writes: 0 }
    }

    /// How many changes were asked for, whether or not they worked.
    pub(super) fn writes(&self) -> u64 {
        self.writes
    }

    fn table(&self, table: Table) -> Result<&redb::Table<'t, Bytes, Bytes>, StoreError> {
        let cell = self.opened.get(table as usize).ok_or_else(|| unknown(table))?;
        if cell.get().is_none() {
            let opened = self.transaction.open_table(definition(table)).map_err(store_error)?;
            // Empty, as was just seen, and this thread alone has it.
            let _set = cell.set(opened);
        }
        cell.get().ok_or_else(|| unknown(table))
    }

    fn table_mut(&mut self, table: Table) -> Result<&mut redb::Table<'t, Bytes, Bytes>, StoreError> {
        self.table(table)?;
        self.opened.get_mut(table as usize).and_then(OnceCell::get_mut).ok_or_else(|| unknown(table))
    }
}

impl Read for WriteTables<'_> {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        get(self.table(table)?, key)
    }

    fn count(&self, table: Table) -> Result<u64, StoreError> {
        self.table(table)?.len().map_err(store_error)
    }

    fn scan(
        &self,
        table: Table,
        range: Range<'_>,
        direction: Direction,
        visit: &mut dyn FnMut(&[u8], &[u8]) -> Step,
    ) -> Result<(), StoreError> {
        scan(self.table(table)?, range, direction, visit)
    }
}

impl Write for WriteTables<'_> {
    fn put(&mut self, table: Table, key: &[u8], value: &[u8]) -> Result<(), StoreError> {
        self.writes += 1;
        self.table_mut(table)?.insert(key, value).map_err(store_error)?;
        Ok(())
    }

    fn remove(&mut self, table: Table, key: &[u8]) -> Result<bool, StoreError> {
        self.writes += 1;
        let removed = self.table_mut(table)?.remove(key).map_err(store_error)?;
        Ok(removed.is_some())
    }
}

fn get(table: &impl ReadableTable<Bytes, Bytes>, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
    let value = table.get(key).map_err(store_error)?;
    Ok(value.map(|value| value.value().to_vec()))
}

fn scan(
    table: &impl ReadableTable<Bytes, Bytes>,
    range: Range<'_>,
    direction: Direction,
    visit: &mut dyn FnMut(&[u8], &[u8]) -> Step,
) -> Result<(), StoreError> {
    let mut rows = table.range::<&[u8]>(range).map_err(store_error)?;
    loop {
        let row = match direction {
            Direction::Up => rows.next(),
            Direction::Down => rows.next_back(),
        };
        let Some(row) = row else { return Ok(()) };
        let (key, value) = row.map_err(store_error)?;
        if visit(key.value(), value.value())?.is_break() {
            return Ok(());
        }
    }
}

fn unknown(table: Table) -> StoreError {
    StoreError::Corrupt(format!("table `{}` is missing", table.name()).into())
}
