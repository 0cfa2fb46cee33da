//! Revocations that are to be made later.

use std::ops::ControlFlow;

use quash_core::ids::ScheduleId;
use quash_core::position::Position;
use quash_core::revocation::entry::Entry;

use super::Transaction;
use super::audit::details;
use super::sessions::EVERY;
use crate::ports::{Act, Append, Appended, AuditFact, Fire, StoreError, StoredSchedule, action};
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

    /// A change of a schedule, as the audit log says it: with what is to be appended.
    fn of_schedule(&self, act: &Act, action: &str, schedule: &StoredSchedule) -> AuditFact {
        let mut about = details([
            ("schedule", schedule.id.as_str()),
            ("due_at", &schedule.due_at.milliseconds().to_string()),
        ]);
        if let Some(every) = schedule.every {
            about.insert("every".into(), rows::milliseconds(every).to_string().into());
        }
        let later = Entry { position: Position::ZERO, fact: schedule.entry.clone() };
        let AuditFact { details, reason, .. } = self.audit_of(&later, about);
        AuditFact { reason, ..AuditFact::new(act, action, details) }
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
        act: &Act,
    ) -> Result<bool, StoreError> {
        let others = self.schedules()?.iter().filter(|other| other.id != schedule.id).count();
        if others >= most {
            return Ok(false);
        }
        if self.schedule(&schedule.id)?.as_ref() != Some(schedule) {
            self.keep_schedule(schedule)?;
            self.note(&self.of_schedule(act, action::SCHEDULE_MADE, schedule))?;
        }
        Ok(true)
    }

    /// Removes one.
    pub(crate) fn delete_schedule(&mut self, id: &ScheduleId, act: &Act) -> Result<bool, StoreError> {
        let Some(schedule) = self.schedule(id)? else { return Ok(false) };
        self.remove_schedule(id)?;
        self.note(&self.of_schedule(act, action::SCHEDULE_REMOVED, &schedule))?;
        Ok(true)
    }

    fn remove_schedule(&mut self, id: &ScheduleId) -> Result<(), StoreError> {
        self.tables.remove(Table::Schedules, id.as_str().as_bytes())?;
        Ok(())
    }

    /// Appends the entry of one that is due, and moves it on.
    ///
    /// INVARIANT: both in this transaction, and only where the schedule still is due at the very instant.
    pub(crate) fn fire(&mut self, fire: Fire) -> Result<Option<Position>, StoreError> {
        let Some(schedule) = self.schedule(&fire.id)?.filter(|schedule| schedule.due_at == fire.due_at)
        else {
            return Ok(None);
        };
        let appended = self.append(Append::new(fire.entry))?;
        let Appended::At { position, .. } = appended else { return Ok(None) };
        match fire.next {
            Some(due_at) => self.keep_schedule(&StoredSchedule { due_at, ..schedule })?,
            None => self.remove_schedule(&fire.id)?,
        }
        Ok(Some(position))
    }

    fn keep_schedule(&mut self, schedule: &StoredSchedule) -> Result<(), StoreError> {
        let key = schedule.id.as_str().as_bytes();
        self.tables.put(Table::Schedules, key, &rows::schedule::write(schedule))
    }
}
