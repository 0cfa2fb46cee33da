//! Subjects that got another id (S22).

use std::sync::Arc;
use std::time::Duration;

use quash_core::revocation::reason::Reason;
use quash_core::revocation::target::Target;
use quash_core::revocation::undo::{NotUndoable, Undoer};
use quash_core::session::renewal::Verdict;
use quash_core::time::Timestamp;

use super::bans::ban;
use super::concurrency::all;
use super::sample::{at, cut, entry, head, renewed, sign_in, signed_in, subject};
use crate::ports::{Alias, Aliased, BanPut, NewAlias, Opened, Store, Undo, Undone};

fn change(old: &str, new: &str, now: Timestamp) -> NewAlias {
    let like = entry(Target::Issuer, now);
    NewAlias {
        old: subject(old),
        new: subject(new),
        at: now,
        by: "cred_suite".into(),
        retain_until: like.retain_until,
        enforce_until: like.enforce_until,
        cause: "req_suite".into(),
    }
}

async fn changed(store: &Arc<dyn Store>, old: &str, new: &str, now: Timestamp) -> Aliased {
    store.change_alias(change(old, new, now)).await.unwrap()
}

/// S22: by one entry; the new id signs in, nobody else is hit.
pub async fn a_changed_id_ends_its_sessions_and_opens_none_again(store: Arc<dyn Store>) {
    let (_, old) = signed_in(&store, "alice", at(0)).await;
    let (_, other) = signed_in(&store, "bob", at(0)).await;
    let position = head(&store).await.next().unwrap();
    assert_eq!(changed(&store, "alice", "alicia", at(1)).await, Aliased::At(position));
    assert_eq!(head(&store).await, position, "one entry, and no gap");
    assert_eq!(cut(&store, &old, at(2)).await.unwrap().position, position);
    let left = Alias { new: subject("alicia"), at: at(1), by: "cred_suite".into(), position };
    assert_eq!(store.open(sign_in("alice", at(2))).await.unwrap(), Opened::Aliased(Box::new(left.clone())));
    assert_eq!(store.alias(&subject("alice")).await.unwrap(), Some(left));
    let (_, new) = signed_in(&store, "alicia", at(2)).await;
    assert_eq!(cut(&store, &new, at(3)).await, None);
    assert_eq!(cut(&store, &other, at(3)).await, None);
    // For ever, whatever is purged.
    store.purge(at(1_000_000_000), Duration::ZERO).await.unwrap();
    let late = store.open(sign_in("alice", at(1_000_000_001))).await.unwrap();
    assert!(matches!(late, Opened::Aliased(_)));
}

/// S22: the same change again is one change; no id is left twice, or taken up again.
pub async fn an_id_is_left_once_and_never_taken_up_again(store: Arc<dyn Store>) {
    let Aliased::At(position) = changed(&store, "alice", "alicia", at(1)).await else {
        panic!("not changed")
    };
    let before = head(&store).await;
    assert_eq!(changed(&store, "alice", "alicia", at(2)).await, Aliased::Before(position));
    assert!(matches!(changed(&store, "alice", "alison", at(2)).await, Aliased::Otherwise(_)));
    assert!(matches!(changed(&store, "alicia", "alice", at(2)).await, Aliased::NewIsOld(_)));
    assert!(matches!(changed(&store, "bob", "alice", at(2)).await, Aliased::NewIsOld(_)));
    assert_eq!(head(&store).await, before, "a refused change writes nothing");
    // The new id may be left in its turn.
    assert!(matches!(changed(&store, "alicia", "alison", at(3)).await, Aliased::At(_)));
    assert!(matches!(store.open(sign_in("alicia", at(4))).await.unwrap(), Opened::Aliased(_)));
    let undoer =
        Undoer { at: at(4), reason: Reason::known(Reason::ADMIN), actor: "a".into(), cause: "".into() };
    let undo = Undo { position, undoer, window: Duration::from_secs(60), idempotency: None };
    assert_eq!(store.undo(undo).await.unwrap(), Undone::Never(NotUndoable::Guard));
}

/// S22, S27: of two bans the stricter one stands.
pub async fn bans_follow_the_person(store: Arc<dyn Store>) {
    store.ban(ban(1, "*", at(0), at(100))).await.unwrap();
    store.ban(ban(1, "web", at(0), at(300))).await.unwrap();
    let mut own = ban(2, "*", at(0), at(200));
    own.subject = subject("alicia");
    store.ban(own.clone()).await.unwrap();
    changed(&store, "alice", "alicia", at(1)).await;
    assert_eq!(store.bans(&subject("alice")).await.unwrap(), []);
    let untils: Vec<_> = store
        .bans(&subject("alicia"))
        .await
        .unwrap()
        .into_iter()
        .map(|standing| standing.ban.until)
        .collect();
    assert_eq!(untils, [at(200), at(300)]);
    assert!(matches!(store.ban(ban(1, "*", at(2), at(100))).await.unwrap(), BanPut::Aliased(_)));
    assert_eq!(store.purge(at(250), Duration::from_secs(100_000)).await.unwrap().bans, 1);
    assert!(matches!(store.open(sign_in("alicia", at(250))).await.unwrap(), Opened::Banned(_)));
    signed_in(&store, "alicia", at(300)).await;
}

/// S22: of sign-ins and a change that race, each sign-in is before it, and ended, or after it, and refused.
pub async fn against_sign_ins_that_race_a_change_leaves_no_session_alive(store: Arc<dyn Store>) {
    let sign_ins = |count: u64| {
        let store = Arc::clone(&store);
        (0..count).map(move |_| {
            let store = Arc::clone(&store);
            tokio::spawn(async move { store.open(sign_in("alice", at(0))).await.unwrap() })
        })
    };
    let mut tasks: Vec<_> = sign_ins(32).collect();
    let changing = {
        let store = Arc::clone(&store);
        tokio::spawn(async move { changed(&store, "alice", "alicia", at(0)).await })
    };
    tasks.extend(sign_ins(32));
    assert!(matches!(changing.await.unwrap(), Aliased::At(_)));
    for outcome in all(tasks).await {
        match outcome {
            Opened::Open { grant, .. } => {
                let verdict = renewed(&store, &grant, 0, at(1)).await.verdict;
                assert!(matches!(verdict, Verdict::CutOff(_)), "{verdict:?}");
            }
            Opened::Aliased(_) => {}
            other => panic!("{other:?}"),
        }
    }
}
