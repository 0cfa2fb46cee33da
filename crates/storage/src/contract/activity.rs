//! Reports of uses that somebody else saw (S05).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use quash_core::revocation::target::Target;
use quash_core::session::last_use::{LastUse, UsedBy};
use quash_core::session::session::{Over, Session};
use quash_core::time::Timestamp;

use super::bans::{ban, put};
use super::concurrency::all;
use super::sample::{
    IDLE, about, act, append, at, entry, grant, head, listed, open, renewed, sign_in, signed_in,
};
use super::uses::{by, strangers};
use crate::ports::{Join, Joined, Noted, Store};

const ONE: Noted = Noted { noted: 1, ignored: 0 };
const NONE: Noted = Noted { noted: 0, ignored: 1 };

fn seen(session: &Session, at: Timestamp) -> LastUse {
    LastUse { by: by(session), at }
}

async fn note(store: &Arc<dyn Store>, seen: LastUse, now: Timestamp) -> Noted {
    store.note_uses(vec![seen], now).await.unwrap()
}

async fn last_used(store: &Arc<dyn Store>, session: &Session) -> Timestamp {
    listed(store, session).await.session.last_used_at
}

/// S05: as a renewal at the instant of the use; neither the log nor the refresh token notices.
pub async fn a_report_moves_the_idle_limit_to_the_use_and_nothing_else(store: Arc<dyn Store>) {
    let (session, grant) = signed_in(&store, "alice", at(0)).await;
    let (other, _) = signed_in(&store, "bob", at(0)).await;
    let before = head(&store).await;
    assert_eq!(note(&store, seen(&session, at(870)), at(900)).await, ONE);
    let moved = Session { last_used_at: at(870), ..session.clone() };
    assert_eq!(listed(&store, &session).await.session, moved);
    assert_eq!(listed(&store, &other).await.session, other);
    assert_eq!(head(&store).await, before);
    let end = at(870).plus(IDLE);
    let last = Timestamp::from_milliseconds(end.milliseconds() - 1);
    assert_eq!(listed(&store, &session).await.session.over(end), Some(Over::Idle));
    assert_eq!(renewed(&store, &grant, 0, last).await.grant.generation.0, 1);
}

/// S05: whatever the order of reports, and however wrong a clock elsewhere is.
pub async fn a_last_use_never_goes_back_and_is_never_in_the_future(store: Arc<dyn Store>) {
    let (session, _) = signed_in(&store, "alice", at(10)).await;
    let millisecond = Timestamp::from_milliseconds(at(20).milliseconds() + 1);
    let reports = [
        (at(20), at(30), at(20)),
        (at(15), at(31), at(20)),
        (Timestamp::EPOCH, at(31), at(20)),
        (millisecond, at(31), millisecond),
        (at(40), at(32), at(32)),
        (Timestamp::FOREVER, at(33), at(33)),
        // The clock here goes back.
        (at(100), at(12), at(33)),
    ];
    for (used_at, now, expected) in reports {
        assert_eq!(note(&store, seen(&session, used_at), now).await, ONE);
        assert_eq!(last_used(&store, &session).await, expected, "{used_at} reported at {now}");
    }
}

/// S05: of one session, too, by several clients and devices or twice by one.
pub async fn a_report_of_many_is_noted_for_each_that_lives(store: Arc<dyn Store>) {
    let mut sessions = Vec::new();
    for name in ["alice", "bob", "carol"] {
        sessions.push(signed_in(&store, name, at(0)).await.0);
    }
    let join = Join { grant: grant(&sessions[0].id, "app", at(1)), limit: None, act: act(at(1)) };
    assert!(matches!(store.join(join).await.unwrap(), Joined::Open { .. }));
    append(&store, entry(Target::Session(sessions[1].id.clone()), at(5))).await;
    let ended = listed(&store, &sessions[1]).await;
    let of_app =
        UsedBy { client: grant(&sessions[0].id, "app", at(1)).client, device: None, ..by(&sessions[0]) };
    let report = vec![
        seen(&sessions[0], at(8)),
        seen(&sessions[1], at(4)),
        LastUse { by: of_app, at: at(9) },
        seen(&sessions[2], at(7)),
        seen(&sessions[0], at(6)),
    ];
    let noted = store.note_uses(report, at(10)).await.unwrap();
    assert_eq!(noted, Noted { noted: 4, ignored: 1 });
    assert_eq!(last_used(&store, &sessions[0]).await, at(9), "the latest of three");
    assert_eq!(last_used(&store, &sessions[2]).await, at(7));
    assert_eq!(listed(&store, &sessions[1]).await, ended, "used before its end, reported after it");
    assert_eq!(store.note_uses(Vec::new(), at(10)).await.unwrap(), Noted::default());
}

/// S05, I6: at the very instant of a limit a session is over, however early the use was.
pub async fn what_is_over_when_the_report_comes_stays_over(store: Arc<dyn Store>) {
    let (session, _) = signed_in(&store, "alice", at(0)).await;
    for by in strangers(&session) {
        assert_eq!(note(&store, LastUse { by, at: at(1) }, at(2)).await, NONE);
    }
    let end = at(0).plus(IDLE);
    let last = Timestamp::from_milliseconds(end.milliseconds() - 1);
    assert_eq!(note(&store, seen(&session, at(1)), end).await, NONE);
    assert_eq!(listed(&store, &session).await.session, session, "nothing was written");
    assert_eq!(note(&store, seen(&session, last), last).await, ONE);
    assert_eq!(last_used(&store, &session).await, last, "and a millisecond earlier it is not");
    let absolute = session.absolute_end;
    let mut busy = sign_in("bob", at(0));
    busy.session.idle_limit = absolute.since(at(0)) * 2;
    let (busy, _) = open(&store, busy).await;
    assert_eq!(note(&store, seen(&busy, at(1)), absolute).await, NONE);
    let last = Timestamp::from_milliseconds(absolute.milliseconds() - 1);
    assert_eq!(note(&store, seen(&busy, at(1)), last).await, ONE);
}

/// S05, S14, S27: what ends a sign-in without its row ends its reports, too.
pub async fn reports_of_who_is_cut_off_or_banned_are_ignored(store: Arc<dyn Store>) {
    let (session, _) = signed_in(&store, "alice", at(0)).await;
    append(&store, about("alice", at(1))).await;
    assert_eq!(note(&store, seen(&session, at(1)), at(2)).await, NONE);
    let (session, _) = signed_in(&store, "alice", at(3)).await;
    assert_eq!(note(&store, seen(&session, at(4)), at(4)).await, ONE, "opened after the cutoff");
    put(&store, &ban(1, "web", at(6), at(100))).await;
    let row = listed(&store, &session).await;
    assert_eq!(note(&store, seen(&session, at(5)), at(7)).await, NONE);
    assert_eq!(listed(&store, &session).await, row);
}

/// S05, S08: both orders, one after the other.
pub async fn a_report_and_a_logout_end_the_session_in_both_orders(store: Arc<dyn Store>) {
    for report_first in [true, false] {
        let (session, grant) = signed_in(&store, "alice", at(0)).await;
        let report = seen(&session, at(4));
        if report_first {
            assert_eq!(note(&store, report.clone(), at(5)).await, ONE);
        }
        append(&store, entry(Target::Session(session.id.clone()), at(5))).await;
        let ended = listed(&store, &session).await;
        assert_eq!(note(&store, report, at(5)).await, NONE);
        assert_eq!(listed(&store, &session).await, ended);
        let renewal = renewed(&store, &grant, 0, at(6)).await;
        assert!(matches!(renewal.session.over(at(6)), Some(Over::Ended(_))), "{report_first}: {renewal:?}");
        assert_eq!(renewal.grant.generation.0, 0);
    }
}

/// S05, S08, I6: by many threads at once.
pub async fn no_report_revives_a_session_after_an_acknowledged_logout(store: Arc<dyn Store>) {
    let (session, _) = signed_in(&store, "alice", at(0)).await;
    let (other, _) = signed_in(&store, "bob", at(0)).await;
    let logged_out = Arc::new(AtomicBool::new(false));
    let reporters: Vec<_> = (0..16)
        .map(|_| {
            let (store, logged_out) = (Arc::clone(&store), Arc::clone(&logged_out));
            let (session, other) = (session.clone(), other.clone());
            tokio::spawn(async move {
                for second in 1..=200 {
                    let ended = logged_out.load(Ordering::Acquire);
                    let report = vec![seen(&other, at(second)), seen(&session, at(second))];
                    let noted = store.note_uses(report, at(second)).await.unwrap();
                    assert!(noted.noted == 1 || !ended, "noted after a logout");
                    if noted.noted == 1 {
                        return true;
                    }
                }
                false
            })
        })
        .collect();
    append(&store, about("carol", at(1))).await;
    append(&store, entry(Target::Session(session.id.clone()), at(5))).await;
    logged_out.store(true, Ordering::Release);
    let ended = listed(&store, &session).await;
    all(reporters).await;
    assert_eq!(listed(&store, &session).await, ended, "no report that was on its way wrote the row back");
    assert_eq!(note(&store, seen(&session, at(5)), at(6)).await, NONE);
}
