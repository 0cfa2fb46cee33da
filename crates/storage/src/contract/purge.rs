//! Forgetting: never too early, and for good.

use std::sync::Arc;
use std::time::Duration;

use quash_core::position::Position;
use quash_core::revocation::entry::NewEntry;
use quash_core::revocation::target::Target;
use quash_core::session::renewal::Verdict;
use quash_core::time::Timestamp;

use super::sample::{
    IDLE, about, append, at, cut, entry, head, key, listed, open, renewed, sign_in, signed_in,
};
use crate::ports::{Append, Appended, Purged, Store};

const KEEP: Duration = Duration::from_secs(300);

fn just_before(instant: Timestamp) -> Timestamp {
    Timestamp::from_milliseconds(instant.milliseconds() - 1)
}

/// What was removed. What was only set aside or put off is left out.
async fn purge(store: &Arc<dyn Store>, now: Timestamp) -> Purged {
    Purged { set_aside: 0, put_off: 0, ..store.purge(now, KEEP).await.unwrap() }
}

/// A purge that is called while it does something sets everything aside that verifiers have forgotten, however much
/// it is: a start would read it otherwise.
pub async fn what_verifiers_forgot_is_set_aside_to_the_last_entry(store: Arc<dyn Store>) {
    const ENTRIES: u64 = 2_500;
    let retain_until = at(100);
    // In parallel, so that they share their syncs.
    let mut appends = tokio::task::JoinSet::new();
    for _ in 0..ENTRIES {
        let fact = NewEntry { retain_until, enforce_until: at(10_000), ..about("alice", at(0)) };
        let store = Arc::clone(&store);
        appends.spawn(async move { append(&store, fact).await });
    }
    appends.join_all().await;
    let held = store.entries_held().await.unwrap();
    assert!([0, ENTRIES].contains(&held), "{held}: all of them, or not known");
    assert_eq!(store.purge(just_before(retain_until), KEEP).await.unwrap(), Purged::default());
    let mut set_aside = 0;
    loop {
        let purged = store.purge(retain_until, KEEP).await.unwrap();
        if purged == Purged::default() {
            break;
        }
        set_aside += purged.set_aside;
    }
    assert_eq!((set_aside, store.entries_held().await.unwrap()), (ENTRIES, 0));
    assert_eq!(store.entries_before(None, 200).await.unwrap().len(), 200, "enforced, and still to be seen");
}

/// Contract: at or after both `retain_until` and `enforce_until`, never earlier; the head stays.
pub async fn an_entry_is_forgotten_when_both_its_times_are_over(store: Arc<dyn Store>) {
    let times = [(100, 200), (200, 100), (200, 200)];
    for (index, (retain, enforce)) in (0_u64..).zip(times) {
        let start = at(index * 1_000);
        let retain_until = start.plus(Duration::from_secs(retain));
        let enforce_until = start.plus(Duration::from_secs(enforce));
        append(&store, NewEntry { retain_until, enforce_until, ..about("alice", start) }).await;
        let before = store.head().await.unwrap();
        let both = retain_until.max(enforce_until);
        assert_eq!(purge(&store, just_before(both)).await, Purged::default());
        assert_eq!(store.entries_before(None, 10).await.unwrap().len(), 1);
        assert_eq!(purge(&store, both).await, Purged { entries: 1, ..Purged::default() });
        assert_eq!(store.entries_before(None, 10).await.unwrap(), []);
        assert_eq!(store.live_after(Position::ZERO, start, 10).await.unwrap(), []);
        assert_eq!(store.head().await.unwrap(), before);
    }
}

/// Two horizons (design section 2): verifiers forget an entry in minutes, the store enforces it for weeks.
pub async fn a_cutoff_is_enforced_long_after_verifiers_forgot_it(store: Arc<dyn Store>) {
    let long = |name: &str| {
        let mut new = sign_in(name, at(0));
        new.session.idle_limit = Duration::from_secs(200_000);
        new.session.absolute_end = at(200_000);
        new.session.claims.insert("role".into(), "admin".into());
        new
    };
    let targets =
        [about("alice", at(1)).target, Target::Claim { name: "role".into(), value: "admin".into() }];
    for target in targets {
        let (session, grant) = open(&store, long("alice")).await;
        let fact = entry(target, at(1));
        let (retain_until, enforce_until) = (fact.retain_until, fact.enforce_until);
        let position = append(&store, fact).await;
        assert_eq!(purge(&store, retain_until).await, Purged::default());
        assert_eq!(purge(&store, just_before(enforce_until)).await, Purged::default());
        assert_eq!(store.live_after(Position::ZERO, at(1), 10).await.unwrap(), [], "out of sight");
        assert_eq!(store.entries_before(None, 10).await.unwrap()[0].position, position, "and listed");
        assert_eq!(cut(&store, &grant, at(50_000)).await.unwrap().position, position);
        assert_eq!(listed(&store, &session).await.cut_by.unwrap().position, position);
    }
}

/// Contract: at or after the instant it was over plus `keep_ended`.
pub async fn a_session_is_forgotten_when_it_was_over_for_long_enough(store: Arc<dyn Store>) {
    let (session, grant) = signed_in(&store, "alice", at(0)).await;
    let gone = at(0).plus(IDLE).plus(KEEP);
    assert_eq!(purge(&store, just_before(gone)).await, Purged::default());
    assert!(store.session(&session.id).await.unwrap().is_some());
    assert_eq!(purge(&store, gone).await, Purged { sessions: 1, ..Purged::default() });
    assert!(store.session(&session.id).await.unwrap().is_none());
    assert!(store.grant(&grant.id).await.unwrap().is_none());
    assert_eq!(store.count_matching(&about("alice", at(1))).await.unwrap(), 0);
}

/// Contract: never while it could be renewed.
pub async fn a_renewed_session_is_kept(store: Arc<dyn Store>) {
    let (session, grant) = signed_in(&store, "alice", at(0)).await;
    renewed(&store, &grant, 0, at(900)).await;
    let first_end = at(0).plus(IDLE).plus(KEEP);
    assert_eq!(purge(&store, first_end).await, Purged::default());
    let last = just_before(at(900).plus(IDLE));
    assert!(matches!(renewed(&store, &grant, 1, last).await.verdict, Verdict::Rotate { .. }));
    let gone = last.plus(IDLE).plus(KEEP);
    assert_eq!(purge(&store, just_before(gone)).await.sessions, 0);
    assert_eq!(purge(&store, gone).await.sessions, 1);
    assert!(store.session(&session.id).await.unwrap().is_none());
}

/// An ended session was over when it was ended.
pub async fn an_ended_session_goes_before_its_limits(store: Arc<dyn Store>) {
    let (session, _) = signed_in(&store, "alice", at(0)).await;
    append(&store, entry(Target::Session(session.id.clone()), at(10))).await;
    let gone = at(10).plus(KEEP);
    assert_eq!(purge(&store, just_before(gone)).await.sessions, 0);
    assert_eq!(purge(&store, gone).await.sessions, 1);
    assert!(store.session(&session.id).await.unwrap().is_none());
    // What its former limits left behind is no second session.
    assert_eq!(purge(&store, at(0).plus(IDLE).plus(KEEP)).await.sessions, 0);
}

/// 24 hours after it was used, not earlier.
pub async fn an_idempotency_key_is_purged_after_a_day(store: Arc<dyn Store>) {
    let request = |now| Append { idempotency: Some(key("a", 1)), ..Append::new(about("alice", now)) };
    store.append(request(at(0))).await.unwrap();
    let gone = at(24 * 60 * 60);
    assert_eq!(purge(&store, just_before(gone)).await.idempotency_keys, 0);
    assert!(matches!(store.append(request(at(1))).await.unwrap(), Appended::Before { .. }));
    assert_eq!(purge(&store, gone).await.idempotency_keys, 1);
    assert!(matches!(store.append(request(at(1))).await.unwrap(), Appended::At { .. }));
}

/// I6, I10: a clock that jumps back revives nothing.
pub async fn the_ratchet_never_goes_back(store: Arc<dyn Store>) {
    assert_eq!(store.ratchet().await.unwrap(), Timestamp::EPOCH);
    purge(&store, at(5_000)).await;
    assert_eq!(store.ratchet().await.unwrap(), at(5_000));
    let fact = NewEntry { enforce_until: at(4_999), ..about("alice", at(10)) };
    append(&store, fact).await;
    assert_eq!(purge(&store, at(20)).await.entries, 1, "judged at the ratchet");
    assert_eq!(store.ratchet().await.unwrap(), at(5_000));
}

/// Contract: a bounded amount of work a call, and all of it in the end.
pub async fn much_is_purged_in_several_calls(store: Arc<dyn Store>) {
    let writers = (0..8).map(|_| {
        let store = Arc::clone(&store);
        tokio::spawn(async move {
            for _ in 0..100 {
                let fact = NewEntry { enforce_until: at(0), ..about("alice", at(0)) };
                append(&store, fact).await;
            }
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.unwrap();
    }
    let before = head(&store).await;
    let mut total = 0;
    loop {
        let purged = purge(&store, at(10_000)).await.entries;
        if purged == 0 {
            break;
        }
        total += purged;
    }
    assert_eq!(total, 800);
    assert_eq!(store.entries_before(None, 10).await.unwrap(), []);
    assert_eq!(head(&store).await, before);
}
