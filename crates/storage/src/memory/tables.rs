//! Ordered maps in memory.

use std::collections::BTreeMap;

use crate::ports::StoreError;
use crate::tables::{Direction, Range, Read, Step, Table, Write};

type Map = BTreeMap<Box<[u8]>, Box<[u8]>>;

/// One map for each table.
#[derive(Default)]
pub(super) struct MemoryTables {
    maps: [Map; Table::ALL.len()],
}

impl MemoryTables {
    fn map(&self, table: Table) -> Option<&Map> {
        self.maps.get(table as usize)
    }

    fn map_mut(&mut self, table: Table) -> Option<&mut Map> {
        self.maps.get_mut(table as usize)
    }
}

impl Read for MemoryTables {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.map(table).and_then(|map| map.get(key)).map(|value| value.to_vec()))
    }

    fn count(&self, table: Table) -> Result<u64, StoreError> {
        Ok(self.map(table).map_or(0, |map| map.len() as u64))
    }

    fn scan(
        &self,
        table: Table,
        range: Range<'_>,
        direction: Direction,
        visit: &mut dyn FnMut(&[u8], &[u8]) -> Step,
    ) -> Result<(), StoreError> {
        if is_empty(range) {
            return Ok(());
        }
        let Some(map) = self.map(table) else { return Ok(()) };
        let mut rows = map.range::<[u8], _>(range);
        loop {
            let row = match direction {
                Direction::Up => rows.next(),
                Direction::Down => rows.next_back(),
            };
            let Some((key, value)) = row else { return Ok(()) };
            if visit(key, value)?.is_break() {
                return Ok(());
            }
        }
    }
}

/// A map panics on a range that ends before it begins; here such a range is empty.
fn is_empty((from, to): Range<'_>) -> bool {
    use std::ops::Bound::{Excluded, Included, Unbounded};
    match (from, to) {
        (Unbounded, _) | (_, Unbounded) => false,
        (Included(from), Included(to)) => from > to,
        (Included(from) | Excluded(from), Included(to) | Excluded(to)) => from >= to,
    }
}

impl Write for MemoryTables {
    fn put(&mut self, table: Table, key: &[u8], value: &[u8]) -> Result<(), StoreError> {
        if let Some(map) = self.map_mut(table) {
            map.insert(key.into(), value.into());
        }
        Ok(())
    }

    fn remove(&mut self, table: Table, key: &[u8]) -> Result<bool, StoreError> {
        Ok(self.map_mut(table).is_some_and(|map| map.remove(key).is_some()))
    }
}
