//! Revocations that are to be made later, once or again and again.

use std::time::Duration;

use async_trait::async_trait;
use quash_core::ids::ScheduleId;
use quash_core::position::Position;
use quash_core::revocation::entry::NewEntry;
use quash_core::time::Timestamp;

use super::{Act, StoreError};

/// An entry that is to be appended later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredSchedule {
    /// Which.
    pub id: ScheduleId,
    /// When it is due.
    pub due_at: Timestamp,
    /// How long after that it is due again; once when `None`.
    pub every: Option<Duration>,
    /// What is appended: whose, what, why and by whom. Its times are those of its making; those of the entry are told
    /// when it is appended.
    pub entry: NewEntry,
}

/// A schedule that is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fire {
    /// Which.
    pub id: ScheduleId,
    /// When it was due: a schedule that was carried out or changed meanwhile is due at another instant.
    pub due_at: Timestamp,
    /// When it is due next; it is over when `None`.
    pub next: Option<Timestamp>,
    /// What is appended.
    pub entry: NewEntry,
}

/// Keeps revocations that are to be made later.
///
/// # Contract
/// - [`ScheduleStore::fire`] appends the entry, with all that an entry does, and moves the schedule on, or ends it, in one
///   transaction: however often it is called for one instant, and whatever crashes, there is one entry for it.
/// - A schedule that was removed is not carried out, nor one that is due at another instant.
/// - No more than `most` are kept.
#[async_trait]
pub trait ScheduleStore: Send + Sync {
    /// All of them, by id.
    async fn schedules(&self) -> Result<Vec<StoredSchedule>, StoreError>;

    /// Keeps one, in place of the one with its id. `false`, and nothing is kept, when there are `most` others.
    async fn put_schedule(&self, schedule: StoredSchedule, most: usize, act: Act)
    -> Result<bool, StoreError>;

    /// Removes one. Whether it was there.
    async fn delete_schedule(&self, id: &ScheduleId, act: Act) -> Result<bool, StoreError>;

    /// Carries one out: where its entry stands. `None`, and nothing is done, when it is not due at that instant.
    async fn fire(&self, fire: Fire) -> Result<Option<Position>, StoreError>;
}
