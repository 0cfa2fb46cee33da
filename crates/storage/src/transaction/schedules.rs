//! Revocations that are to be made later.

use std::ops::ControlFlow;

use quash_core::ids::ScheduleId;
use quash_core::position::Position;

use super::Transaction;
use super::sessions::EVERY;
use crate::ports::{Append, Appended, Fire, StoreError, StoredSchedule};
use crate::rows;
use crate::tables::{Direction, Read, Table, Write};

impl<T: Read> Transaction<'_, T> {
    /// All of them, by id.
    pub(crate) fn schedules(&self) -> Result<Vec<StoredSchedule>, StoreError> {
        let mut schedules = Vec::new();
        self.tables.scan(Table::Schedules, EVERY, Direction::Up, &mut |key, row| {
            schedules.push(rows::schedule::read(key, row)?);
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(schedules)
    }

    fn schedule(&self, id: &ScheduleId) -> Result<Option<StoredSchedule>, StoreError> {
        let key = id.as_str().as_bytes();
        self.tables.get(Table::Schedules, key)?.map(|row| rows::schedule::read(key, &row)).transpose()
    }
}

impl<T: Write> Transaction<'_, T> {
    /// Keeps one, unless there are too many.
    pub(crate) fn put_schedule(
        &mut self,
        schedule: &StoredSchedule,
        most: usize,
    ) -> Result<bool, StoreError> {
        let others = self.schedules()?.iter().filter(|other| other.id != schedule.id).count();
        if others >= most {
            return Ok(false);
        }
        self.keep_schedule(schedule)?;
        Ok(true)
    }

    /// Removes one.
    pub(crate) fn delete_schedule(&mut self, id: &ScheduleId) -> Result<bool, StoreError> {
        self.tables.remove(Table::Schedules, id.as_str().as_bytes())
    }

    /// Appends the entry of one that is due, and moves it on.
    ///
    /// INVARIANT: both in this transaction, and only where the schedule still is due at the very instant.
    pub(crate) fn fire(&mut self, fire: Fire) -> Result<Option<Position>, StoreError> {
        let Some(schedule) = self.schedule(&fire.id)?.filter(|schedule| schedule.due_at == fire.due_at)
        else {
            return Ok(None);
        };
        let appended = self.append(Append { entry: fire.entry, idempotency: None, expect_max: None })?;
        let Appended::At { position, .. } = appended else { return Ok(None) };
        match fire.next {
            Some(due_at) => self.keep_schedule(&StoredSchedule { due_at, ..schedule })?,
            None => {
                self.delete_schedule(&fire.id)?;
            }
        }
        Ok(Some(position))
    }

    fn keep_schedule(&mut self, schedule: &StoredSchedule) -> Result<(), StoreError> {
        let key = schedule.id.as_str().as_bytes();
        self.tables.put(Table::Schedules, key, &rows::schedule::write(schedule))
    }
}
