//! Somebody who may revoke has a revocation made later: once, every so often, or every day (S25).

use std::time::Duration;

use quash_core::ids::ScheduleId;
use quash_core::revocation::entry::NewEntry;
use quash_core::revocation::target::TargetKind;
use quash_core::time::Timestamp;
use quash_storage::ports::{Fire, Idempotency, StoredSchedule};
use serde_json::json;

use crate::authority::Authority;
use crate::caller::Caller;
use crate::entropy::random;
use crate::error::{Error, RequestError};
use crate::idempotency;
use crate::permissions::{Verb, authorize};
use crate::revoke::RevocationRequest;

/// How many revocations can be scheduled at once.
const MOST_SCHEDULES: usize = 1_000;

/// How far ahead the first time may lie.
const FURTHEST: Duration = Duration::from_secs(366 * DAY);

const DAY: u64 = 86_400;

/// How often a revocation may be repeated at most.
const MOST_OFTEN: Duration = Duration::from_secs(60);

/// When a revocation is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum When {
    /// Once.
    At(Timestamp),
    /// Again and again: first at an instant, or one span from now.
    Every {
        /// The first time.
        first: Option<Timestamp>,
        /// From one time to the next.
        every: Duration,
    },
    /// Every day, so many minutes after midnight UTC.
    DailyAt {
        /// 0 to 1439.
        minute: u16,
    },
}

/// What became of a revocation that is to be made later.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ScheduleOutcome {
    /// It is kept, durably.
    Scheduled(Box<StoredSchedule>),
    /// As many as may be are kept. Nothing was done.
    Full {
        /// How many.
        most: usize,
    },
}

impl Authority {
    /// Keeps a revocation that is made later. It is judged as if it were made now, by what `caller` may do now; the
    /// entry will be theirs, and its cause this schedule.
    ///
    /// # Errors
    /// [`Error::Forbidden`], also for a credential of one client; [`Error::Request`] naming the field, [`Error::Store`],
    /// [`Error::Keys`].
    pub async fn schedule(
        &self,
        caller: &Caller,
        request: RevocationRequest,
        when: When,
    ) -> Result<ScheduleOutcome, Error> {
        authorize(caller, Verb::ChangeSchedules)?;
        let now = self.now();
        let named = self.named(&request)?;
        if named.target.kind() == TargetKind::Key {
            return Err(
                RequestError::new("target.type", "anything but a key, which is given up at once").into()
            );
        }
        if request.expect_max.is_some() {
            return Err(
                RequestError::new("expect_max", "nothing, for nobody knows how many match then").into()
            );
        }
        let (due_at, every) = first_time(when, now)?;
        let digest = || idempotency::digest(&json!([request.digest(&named), format!("{when:?}")]));
        let key = idempotency::of(caller, "schedule", request.idempotency.as_deref(), digest)?;
        let entry = self.entry(caller, &request, named, now)?;
        let id = match key {
            Some(key) => same_again(&key),
            None => ScheduleId::mint(now, random(&*self.entropy)?),
        };
        let entry = NewEntry { cause: id.as_str().into(), ..entry };
        let schedule = StoredSchedule { id, due_at, every, entry };
        let kept = self.store.put_schedule(schedule.clone(), MOST_SCHEDULES, caller.act(now)).await?;
        Ok(if kept {
            ScheduleOutcome::Scheduled(Box::new(schedule))
        } else {
            ScheduleOutcome::Full { most: MOST_SCHEDULES }
        })
    }

    /// The revocations that are to be made later, by id.
    ///
    /// # Errors
    /// [`Error::Forbidden`], [`Error::Store`].
    pub async fn list_schedules(&self, caller: &Caller) -> Result<Vec<StoredSchedule>, Error> {
        authorize(caller, Verb::ReadSchedules)?;
        Ok(self.store.schedules().await?)
    }

    /// Removes one. Whether it was there.
    ///
    /// # Errors
    /// [`Error::Forbidden`], [`Error::Store`].
    pub async fn delete_schedule(&self, caller: &Caller, id: &ScheduleId) -> Result<bool, Error> {
        authorize(caller, Verb::ChangeSchedules)?;
        Ok(self.store.delete_schedule(id, caller.act(self.now())).await?)
    }

    /// Makes the revocations that are due: on and after their time. What was due several times meanwhile is made once. To
    /// be called every second or so. How many were made.
    ///
    /// # Errors
    /// [`Error::Store`]; what was made stays made, the rest is for the next call.
    pub async fn fire_schedules(&self) -> Result<u64, Error> {
        let now = self.now();
        let mut fired = 0;
        for schedule in self.store.schedules().await? {
            if schedule.due_at > now {
                continue;
            }
            let next = schedule.every.map(|every| after(schedule.due_at, every, now));
            let StoredSchedule { id, due_at, entry, .. } = schedule;
            let entry = self.due_entry(entry, now);
            if let Some(position) = self.store.fire(Fire { id, due_at, next, entry }).await? {
                self.counters.revocations.add_one();
                self.enforce_up_to(position).await?;
                fired += 1;
            }
        }
        Ok(fired)
    }
}

/// The same request again is the same schedule: its id is made of the key.
fn same_again(key: &Idempotency) -> ScheduleId {
    let digest = idempotency::digest(&json!([key.key, key.request]));
    ScheduleId::mint(Timestamp::EPOCH, digest.first_chunk().copied().unwrap_or_default())
}

/// The first time, and the span between two.
fn first_time(when: When, now: Timestamp) -> Result<(Timestamp, Option<Duration>), RequestError> {
    let future = |at: Timestamp| {
        let expected = "an instant in the future, at most 366 days ahead";
        if at > now && at <= now.plus(FURTHEST) { Ok(at) } else { Err(RequestError::new("at", expected)) }
    };
    match when {
        When::At(at) => Ok((future(at)?, None)),
        When::Every { first, every } => {
            if every < MOST_OFTEN || every > FURTHEST || every.subsec_nanos() > 0 {
                return Err(RequestError::new("every_seconds", "60 to 31622400 seconds"));
            }
            Ok((first.map_or(Ok(now.plus(every)), future)?, Some(every)))
        }
        When::DailyAt { minute } => {
            let day = Duration::from_secs(DAY);
            let today = Timestamp::from_seconds(now.seconds() / DAY * DAY + u64::from(minute) * 60);
            Ok((if today > now { today } else { today.plus(day) }, Some(day)))
        }
    }
}

/// The first time after `now`, of those that lie `every` apart from `due_at` on.
fn after(due_at: Timestamp, every: Duration, now: Timestamp) -> Timestamp {
    let span = u64::try_from(every.as_millis()).unwrap_or(u64::MAX).max(1);
    let missed = now.milliseconds().saturating_sub(due_at.milliseconds()) / span;
    Timestamp::from_milliseconds(due_at.milliseconds().saturating_add((missed + 1).saturating_mul(span)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: u64 = 20_000 * DAY + 12 * 3_600;

    fn daily(minute: u16, now: u64) -> u64 {
        let (first, every) = first_time(When::DailyAt { minute }, Timestamp::from_seconds(now)).unwrap();
        assert_eq!(every, Some(Duration::from_secs(DAY)));
        first.seconds()
    }

    #[test]
    fn every_day_begins_at_the_next_such_minute() {
        assert_eq!(daily(12 * 60 + 1, NOON), NOON + 60);
        assert_eq!(daily(12 * 60, NOON), NOON + DAY, "this very instant is over");
        assert_eq!(daily(0, NOON), NOON + DAY / 2);
    }

    #[test]
    fn what_was_missed_is_made_up_for_once() {
        let at = Timestamp::from_seconds;
        let minute = Duration::from_secs(60);
        assert_eq!(after(at(100), minute, at(100)), at(160));
        assert_eq!(after(at(100), minute, at(159)), at(160));
        assert_eq!(
            after(at(100), minute, at(160)),
            at(220),
            "the time that is due now is over with this one"
        );
        assert_eq!(after(at(100), minute, at(1_000)), at(1_060));
    }

    #[test]
    fn the_first_time_lies_ahead_and_not_too_far() {
        let now = Timestamp::from_seconds(NOON);
        let once = |at: Timestamp| first_time(When::At(at), now).is_ok();
        assert!(!once(now) && once(Timestamp::from_milliseconds(now.milliseconds() + 1)));
        assert!(once(now.plus(FURTHEST)) && !once(now.plus(FURTHEST + Duration::from_millis(1))));
        let every = |every| first_time(When::Every { first: None, every }, now).map(|(first, _)| first);
        assert_eq!(every(MOST_OFTEN).unwrap(), now.plus(MOST_OFTEN));
        assert!(every(Duration::from_secs(59)).is_err() && every(Duration::from_millis(60_500)).is_err());
    }
}
