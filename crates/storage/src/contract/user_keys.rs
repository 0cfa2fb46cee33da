//! The keys that the tokens of single subjects are signed with (S20).

use std::sync::Arc;
use std::time::Duration;

use quash_core::position::Position;
use quash_core::revocation::entry::{Effect, NewEntry};
use quash_core::revocation::target::Target;
use quash_core::revocation::undo::{NotUndoable, Undoer};
use quash_core::time::Timestamp;

use super::sample::{about, append, at, cut, entry, head, other_issuer, signed_in, subject};
use crate::ports::{Store, Undo, Undone};

fn rotation(target: Target, effect: Effect, now: Timestamp) -> NewEntry {
    let (retain_until, enforce_until) = (Timestamp::FOREVER, Timestamp::FOREVER);
    NewEntry { effect, retain_until, enforce_until, ..entry(target, now) }
}

fn key_of(name: &str) -> Target {
    Target::UserKey(subject(name))
}

async fn generation(store: &Arc<dyn Store>, name: &str) -> Position {
    store.user_key_generation(&subject(name)).await.unwrap()
}

/// S20: it is the latest rotation of the subject, or of all; whatever else was recorded about either.
pub async fn the_generation_is_the_latest_rotation(store: Arc<dyn Store>) {
    assert_eq!(generation(&store, "alice").await, Position::ZERO);
    append(&store, about("alice", at(0))).await;
    assert_eq!(generation(&store, "alice").await, Position::ZERO, "an end is no rotation");
    let first = append(&store, rotation(key_of("alice"), Effect::Refresh, at(1))).await;
    append(&store, about("alice", at(2))).await;
    append(&store, entry(Target::Issuer, at(2))).await;
    assert_eq!(generation(&store, "alice").await, first);
    assert_eq!(generation(&store, "bob").await, Position::ZERO, "never rotated");
    let elsewhere = NewEntry { issuer: other_issuer(), ..rotation(key_of("alice"), Effect::End, at(3)) };
    append(&store, elsewhere).await;
    assert_eq!(generation(&store, "alice").await, first, "another issuer's subject");
    let all = append(&store, rotation(Target::UserKeys, Effect::Refresh, at(4))).await;
    assert_eq!((generation(&store, "alice").await, generation(&store, "bob").await), (all, all));
    let last = append(&store, rotation(key_of("alice"), Effect::End, at(5))).await;
    assert_eq!((generation(&store, "alice").await, generation(&store, "bob").await), (last, all));
}

/// S20: an `end` ends the subject's sessions as any other does, a `refresh` none.
pub async fn a_rotation_ends_the_sessions_of_its_subject_or_none(store: Arc<dyn Store>) {
    let (_, alice) = signed_in(&store, "alice", at(0)).await;
    let (_, bob) = signed_in(&store, "bob", at(0)).await;
    let counted = store.count_matching(&rotation(key_of("alice"), Effect::Refresh, at(1))).await.unwrap();
    assert_eq!(counted, 1);
    append(&store, rotation(key_of("alice"), Effect::Refresh, at(1))).await;
    assert_eq!(cut(&store, &alice, at(2)).await, None);
    let position = append(&store, rotation(key_of("alice"), Effect::End, at(2))).await;
    assert_eq!(cut(&store, &alice, at(3)).await.unwrap().position, position);
    let (_, again) = signed_in(&store, "alice", at(3)).await;
    assert_eq!((cut(&store, &again, at(4)).await, cut(&store, &bob, at(4)).await), (None, None));
    let position = append(&store, rotation(Target::UserKeys, Effect::End, at(4))).await;
    for grant in [again, bob] {
        assert_eq!(cut(&store, &grant, at(5)).await.unwrap().position, position);
    }
}

/// S20, S29, I6: no purge forgets a rotation, nobody takes it back, and verifiers are told of it for ever.
pub async fn a_rotated_key_does_not_come_back(store: Arc<dyn Store>) {
    let position = append(&store, rotation(key_of("alice"), Effect::End, at(0))).await;
    let undoer = Undoer {
        at: at(1),
        reason: entry(key_of("alice"), at(1)).reason,
        actor: "cred_suite".into(),
        cause: "req_suite".into(),
    };
    let undo = Undo { position, undoer, window: Duration::from_secs(600), idempotency: None };
    assert_eq!(store.undo(undo).await.unwrap(), Undone::Never(NotUndoable::UserKey));
    for _ in 0..3 {
        store.purge(at(4_000_000_000), Duration::ZERO).await.unwrap();
    }
    assert_eq!(generation(&store, "alice").await, position);
    let origin = store.identity().await.unwrap().origin;
    let page = store.feed_after(origin, at(4_000_000_001), 10).await.unwrap();
    assert_eq!(page.records.iter().map(|record| record.position).collect::<Vec<_>>(), [position]);
    assert_eq!(page.through, head(&store).await);
}
