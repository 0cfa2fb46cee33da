//! A repeated request is one change.

use std::sync::Arc;
use std::time::Duration;

use quash_core::time::Timestamp;

use super::sample::{about, act, append, at, head, key, open, sign_in, signed_in};
use crate::ports::{Append, Appended, Idempotency, NewSession, Opened, Store};

fn keyed(name: &str, idempotency: Idempotency, now: Timestamp) -> Append {
    Append { idempotency: Some(idempotency), ..Append::new(about(name, now)) }
}

/// Contract of `Append::idempotency`.
pub async fn a_repeated_append_is_one_entry(store: Arc<dyn Store>) {
    signed_in(&store, "alice", at(0)).await;
    let request = Append { expect_max: Some(9), ..keyed("alice", key("a", 1), at(0)) };
    let Appended::At { position, matched } = store.append(request.clone()).await.unwrap() else {
        panic!("the first time it is appended")
    };
    assert_eq!(matched, Some(1));
    append(&store, about("bob", at(1))).await;
    let after = store.head().await.unwrap();
    assert_eq!(store.append(request).await.unwrap(), Appended::Before { position, matched });
    assert_eq!(store.head().await.unwrap(), after);
}

/// Contract: nothing is done for another request under a used key, appended or opened.
pub async fn a_key_used_for_another_request_is_refused(store: Arc<dyn Store>) {
    store.append(keyed("alice", key("a", 1), at(0))).await.unwrap();
    let open_with = |idempotency| NewSession { idempotency: Some(idempotency), ..sign_in("alice", at(0)) };
    open(&store, open_with(key("o", 1))).await;
    let before = head(&store).await;
    for used in [key("a", 2), key("o", 1), key("o", 2)] {
        let outcome = store.append(keyed("alice", used, at(1))).await.unwrap();
        assert_eq!(outcome, Appended::KeyUsedOtherwise);
    }
    for used in [key("o", 2), key("a", 1), key("a", 2)] {
        let new = open_with(used);
        let id = new.session.id.clone();
        assert_eq!(store.open(new).await.unwrap(), Opened::KeyUsedOtherwise);
        assert_eq!(store.session(&id).await.unwrap(), None);
    }
    assert_eq!(head(&store).await, before);
}

/// Contract: a key is kept for 24 hours; at exactly 24 hours it is forgotten.
pub async fn a_key_is_forgotten_after_a_day(store: Arc<dyn Store>) {
    let day = Duration::from_secs(24 * 60 * 60);
    let first = at(0).plus(day);
    let just_before = Timestamp::from_milliseconds(first.milliseconds() - 1);
    store.append(keyed("alice", key("a", 1), at(0))).await.unwrap();
    let repeated = store.append(keyed("alice", key("a", 1), just_before)).await.unwrap();
    assert!(matches!(repeated, Appended::Before { .. }));
    let anew = store.append(keyed("alice", key("a", 2), first)).await.unwrap();
    assert!(matches!(anew, Appended::At { .. }));
    let repeated = store.append(keyed("alice", key("a", 2), first)).await.unwrap();
    assert!(matches!(repeated, Appended::Before { .. }), "the new request took the key");
}

/// Contract of `NewSession::idempotency`: the rows as they are now.
pub async fn a_repeated_sign_in_is_one_session(store: Arc<dyn Store>) {
    let first = NewSession { idempotency: Some(key("o", 1)), ..sign_in("alice", at(0)) };
    let (session, grant) = open(&store, first.clone()).await;
    super::sample::renewed(&store, &grant, 0, at(5)).await;
    // A retry mints new ids; a lost reply may also be repeated whole.
    let retried = NewSession { idempotency: Some(key("o", 1)), ..sign_in("alice", at(6)) };
    for again in [retried.clone(), first, NewSession { idempotency: None, ..known(&session, &grant) }] {
        let Opened::Before { session: held, grant: held_grant } = store.open(again).await.unwrap() else {
            panic!("it was done before")
        };
        assert_eq!((&held.id, &held_grant.id), (&session.id, &grant.id));
        assert_eq!((held.last_used_at, held_grant.generation.0), (at(5), 1));
    }
    assert_eq!(store.session(&retried.session.id).await.unwrap(), None);
}

fn known(
    session: &quash_core::session::session::Session,
    grant: &quash_core::session::grant::Grant,
) -> NewSession {
    NewSession {
        session: session.clone(),
        grant: grant.clone(),
        as_of: None,
        limit: None,
        registration: None,
        idempotency: None,
        act: act(session.opened_at),
    }
}

/// Contract: a refused call did nothing, so its key is free.
pub async fn a_refused_call_uses_up_no_key(store: Arc<dyn Store>) {
    signed_in(&store, "alice", at(0)).await;
    let limited = |max| Append { expect_max: Some(max), ..keyed("alice", key("a", 1), at(0)) };
    assert_eq!(store.append(limited(0)).await.unwrap(), Appended::TooMany { matched: 1 });
    assert!(matches!(store.append(limited(1)).await.unwrap(), Appended::At { .. }));
    let ahead = head(&store).await.next();
    let new = NewSession { as_of: ahead, idempotency: Some(key("o", 1)), ..sign_in("alice", at(0)) };
    assert!(matches!(store.open(new.clone()).await.unwrap(), Opened::AheadOfHead { .. }));
    open(&store, NewSession { as_of: None, ..new }).await;
}
