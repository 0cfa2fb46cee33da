//! Revocations that are made later: each once for every time it is due (S25).

use std::sync::Arc;
use std::time::Duration;

use quash_core::ids::ScheduleId;
use quash_core::position::Position;
use quash_core::revocation::entry::NewEntry;
use quash_core::revocation::target::Target;
use quash_core::session::session::SessionState;
use quash_core::time::Timestamp;

use super::sample::{about, act, at, cut, entry, head, listed, signed_in};
use crate::ports::{Fire, Store, StoredSchedule};

const MOST: usize = 100;

fn schedule(name: &str, due_at: Timestamp, every: Option<Duration>) -> StoredSchedule {
    StoredSchedule { id: ScheduleId::new(name).unwrap(), due_at, every, entry: about("alice", at(0)) }
}

fn fire(schedule: &StoredSchedule, next: Option<Timestamp>) -> Fire {
    let entry = NewEntry { recorded_at: schedule.due_at, ..schedule.entry.clone() };
    Fire { id: schedule.id.clone(), due_at: schedule.due_at, next, entry }
}

async fn put(store: &Arc<dyn Store>, schedule: &StoredSchedule) {
    assert!(store.put_schedule(schedule.clone(), MOST, act(at(9))).await.unwrap());
}

/// Contract of `fire`: what is due once is carried out once, and gone; with all that an entry does.
pub async fn a_schedule_that_is_due_once_is_carried_out_once(store: Arc<dyn Store>) {
    let (session, grant) = signed_in(&store, "alice", at(0)).await;
    let once = schedule("sch_once", at(5), None);
    put(&store, &once).await;
    assert_eq!(store.schedules().await.unwrap(), std::slice::from_ref(&once));
    assert!(cut(&store, &grant, at(1)).await.is_none(), "nothing is done before");
    let position = store.fire(fire(&once, None)).await.unwrap().unwrap();
    assert_eq!(head(&store).await, position);
    assert_eq!(cut(&store, &grant, at(6)).await.map(|entry| entry.position), Some(position));
    assert_eq!(store.fire(fire(&once, None)).await.unwrap(), None);
    assert_eq!((head(&store).await, store.schedules().await.unwrap()), (position, vec![]));
    let target = Target::Session(session.id.clone());
    let of_session = StoredSchedule { entry: entry(target, at(0)), ..schedule("sch_one", at(7), None) };
    put(&store, &of_session).await;
    store.fire(fire(&of_session, None)).await.unwrap().unwrap();
    assert!(matches!(listed(&store, &session).await.session.state, SessionState::Ended(_)));
}

/// Contract of `fire`: it moves on in the same transaction; another instant is none of its.
pub async fn a_recurring_schedule_moves_on_with_its_entry(store: Arc<dyn Store>) {
    let day = Duration::from_secs(86_400);
    let daily = schedule("sch_daily", at(100), Some(day));
    put(&store, &daily).await;
    let next = daily.due_at.plus(day);
    let first = store.fire(fire(&daily, Some(next))).await.unwrap();
    assert!(first.is_some());
    assert_eq!(store.fire(fire(&daily, Some(next))).await.unwrap(), None, "it is due at another instant now");
    let moved = StoredSchedule { due_at: next, ..daily };
    assert_eq!(store.schedules().await.unwrap(), std::slice::from_ref(&moved));
    assert!(store.fire(fire(&moved, Some(next.plus(day)))).await.unwrap() > first);
}

/// Contract: transactions have one order.
pub async fn of_parallel_firings_one_is_done(store: Arc<dyn Store>) {
    let once = schedule("sch_once", at(5), Some(Duration::from_secs(60)));
    put(&store, &once).await;
    let mut firings = tokio::task::JoinSet::new();
    for _ in 0..32 {
        let (store, fire) = (Arc::clone(&store), fire(&once, Some(at(65))));
        firings.spawn(async move { store.fire(fire).await.unwrap() });
    }
    let done: Vec<Position> = firings.join_all().await.into_iter().flatten().collect();
    assert_eq!(done, [head(&store).await]);
}

/// Contract: what was removed is not carried out; no more than `most` are kept; one is replaced in its place.
pub async fn schedules_are_replaced_removed_and_bounded(store: Arc<dyn Store>) {
    let (first, second) = (schedule("sch_1", at(5), None), schedule("sch_2", at(6), None));
    assert!(store.put_schedule(first.clone(), 1, act(at(9))).await.unwrap());
    assert!(!store.put_schedule(second.clone(), 1, act(at(9))).await.unwrap(), "there is room for one");
    let changed = StoredSchedule { due_at: at(9), ..first.clone() };
    assert!(store.put_schedule(changed.clone(), 1, act(at(9))).await.unwrap());
    assert_eq!(store.schedules().await.unwrap(), std::slice::from_ref(&changed));
    assert_eq!(store.fire(fire(&first, None)).await.unwrap(), None, "it was due then, before it was changed");
    assert!(store.delete_schedule(&changed.id, act(at(9))).await.unwrap());
    assert!(!store.delete_schedule(&changed.id, act(at(9))).await.unwrap());
    let before = head(&store).await;
    assert_eq!(store.fire(fire(&changed, None)).await.unwrap(), None);
    assert_eq!(head(&store).await, before);
}
