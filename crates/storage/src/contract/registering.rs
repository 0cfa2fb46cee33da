//! Sessions that are registered in the log as they open (S12).

use std::sync::Arc;
use std::time::Duration;

use quash_core::revocation::entry::Effect;
use quash_core::revocation::reason::Reason;
use quash_core::revocation::target::{Target, TargetKind};
use quash_core::revocation::undo::{NotUndoable, Undoer};
use quash_core::session::policy::Overflow;
use quash_core::session::renewal::Verdict;
use quash_core::time::Timestamp;

use super::limits::on;
use super::sample::{about, append, at, head, key, open, renewed, sign_in};
use crate::ports::{NewSession, Opened, PlacesTaken, Registering, Store, Undo, Undone};

const HELD: Duration = Duration::from_secs(20_000);

/// `new`, registered for 20,000 s.
fn registered(new: NewSession) -> NewSession {
    let retain_until = new.session.opened_at.plus(HELD);
    let registration = Registering { retain_until, actor: "cred_suite".into() };
    NewSession { registration: Some(registration), ..new }
}

/// S12: in the same transaction, by one entry, which says whose session it is; the session stands at it and is renewed
/// as ever.
pub async fn an_opening_registers_its_session_and_ends_nothing(store: Arc<dyn Store>) {
    let before = head(&store).await;
    let (session, grant) = open(&store, registered(sign_in("alice", at(0)))).await;
    let position = before.next().unwrap();
    assert_eq!(head(&store).await, position);
    assert_eq!((session.opened_position, grant.opened_position), (position, position));
    let entries = store.entries_before(None, 10).await.unwrap();
    let fact = &entries[0].fact;
    let target = Target::Registration { session: session.id.clone(), subject: session.subject.clone() };
    assert_eq!((entries[0].position, &fact.target, fact.effect), (position, &target, Effect::End));
    assert_eq!((fact.recorded_at, fact.retain_until), (at(0), at(0).plus(HELD)));
    assert_eq!((fact.reason.as_str(), &*fact.actor), (Reason::SIGNED_IN, "cred_suite"));
    assert_eq!(&*fact.cause, session.id.as_str());
    let records = store.live_records_after(before, at(0), 10).await.unwrap();
    assert_eq!(records.iter().map(|record| record.kind).collect::<Vec<_>>(), [TargetKind::Registration]);
    assert!(matches!(renewed(&store, &grant, 0, at(1)).await.verdict, Verdict::Rotate { .. }));
}

/// S12: it is registered beyond it, and whatever came between still hits it.
pub async fn a_session_opened_as_of_an_earlier_head_stands_there(store: Arc<dyn Store>) {
    let as_of = head(&store).await;
    append(&store, about("bob", at(0))).await;
    let new = NewSession { as_of: Some(as_of), ..registered(sign_in("alice", at(1))) };
    let (session, grant) = open(&store, new).await;
    assert_eq!((session.opened_position, grant.opened_position), (as_of, as_of));
    assert!(matches!(
        store.entries_before(None, 1).await.unwrap()[0].fact.target,
        Target::Registration { .. }
    ));
}

/// S12: a repeated call, one that is refused, and one that a cutoff hits at once add nothing to the log.
pub async fn what_is_not_opened_or_cut_off_at_once_is_not_registered(store: Arc<dyn Store>) {
    let new = || NewSession { idempotency: Some(key("r", 1)), ..registered(sign_in("alice", at(0))) };
    open(&store, new()).await;
    let after = head(&store).await;
    assert!(matches!(store.open(new()).await.unwrap(), Opened::Before { .. }));
    let refused = registered(on("b", 1, Overflow::Refuse, at(1)));
    assert!(matches!(store.open(refused).await.unwrap(), Opened::LimitReached { .. }));
    let shares = registered(on("b", 1, Overflow::Share, at(1)));
    assert!(matches!(store.open(shares).await.unwrap(), Opened::Shared { .. }));
    assert_eq!(head(&store).await, after);
    let cutoff = append(&store, about("carol", at(2))).await;
    open(&store, NewSession { as_of: Some(after), ..registered(sign_in("carol", at(3))) }).await;
    assert_eq!(head(&store).await, cutoff);
}

/// S12, S23: what made room comes first.
pub async fn a_session_that_takes_places_is_registered_behind_them(store: Arc<dyn Store>) {
    open(&store, on("a", 1, Overflow::ReplaceOldest, at(0))).await;
    let before = head(&store).await;
    let new = registered(on("b", 1, Overflow::ReplaceOldest, at(1)));
    let Opened::Open { session, replaced, .. } = store.open(new).await.unwrap() else { panic!() };
    let through = before.next().unwrap();
    assert_eq!(replaced, Some(PlacesTaken { sessions: 1, through }));
    assert_eq!(Some(session.opened_position), through.next());
}

/// S12, S29: whoever wants a session to pass no longer ends it.
pub async fn a_registration_is_not_undone(store: Arc<dyn Store>) {
    let (session, _) = open(&store, registered(sign_in("alice", at(0)))).await;
    let undoer = Undoer {
        at: at(1),
        reason: Reason::known(Reason::ADMIN),
        actor: "cred_undo".into(),
        cause: "req_undo".into(),
    };
    let window = Duration::from_secs(600);
    let undo = Undo { position: session.opened_position, undoer, window, idempotency: None };
    assert_eq!(store.undo(undo).await.unwrap(), Undone::Never(NotUndoable::Registration));
}

/// S12, I8: not a millisecond before.
pub async fn a_registration_is_forgotten_at_its_end_and_not_before(store: Arc<dyn Store>) {
    open(&store, registered(sign_in("alice", at(0)))).await;
    let end = at(0).plus(HELD);
    let keep = Duration::from_secs(1_000_000);
    store.purge(Timestamp::from_milliseconds(end.milliseconds() - 1), keep).await.unwrap();
    assert_eq!(store.entries_before(None, 10).await.unwrap().len(), 1);
    let purged = store.purge(end, keep).await.unwrap();
    assert_eq!(purged.entries, 1);
    assert_eq!(store.entries_before(None, 10).await.unwrap(), []);
}
