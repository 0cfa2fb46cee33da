//! Races: real tasks on real threads, and no sleep.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use quash_core::position::Position;
use quash_core::revocation::target::Target;
use quash_core::session::grant::Generation;
use quash_core::session::renewal::Verdict;
use quash_core::session::session::SessionState;
use tokio::task::JoinHandle;

use super::sample::{about, append, at, entry, head, key, listed, renewed, signed_in};
use crate::ports::{Append, Appended, Store};

const WRITERS: u64 = 64;

pub(super) async fn all<T>(tasks: impl IntoIterator<Item = JoinHandle<T>>) -> Vec<T> {
    let mut results = Vec::new();
    for task in tasks {
        results.push(task.await.unwrap());
    }
    results
}

/// Contracts "gapless", "prefix-visible" and "durable first": a reader of head N has every entry up to N.
pub async fn a_head_shows_every_entry_up_to_it_under_64_writers(store: Arc<dyn Store>) {
    const EACH: u64 = 6;
    let origin = head(&store).await;
    let writing = Arc::new(AtomicBool::new(true));
    let readers: Vec<_> = (0..3)
        .map(|way| {
            let (store, writing) = (Arc::clone(&store), Arc::clone(&writing));
            tokio::spawn(async move { read_along(&store, &writing, origin, way).await })
        })
        .collect();
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                let mut positions = Vec::new();
                for _ in 0..EACH {
                    let position = append(&store, about(&format!("user{writer}"), at(0))).await;
                    // Acknowledged means visible to everybody, the writer first of all.
                    assert!(head(&store).await >= position);
                    positions.push(position);
                }
                positions
            })
        })
        .collect();
    let mut positions: Vec<_> = all(writers).await.into_iter().flatten().collect();
    writing.store(false, Ordering::Release);
    let looks: u64 = all(readers).await.into_iter().sum();
    assert!(looks > 0);
    positions.sort_unstable();
    let expected: Vec<_> = (1..=WRITERS * EACH).map(|step| origin.number() + step).collect();
    assert_eq!(positions.iter().map(|position| position.number()).collect::<Vec<_>>(), expected);
    assert_eq!(head(&store).await.number(), origin.number() + WRITERS * EACH);
}

/// Reads the head in one of three ways, then everything up to it; how often.
async fn read_along(store: &Arc<dyn Store>, writing: &AtomicBool, origin: Position, way: u8) -> u64 {
    let mut changes = store.head_changes();
    let mut looks = 0;
    let mut last = origin;
    loop {
        let more = writing.load(Ordering::Acquire);
        let seen = match way {
            0 => head(store).await,
            1 => *changes.borrow_and_update(),
            _ => store.entries_before(None, 1).await.unwrap().first().map_or(origin, |entry| entry.position),
        };
        assert!(seen >= last, "a head never goes back");
        last = seen;
        let entries = store.live_after(origin, at(0), 100_000).await.unwrap();
        let up_to: Vec<_> = entries.iter().map(|entry| entry.position.number()).collect();
        let reached = up_to.last().copied().unwrap_or(origin.number());
        assert!(reached >= seen.number(), "head {seen} was seen, entries only up to {reached}");
        assert_eq!(up_to, (origin.number() + 1..=reached).collect::<Vec<_>>(), "no gap");
        looks += 1;
        if !more {
            return looks;
        }
        tokio::task::yield_now().await;
    }
}

/// I4: one generation, one rotation, 63 repeats that say the same (S02).
pub async fn sixty_four_uses_of_one_refresh_token_rotate_once(store: Arc<dyn Store>) {
    let (_, grant) = signed_in(&store, "alice", at(0)).await;
    let uses = (0..WRITERS).map(|_| {
        let (store, grant) = (Arc::clone(&store), grant.clone());
        tokio::spawn(async move { renewed(&store, &grant, 0, at(10)).await })
    });
    let renewals = all(uses.collect::<Vec<_>>()).await;
    let rotated = renewals.iter().filter(|renewed| matches!(renewed.verdict, Verdict::Rotate { .. })).count();
    let repeated = renewals.iter().filter(|renewed| renewed.verdict == Verdict::Repeat).count();
    assert_eq!((rotated, repeated), (1, 63));
    assert!(renewals.iter().all(|renewed| renewed.grant.generation == Generation(1)));
}

/// Contract: a session ended by a call that was acknowledged before another call began is ended in that call.
pub async fn no_renewal_rotates_after_an_acknowledged_logout(store: Arc<dyn Store>) {
    let (session, grant) = signed_in(&store, "alice", at(0)).await;
    let logged_out = Arc::new(AtomicBool::new(false));
    let users: Vec<_> = (0..16)
        .map(|_| {
            let (store, grant, logged_out) = (Arc::clone(&store), grant.clone(), Arc::clone(&logged_out));
            tokio::spawn(async move {
                let mut presented = 0;
                for _ in 0..200 {
                    let ended = logged_out.load(Ordering::Acquire);
                    let renewed = renewed(&store, &grant, presented, at(10)).await;
                    match renewed.verdict {
                        Verdict::Rotate { .. } | Verdict::Repeat => assert!(!ended, "renewed after a logout"),
                        Verdict::Over(_) => return true,
                        // 32 rotations are remembered; somebody slow presents an older one.
                        Verdict::Reuse => {}
                        other => panic!("{other:?}"),
                    }
                    presented = renewed.grant.generation.0;
                }
                false
            })
        })
        .collect();
    append(&store, about("bob", at(1))).await;
    append(&store, entry(Target::Session(session.id.clone()), at(5))).await;
    logged_out.store(true, Ordering::Release);
    let ended = listed(&store, &session).await.session;
    assert!(matches!(ended.state, SessionState::Ended(_)));
    all(users).await;
    // No renewal that was on its way wrote the row back.
    assert_eq!(listed(&store, &session).await.session, ended);
    assert!(matches!(renewed(&store, &grant, 0, at(11)).await.verdict, Verdict::Over(_)));
}

/// Contract of `Append::expect_max`: counted and appended in one transaction.
pub async fn expect_max_holds_against_sign_ins_that_race(store: Arc<dyn Store>) {
    let sign_ins = (0..32).map(|_| {
        let store = Arc::clone(&store);
        tokio::spawn(async move { signed_in(&store, "alice", at(0)).await.1.opened_position })
    });
    let sign_ins: Vec<_> = sign_ins.collect();
    let limited = Append { expect_max: Some(5), ..Append::new(about("alice", at(0))) };
    let mut cut = Vec::new();
    for _ in 0..8 {
        if let Appended::At { position, matched } = store.append(limited.clone()).await.unwrap() {
            cut.push((position, matched.unwrap()));
        }
    }
    let opened = all(sign_ins).await;
    let mut from = Position::ZERO;
    for (position, matched) in cut {
        assert!(matched <= 5);
        // What was opened between two cutoffs is exactly what the second one counted.
        let between = opened.iter().filter(|opened| from <= **opened && **opened < position).count();
        assert_eq!(u64::try_from(between).unwrap(), matched);
        from = position;
    }
}

/// Contract of `Idempotency`, for repeats that arrive at once.
pub async fn of_parallel_repeats_one_is_done(store: Arc<dyn Store>) {
    let origin = head(&store).await;
    let repeats = (0..WRITERS).map(|_| {
        let store = Arc::clone(&store);
        let request = Append { idempotency: Some(key("a", 1)), ..Append::new(about("alice", at(0))) };
        tokio::spawn(async move { store.append(request).await.unwrap() })
    });
    let outcomes = all(repeats.collect::<Vec<_>>()).await;
    let position = origin.next().unwrap();
    let done = outcomes.iter().filter(|outcome| matches!(outcome, Appended::At { .. })).count();
    assert_eq!(done, 1);
    for outcome in outcomes {
        let (Appended::At { position: seen, .. } | Appended::Before { position: seen, .. }) = outcome else {
            panic!("{outcome:?}")
        };
        assert_eq!(seen, position);
    }
    assert_eq!(head(&store).await, position);
}
