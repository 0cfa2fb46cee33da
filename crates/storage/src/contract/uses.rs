//! Uses of a session without its refresh token (S04).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use quash_core::ids::{ClientId, DeviceId, SessionId};
use quash_core::revocation::target::Target;
use quash_core::session::last_use::UsedBy;
use quash_core::session::session::Session;
use quash_core::time::Timestamp;

use super::concurrency::all;
use super::sample::{IDLE, about, append, at, entry, head, listed, renewed, signed_in};
use crate::ports::{SessionUse, Store, Used};

/// The sign-in of a session of the suite.
pub fn by(session: &Session) -> UsedBy {
    let client = ClientId::new("web").unwrap();
    UsedBy { session: session.id.clone(), client, device: Some(session.device.id.clone()) }
}

fn used(session: &Session, now: Timestamp) -> SessionUse {
    SessionUse { by: by(session), now }
}

/// Another client, another device, another session.
pub(super) fn strangers(session: &Session) -> [UsedBy; 3] {
    [
        UsedBy { client: ClientId::new("app").unwrap(), ..by(session) },
        UsedBy { device: Some(DeviceId::new("tv").unwrap()), ..by(session) },
        UsedBy { session: SessionId::new("ses_0").unwrap(), ..by(session) },
    ]
}

/// S04: as a renewal, and the refresh token stays what it was.
pub async fn a_use_moves_the_idle_limit_and_nothing_else(store: Arc<dyn Store>) {
    let (session, grant) = signed_in(&store, "alice", at(0)).await;
    let position = append(&store, about("bob", at(1))).await;
    let seen = store.use_session(used(&session, at(900))).await.unwrap();
    let moved = Session { last_used_at: at(900), ..session.clone() };
    assert_eq!(seen, Some(Used { session: moved.clone(), grant: grant.clone(), position }));
    assert_eq!(listed(&store, &session).await.session, moved);
    assert_eq!(head(&store).await, position);
    let end = at(900).plus(IDLE);
    let last = Timestamp::from_milliseconds(end.milliseconds() - 1);
    assert_eq!(renewed(&store, &grant, 0, last).await.grant.generation.0, 1);
}

/// S05: at most one write a second, and a clock that goes back shortens nothing.
pub async fn uses_within_a_second_are_one(store: Arc<dyn Store>) {
    let (session, _) = signed_in(&store, "alice", at(10)).await;
    let last = |milliseconds| Timestamp::from_milliseconds(at(10).milliseconds() + milliseconds);
    for (now, expected) in [(last(999), at(10)), (last(1_000), last(1_000)), (at(3), last(1_000))] {
        let seen = store.use_session(used(&session, now)).await.unwrap().unwrap();
        assert_eq!(seen.session.last_used_at, expected);
        assert_eq!(listed(&store, &session).await.session.last_used_at, expected);
    }
}

/// S04, S07: at the very instant of its limit, after its end, after a cutoff; and nobody else's.
pub async fn what_is_over_can_not_be_used(store: Arc<dyn Store>) {
    let (session, _) = signed_in(&store, "alice", at(0)).await;
    for by in strangers(&session) {
        assert_eq!(store.use_session(SessionUse { by, now: at(1) }).await.unwrap(), None);
    }
    assert_eq!(store.use_session(used(&session, at(0).plus(IDLE))).await.unwrap(), None);
    assert_eq!(listed(&store, &session).await.session, session, "nothing was written");
    append(&store, about("alice", at(1))).await;
    assert_eq!(store.use_session(used(&session, at(2))).await.unwrap(), None);
    let (session, _) = signed_in(&store, "alice", at(2)).await;
    append(&store, entry(Target::Session(session.id.clone()), at(3))).await;
    let ended = listed(&store, &session).await;
    assert_eq!(store.use_session(used(&session, at(4))).await.unwrap(), None);
    assert_eq!(listed(&store, &session).await, ended, "a use does not write an ending back");
}

/// I6, S08: a use against a logout, whichever comes first.
pub async fn no_use_revives_a_session_after_an_acknowledged_logout(store: Arc<dyn Store>) {
    let (session, _) = signed_in(&store, "alice", at(0)).await;
    let logged_out = Arc::new(AtomicBool::new(false));
    let users: Vec<_> = (0..16)
        .map(|_| {
            let (store, session, logged_out) = (Arc::clone(&store), session.clone(), Arc::clone(&logged_out));
            tokio::spawn(async move {
                for second in 1..=200 {
                    let ended = logged_out.load(Ordering::Acquire);
                    match store.use_session(used(&session, at(second))).await.unwrap() {
                        Some(_) => assert!(!ended, "used after a logout"),
                        None => return true,
                    }
                }
                false
            })
        })
        .collect();
    append(&store, about("bob", at(1))).await;
    append(&store, entry(Target::Session(session.id.clone()), at(5))).await;
    logged_out.store(true, Ordering::Release);
    let ended = listed(&store, &session).await;
    all(users).await;
    assert_eq!(listed(&store, &session).await, ended, "no use that was on its way wrote the row back");
    assert_eq!(store.use_session(used(&session, at(6))).await.unwrap(), None);
}
