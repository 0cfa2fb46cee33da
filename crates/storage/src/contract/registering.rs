//! Sessions that are registered in the log as they open (S12).

use std::sync::Arc;
use std::time::Duration;

use quash_core::ids::{ClientId, DeviceId, SessionId};
use quash_core::position::Position;
use quash_core::revocation::entry::{Effect, Entry, NewEntry};
use quash_core::revocation::reason::Reason;
use quash_core::revocation::target::{Target, TargetKind};
use quash_core::revocation::undo::{NotUndoable, Undoer};
use quash_core::session::policy::Overflow;
use quash_core::session::renewal::Verdict;
use quash_core::session::session::Session;
use quash_core::time::Timestamp;

use super::limits::on;
use super::sample::{
    IDLE, about, append, at, entry, head, key, open, other_issuer, renewed, sign_in, signed_in, subject,
};
use crate::ports::{NewSession, Opened, PlacesTaken, RegisterOpen, Registering, Store, Undo, Undone};

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

/// S12, S14: nothing since what the caller had read says anything of it, so it stands where it is registered: a verifier
/// that lacks the registration finds its token newer than what it knows.
pub async fn a_session_that_nothing_since_names_stands_where_it_is_registered(store: Arc<dyn Store>) {
    let as_of = head(&store).await;
    append(&store, about("bob", at(0))).await;
    append(&store, NewEntry { issuer: other_issuer(), ..about("alice", at(0)) }).await;
    let new = NewSession { as_of: Some(as_of), ..registered(sign_in("alice", at(1))) };
    let (session, grant) = open(&store, new).await;
    let position = head(&store).await;
    assert_eq!((session.opened_position, grant.opened_position), (position, position));
    let row = store.session(&session.id).await.unwrap().unwrap().session;
    assert_eq!(row.opened_position, position, "and its row says so");
}

/// S12, S16: what was made stale since, by a change of rights, stands where the caller had read: the first token is stale.
pub async fn a_session_that_something_since_names_stands_where_its_caller_had_read(store: Arc<dyn Store>) {
    let web = Target::Client(ClientId::new("web").unwrap());
    for stale in [about("alice", at(0)), entry(web, at(0)), entry(Target::Issuer, at(0))] {
        let as_of = head(&store).await;
        append(&store, NewEntry { effect: Effect::Refresh, ..stale }).await;
        let new = NewSession { as_of: Some(as_of), ..registered(sign_in("alice", at(1))) };
        let (session, grant) = open(&store, new).await;
        assert_eq!((session.opened_position, grant.opened_position), (as_of, as_of));
        let last = store.entries_before(None, 1).await.unwrap().remove(0).fact.target;
        assert!(matches!(last, Target::Registration { session: id, .. } if id == session.id));
    }
}

async fn registers(store: &Arc<dyn Store>, sessions: &[&Session], now: Timestamp) -> Option<Position> {
    let sessions = sessions.iter().map(|session| session.id.clone()).collect();
    let beyond_end = Duration::from_secs(60);
    let register = RegisterOpen { sessions, now, beyond_end, actor: "allowlist".into() };
    store.register_open(register).await.unwrap()
}

/// The sessions that the log registers, in order.
async fn on_the_list(store: &Arc<dyn Store>) -> Vec<SessionId> {
    let entries = store.entries_before(None, 200).await.unwrap();
    let session = |entry: Entry| match entry.fact.target {
        Target::Registration { session, .. } => Some(session),
        _ => None,
    };
    entries.into_iter().rev().filter_map(session).collect()
}

/// S12: what was open before the list was kept comes on it, one entry each; what is over, cut off or unknown does not.
pub async fn of_open_sessions_only_those_that_live_are_registered(store: Arc<dyn Store>) {
    let (ended, _) = signed_in(&store, "alice", at(0)).await;
    let (cut_off, _) = signed_in(&store, "bob", at(0)).await;
    let (idle, _) = signed_in(&store, "carol", at(0)).await;
    let (live, _) = signed_in(&store, "dave", at(1)).await;
    let (other, _) = signed_in(&store, "erin", at(1)).await;
    append(&store, entry(Target::Session(ended.id.clone()), at(2))).await;
    append(&store, about("bob", at(2))).await;
    let now = at(0).plus(IDLE);
    let before = head(&store).await;
    let unknown = sign_in("nobody", at(0)).session;
    let all = [&ended, &cut_off, &idle, &live, &unknown, &other];
    let last = registers(&store, &all, now).await;
    assert_eq!(last, before.next().and_then(Position::next), "one entry each, and all at once");
    assert_eq!(on_the_list(&store).await, [live.id.clone(), other.id]);
    let fact = store.entries_before(None, 1).await.unwrap().remove(0).fact;
    assert_eq!((fact.recorded_at, fact.retain_until), (now, at(10_001 + 60)));
    assert_eq!((fact.effect, &*fact.actor), (Effect::End, "allowlist"));
    assert_eq!(registers(&store, &[&ended, &idle], now).await, None);
    assert_eq!(Some(head(&store).await), last);
    let row = store.session(&live.id).await.unwrap().unwrap().session;
    assert_eq!(row, live, "the session itself is as it was");
}

/// S12, S23: a shared session lives as long as any sign-in that shares it.
pub async fn a_session_that_another_sign_in_keeps_alive_is_registered(store: Arc<dyn Store>) {
    let (session, _) = open(&store, on("a", 1, Overflow::Share, at(0))).await;
    let Opened::Shared { .. } = store.open(on("b", 1, Overflow::Share, at(1))).await.unwrap() else {
        panic!()
    };
    let device = |id| Target::Device { subject: subject("alice"), device: DeviceId::new(id).unwrap() };
    append(&store, entry(device("a"), at(2))).await;
    assert!(registers(&store, &[&session], at(3)).await.is_some());
    append(&store, entry(device("b"), at(4))).await;
    assert_eq!(registers(&store, &[&session], at(5)).await, None);
}

/// S12: a word that is kept.
pub async fn that_the_list_is_whole_is_what_was_said_last(store: Arc<dyn Store>) {
    assert!(!store.is_allowlist_whole().await.unwrap());
    for whole in [false, true, true, false, true] {
        store.set_allowlist_whole(whole).await.unwrap();
        assert_eq!(store.is_allowlist_whole().await.unwrap(), whole);
    }
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
