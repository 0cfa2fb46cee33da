//! Taking entries back (S29): exactly the one that is named, once, in time.

use std::sync::Arc;
use std::time::Duration;

use quash_core::ids::KeyId;
use quash_core::position::Position;
use quash_core::revocation::entry::{Effect, Entry, NewEntry};
use quash_core::revocation::reason::Reason;
use quash_core::revocation::target::Target;
use quash_core::revocation::undo::{NotUndoable, Undoer};
use quash_core::session::renewal::Verdict;
use quash_core::session::session::{Session, SessionState};
use quash_core::time::Timestamp;

use super::sample::{about, append, at, cut, entry, head, key, listed, open, renewed, sign_in, signed_in};
use crate::ports::{Idempotency, Store, Undo, Undone};

const WINDOW: Duration = Duration::from_secs(600);

fn undo_at(position: Position, now: Timestamp, idempotency: Option<Idempotency>) -> Undo {
    let undoer = Undoer {
        at: now,
        reason: Reason::known(Reason::ADMIN),
        actor: "cred_undo".into(),
        cause: "req_undo".into(),
    };
    Undo { position, undoer, window: WINDOW, idempotency }
}

async fn undone(store: &Arc<dyn Store>, position: Position, now: Timestamp) -> Undone {
    store.undo(undo_at(position, now, None)).await.unwrap()
}

/// Takes back an entry that can be, and says by which.
async fn undo(store: &Arc<dyn Store>, position: Position, now: Timestamp) -> Position {
    match undone(store, position, now).await {
        Undone::At(by) => by,
        other => panic!("not undone: {other:?}"),
    }
}

async fn is_active(store: &Arc<dyn Store>, session: &Session) -> bool {
    let listed = listed(store, session).await;
    listed.session.state == SessionState::Active && listed.cut_by.is_none()
}

/// Contract "undone once": what the entry ended can be renewed again; an older one that names it too still holds (I5).
pub async fn an_undo_takes_back_its_entry_and_no_other(store: Arc<dyn Store>) {
    let mut new = sign_in("alice", at(0));
    new.session.claims.insert("role".into(), "admin".into());
    let (session, grant) = open(&store, new).await;
    let role = Target::Claim { name: "role".into(), value: "admin".into() };
    let older = append(&store, about("alice", at(1))).await;
    let newer = append(&store, about("alice", at(2))).await;
    let other = append(&store, entry(role, at(3))).await;
    undo(&store, newer, at(4)).await;
    assert!(cut(&store, &grant, at(5)).await.is_some());
    undo(&store, other, at(6)).await;
    assert_eq!(cut(&store, &grant, at(7)).await.map(|entry| entry.position), Some(older));
    undo(&store, older, at(8)).await;
    assert_eq!(cut(&store, &grant, at(9)).await, None);
    assert!(is_active(&store, &session).await);
    append(&store, about("alice", at(10))).await;
    assert!(cut(&store, &grant, at(11)).await.is_some(), "a new one is no older one");
}

/// The entry that undoes: for verifiers, for the list, and for a start that reads everything.
pub async fn an_undo_is_an_entry_about_the_same_target_that_outlives_what_it_undoes(store: Arc<dyn Store>) {
    let fact = NewEntry { effect: Effect::Refresh, ..about("alice", at(1)) };
    let position = append(&store, fact.clone()).await;
    let by = undo(&store, position, at(2)).await;
    assert_eq!(by, position.next().unwrap());
    assert_eq!(head(&store).await, by);
    let entries = store.entries_before(None, 10).await.unwrap();
    let [Entry { fact: made, .. }, Entry { fact: undone, .. }] = &entries[..] else { panic!("{entries:?}") };
    assert_eq!(*undone, fact, "what was recorded stays in the log");
    assert_eq!((&made.issuer, &made.target, made.effect), (&fact.issuer, &fact.target, fact.effect));
    assert_eq!((made.undoes, &*made.actor, &*made.cause), (Some(position), "cred_undo", "req_undo"));
    assert!(made.retain_until > fact.retain_until && made.enforce_until > fact.enforce_until);
    let records = store.live_records_after(Position::ZERO, at(2), 10).await.unwrap();
    assert_eq!(records.iter().map(|record| record.undoes).collect::<Vec<_>>(), [None, Some(position)]);
    let page = store.feed_after(Position::ZERO, at(2), 10).await.unwrap();
    assert_eq!(page.records, records);
    assert_eq!(store.undone(position, by).await.unwrap(), [(position, by)]);
    assert_eq!(store.undone(by, by).await.unwrap(), []);
    // The entry is forgotten, then its undo, then that there was one.
    let gone = fact.retain_until.max(fact.enforce_until);
    store.purge(gone, Duration::ZERO).await.unwrap();
    assert_eq!(store.entries_before(None, 10).await.unwrap().len(), 1);
    assert_eq!(store.undone(position, position).await.unwrap().len(), 1);
    store.purge(gone.plus(Duration::from_secs(120)), Duration::ZERO).await.unwrap();
    assert_eq!(store.entries_before(None, 10).await.unwrap(), []);
    assert_eq!(store.undone(position, position).await.unwrap(), [], "I8");
}

/// Contract "undone once": the row is active again, with the limits it had; the refresh token that its user holds works.
pub async fn the_session_that_an_entry_ended_is_active_again(store: Arc<dyn Store>) {
    let (session, grant) = signed_in(&store, "alice", at(0)).await;
    let (other, _) = signed_in(&store, "alice", at(0)).await;
    append(&store, entry(Target::Session(other.id.clone()), at(1))).await;
    let position = append(&store, entry(Target::Session(session.id.clone()), at(1))).await;
    assert!(!is_active(&store, &session).await);
    undo(&store, position, at(2)).await;
    assert!(is_active(&store, &session).await);
    assert_eq!(listed(&store, &session).await.session, session);
    assert!(matches!(renewed(&store, &grant, 0, at(3)).await.verdict, Verdict::Rotate { .. }));
    assert!(!is_active(&store, &other).await);
    // It ends by its limits, and is forgotten then like any other.
    store.purge(at(5), Duration::ZERO).await.unwrap();
    assert!(is_active(&store, &session).await);
    store.purge(session.absolute_end, Duration::ZERO).await.unwrap();
    assert_eq!(store.session(&session.id).await.unwrap(), None);
}

/// Contract "undone once": two entries end one session, whichever is taken back first.
pub async fn a_session_that_another_entry_ends_stays_over(store: Arc<dyn Store>) {
    for [first, then] in [[0, 1], [1, 0]] {
        let (session, grant) = signed_in(&store, "alice", at(0)).await;
        let mut ends = Vec::new();
        for second in [1, 2] {
            ends.push(append(&store, entry(Target::Session(session.id.clone()), at(second))).await);
        }
        undo(&store, ends[first], at(3)).await;
        let SessionState::Ended(ending) = listed(&store, &session).await.session.state else {
            panic!("the other entry ends it")
        };
        assert_eq!(ending.at, at(if then == 0 { 1 } else { 2 }), "and says so");
        assert!(matches!(renewed(&store, &grant, 0, at(4)).await.verdict, Verdict::Over(_)));
        undo(&store, ends[then], at(5)).await;
        assert!(is_active(&store, &session).await);
        // A cutoff of its subject ends it without a word in its row.
        let end = append(&store, entry(Target::Session(session.id.clone()), at(6))).await;
        append(&store, about("alice", at(6))).await;
        undo(&store, end, at(7)).await;
        assert!(!is_active(&store, &session).await);
    }
}

/// Two ends of one session by one actor for one reason in one millisecond: as many as they are.
pub async fn entries_of_one_millisecond_are_told_apart(store: Arc<dyn Store>) {
    for order in [[0, 1, 2], [2, 1, 0], [1, 0, 2], [1, 2, 0]] {
        let (session, _) = signed_in(&store, "alice", at(0)).await;
        let mut ends = Vec::new();
        for _same in 0..3 {
            ends.push(append(&store, entry(Target::Session(session.id.clone()), at(1))).await);
        }
        for (left, which) in order.into_iter().enumerate() {
            assert!(!is_active(&store, &session).await, "{left} undone of three, {order:?}");
            undo(&store, ends[which], at(2)).await;
        }
        assert!(is_active(&store, &session).await, "{order:?}");
    }
}

/// Contract of `undo`: unknown, an undo, a key, a guard, undone already.
pub async fn what_can_not_be_undone_is_refused_and_changes_nothing(store: Arc<dyn Store>) {
    let plain = append(&store, about("alice", at(1))).await;
    let by = undo(&store, plain, at(2)).await;
    let signing = append(&store, entry(Target::Key(KeyId::new("key_1").unwrap()), at(1))).await;
    let theft = NewEntry { reason: Reason::known(Reason::REFRESH_REUSE), ..about("alice", at(1)) };
    let theft = append(&store, theft).await;
    let before = store.head().await.unwrap();
    let beyond = before.position.next().unwrap();
    let cases = [
        (plain, Undone::Already(by)),
        (by, Undone::Never(NotUndoable::Undo)),
        (signing, Undone::Never(NotUndoable::Key)),
        (theft, Undone::Never(NotUndoable::Guard)),
        (beyond, Undone::Unknown),
        (Position::ZERO, Undone::Unknown),
    ];
    for (position, expected) in cases {
        assert_eq!(undone(&store, position, at(3)).await, expected, "{position}");
    }
    assert_eq!(store.head().await.unwrap(), before);
}

/// Contract "undone once": closed at the end of the window.
pub async fn the_window_is_over_at_its_very_end(store: Arc<dyn Store>) {
    let (first, second) =
        (append(&store, about("alice", at(0))).await, append(&store, about("bob", at(0))).await);
    let end = at(0).plus(WINDOW);
    let just_before = Timestamp::from_milliseconds(end.milliseconds() - 1);
    assert!(matches!(undone(&store, first, just_before).await, Undone::At(_)));
    assert_eq!(undone(&store, second, end).await, Undone::Over(end));
}

/// I10: the ratchet of a purge holds for undos as well.
pub async fn a_clock_that_goes_back_opens_no_window_again(store: Arc<dyn Store>) {
    let position = append(&store, about("alice", at(0))).await;
    let end = at(0).plus(WINDOW);
    store.purge(end, Duration::ZERO).await.unwrap();
    assert_eq!(undone(&store, position, at(1)).await, Undone::Over(end));
}

/// Contract of `Undo::idempotency`.
pub async fn a_repeated_undo_is_one_entry(store: Arc<dyn Store>) {
    let position = append(&store, about("alice", at(0))).await;
    let request = || undo_at(position, at(1), Some(key("undo", 1)));
    let Undone::At(by) = store.undo(request()).await.unwrap() else { panic!("the first time") };
    assert_eq!(store.undo(request()).await.unwrap(), Undone::Before(by));
    let other = undo_at(position, at(1), Some(key("undo", 2)));
    assert_eq!(store.undo(other).await.unwrap(), Undone::KeyUsedOtherwise);
    let again = undo_at(position, at(1), Some(key("another", 1)));
    assert_eq!(store.undo(again).await.unwrap(), Undone::Already(by));
    assert_eq!(head(&store).await, by);
}

/// Contract: transactions have one order.
pub async fn of_parallel_undos_one_is_done(store: Arc<dyn Store>) {
    let position = append(&store, about("alice", at(0))).await;
    let mut undos = tokio::task::JoinSet::new();
    for _ in 0..64 {
        let store = Arc::clone(&store);
        undos.spawn(async move { undone(&store, position, at(1)).await });
    }
    let outcomes = undos.join_all().await;
    let by = head(&store).await;
    assert_eq!(outcomes.iter().filter(|outcome| **outcome == Undone::At(by)).count(), 1);
    assert_eq!(outcomes.iter().filter(|outcome| **outcome == Undone::Already(by)).count(), 63);
}

/// I6: an undo and a purge that come at once leave an entry that is undone or gone, and never one that is half of it.
pub async fn no_purge_that_races_an_undo_revives_or_loses_anything(store: Arc<dyn Store>) {
    for round in 0..40 {
        let start = at(round * 1_000);
        let (session, _) = signed_in(&store, "alice", start).await;
        let over = start.plus(Duration::from_secs(100));
        let short = |target| NewEntry { retain_until: over, enforce_until: over, ..entry(target, start) };
        let held = append(&store, about("alice", start)).await;
        let ends = append(&store, short(Target::Session(session.id.clone()))).await;
        let again = append(&store, entry(Target::Session(session.id.clone()), start)).await;
        let purging = {
            let store = Arc::clone(&store);
            tokio::spawn(async move { store.purge(over, Duration::from_secs(5_000)).await.unwrap() })
        };
        let outcomes = {
            let store = Arc::clone(&store);
            tokio::spawn(
                async move { [undone(&store, ends, start).await, undone(&store, held, start).await] },
            )
        };
        purging.await.unwrap();
        let [of_end, of_cutoff] = outcomes.await.unwrap();
        assert!(matches!(of_end, Undone::At(_) | Undone::Unknown), "{of_end:?}");
        assert!(matches!(of_cutoff, Undone::At(_)), "{of_cutoff:?}");
        let listed = listed(&store, &session).await;
        assert!(matches!(listed.session.state, SessionState::Ended(_)), "the entry at {again} ends it still");
        let (left, _) = signed_in(&store, "alice", start).await;
        assert!(is_active(&store, &left).await);
    }
}
