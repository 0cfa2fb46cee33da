//! Bans (S27): what is live ends with the ban, and what comes is refused.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use quash_core::ids::ClientId;
use quash_core::position::Position;
use quash_core::revocation::reason::Reason;
use quash_core::revocation::target::Target;
use quash_core::revocation::undo::Undoer;
use quash_core::session::ban::{Ban, BanLevel, Service};
use quash_core::session::grant::Grant;
use quash_core::session::last_use::UsedBy;
use quash_core::session::renewal::Verdict;
use quash_core::session::session::Session;
use quash_core::time::Timestamp;

use super::concurrency::all;
use super::sample::{act, at, cut, entry, grant, head, listed, renewed, sign_in, signed_in, subject};
use crate::ports::{
    BanPut, Join, Joined, NewSession, Opened, PutBan, SessionUse, StandingBan, Store, Undo, Undone,
};

/// A ban of alice at `service` from `now` to `until`.
pub(super) fn ban(level: u8, service: &str, now: Timestamp, until: Timestamp) -> PutBan {
    let like = entry(Target::Issuer, now);
    PutBan {
        subject: subject("alice"),
        service: ClientId::new(service).unwrap().into(),
        ban: Ban {
            level: BanLevel::new(level).unwrap(),
            reason: Reason::new("spam").unwrap(),
            at: now,
            until,
            by: "cred_suite".into(),
        },
        retain_until: like.retain_until,
        enforce_until: like.enforce_until,
        cause: "req_suite".into(),
    }
}

/// Puts it; the last position that ends something.
pub(super) async fn put(store: &Arc<dyn Store>, ban: &PutBan) -> Option<Position> {
    match store.ban(ban.clone()).await.unwrap() {
        BanPut::Put { through } => through,
        other => panic!("not put: {other:?}"),
    }
}

fn at_client(client: &str, now: Timestamp) -> NewSession {
    let mut new = sign_in("alice", now);
    new.grant.client = ClientId::new(client).unwrap();
    new
}

/// A sign-in that is not refused.
async fn opened(store: &Arc<dyn Store>, new: NewSession) -> (Session, Grant) {
    match store.open(new).await.unwrap() {
        Opened::Open { session, grant, .. } => (*session, *grant),
        other => panic!("not opened: {other:?}"),
    }
}

async fn join(store: &Arc<dyn Store>, session: &Session, client: &str, now: Timestamp) -> Joined {
    store.join(Join { grant: grant(&session.id, client, now), limit: None, act: act(now) }).await.unwrap()
}

/// S27: one change of row, log and registry; nobody else is hit.
pub async fn a_ban_everywhere_ends_every_session_by_one_entry_and_refuses_what_comes(store: Arc<dyn Store>) {
    let (session, web) = signed_in(&store, "alice", at(0)).await;
    let (_, app) = opened(&store, at_client("app", at(1))).await;
    let (_, other) = signed_in(&store, "bob", at(1)).await;
    let wanted = ban(3, "*", at(5), at(105));
    let position = head(&store).await.next().unwrap();
    assert_eq!(put(&store, &wanted).await, Some(position));
    assert_eq!(head(&store).await, position, "one entry, and no gap");
    let entry = store.entries_before(None, 1).await.unwrap().remove(0);
    assert_eq!(
        (&entry.fact.target, entry.fact.reason.as_str()),
        (&Target::Subject(subject("alice")), "banned")
    );
    let refused = Box::new(wanted.ban.clone());
    for grant in [&web, &app] {
        assert_eq!(renewed(&store, grant, 0, at(6)).await.verdict, Verdict::Banned(refused.clone()));
    }
    assert_eq!(store.open(sign_in("alice", at(6))).await.unwrap(), Opened::Banned(refused.clone()));
    assert_eq!(join(&store, &session, "app", at(6)).await, Joined::Banned(refused));
    let standing = StandingBan { service: Service::Everywhere, ban: wanted.ban };
    assert_eq!(store.bans(&subject("alice")).await.unwrap(), [standing]);
    assert_eq!(cut(&store, &other, at(6)).await, None);
    opened(&store, sign_in("bob", at(6))).await;
}

/// S27: by an entry for each, and the session that a second client shares ends whole.
pub async fn a_ban_at_one_client_reaches_the_sessions_with_a_grant_of_it_alone(store: Arc<dyn Store>) {
    let (session, web) = signed_in(&store, "alice", at(0)).await;
    let (apart, app) = opened(&store, at_client("app", at(1))).await;
    let (shared, _) = opened(&store, at_client("app", at(1))).await;
    assert!(matches!(join(&store, &shared, "web", at(2)).await, Joined::Open { .. }));
    let before = head(&store).await;
    let wanted = ban(1, "web", at(5), at(105));
    let through = before.next().unwrap().next().unwrap();
    assert_eq!(put(&store, &wanted).await, Some(through));
    for ended in [&session, &shared] {
        let over = listed(&store, ended).await.session.over(at(5)).unwrap();
        assert_eq!(over.reason(), Reason::BANNED);
    }
    let refused = Box::new(wanted.ban.clone());
    assert_eq!(renewed(&store, &web, 0, at(6)).await.verdict, Verdict::Banned(refused.clone()));
    assert_eq!(store.open(sign_in("alice", at(6))).await.unwrap(), Opened::Banned(refused.clone()));
    // The other client serves on; the way round over it is closed too.
    assert_eq!(cut(&store, &app, at(6)).await, None);
    assert_eq!(join(&store, &apart, "web", at(6)).await, Joined::Banned(refused));
    opened(&store, at_client("app", at(6))).await;
    // The same ban again finds nothing to end.
    assert_eq!(put(&store, &wanted).await, None);
}

/// S27: closed at `until`, for the judgement and for the purge.
pub async fn a_ban_is_over_at_its_very_end_and_forgotten_then(store: Arc<dyn Store>) {
    let (_, before) = signed_in(&store, "alice", at(0)).await;
    put(&store, &ban(1, "*", at(5), at(105))).await;
    let last = Timestamp::from_milliseconds(at(105).milliseconds() - 1);
    assert_eq!(store.purge(last, Duration::from_secs(100_000)).await.unwrap().bans, 0);
    assert!(matches!(store.open(sign_in("alice", last)).await.unwrap(), Opened::Banned(_)));
    opened(&store, sign_in("alice", at(105))).await;
    assert!(cut(&store, &before, at(105)).await.is_some(), "what the ban ended stays ended");
    assert_eq!(store.purge(at(105), Duration::from_secs(100_000)).await.unwrap().bans, 1);
    assert_eq!(store.bans(&subject("alice")).await.unwrap(), []);
    // One without an end is never forgotten.
    put(&store, &ban(1, "web", at(106), Timestamp::FOREVER)).await;
    assert_eq!(store.purge(at(1_000_000_000), Duration::ZERO).await.unwrap().bans, 0);
}

/// S27: level zero.
pub async fn a_warning_is_kept_and_refuses_nothing(store: Arc<dyn Store>) {
    let (_, web) = signed_in(&store, "alice", at(0)).await;
    let before = head(&store).await;
    assert_eq!(put(&store, &ban(0, "*", at(5), at(105))).await, None);
    assert_eq!(head(&store).await, before);
    assert_eq!(cut(&store, &web, at(6)).await, None);
    opened(&store, sign_in("alice", at(6))).await;
    assert_eq!(store.bans(&subject("alice")).await.unwrap().len(), 1);
}

/// S27, I6
pub async fn a_lifted_ban_revives_nothing(store: Arc<dyn Store>) {
    let (_, everywhere) = signed_in(&store, "alice", at(0)).await;
    let wanted = ban(1, "*", at(5), at(105));
    put(&store, &wanted).await;
    let lift =
        async |service: Service| store.lift_ban(&subject("alice"), &service, act(at(9))).await.unwrap();
    assert_eq!(lift(Service::Everywhere).await, Some(wanted.ban));
    assert_eq!(lift(Service::Everywhere).await, None);
    assert!(cut(&store, &everywhere, at(6)).await.is_some());
    let (_, web) = opened(&store, sign_in("alice", at(6))).await;
    put(&store, &ban(1, "web", at(7), at(105))).await;
    lift(ClientId::new("web").unwrap().into()).await;
    assert!(matches!(renewed(&store, &web, 0, at(8)).await.verdict, Verdict::Over(_)));
    assert_eq!(
        store.purge(at(105), Duration::from_secs(100_000)).await.unwrap().bans,
        0,
        "nothing is left of it"
    );
}

/// S27, S29: the undo gives the sessions back to nobody who is banned; the end of the ban does.
pub async fn a_ban_whose_entry_is_undone_stands(store: Arc<dyn Store>) {
    let (session, web) = signed_in(&store, "alice", at(0)).await;
    let position = put(&store, &ban(1, "*", at(5), at(105))).await.unwrap();
    let undoer =
        Undoer { at: at(6), reason: Reason::known(Reason::ADMIN), actor: "a".into(), cause: "".into() };
    let undo = Undo { position, undoer, window: Duration::from_secs(60), idempotency: None };
    assert!(matches!(store.undo(undo).await.unwrap(), Undone::At(_)));
    let by = UsedBy {
        session: session.id.clone(),
        client: web.client.clone(),
        device: Some(session.device.id.clone()),
    };
    let used = |now| SessionUse { by: by.clone(), now };
    assert!(matches!(renewed(&store, &web, 0, at(104)).await.verdict, Verdict::Banned(_)));
    assert_eq!(store.use_session(used(at(104))).await.unwrap(), None);
    assert!(store.use_session(used(at(105))).await.unwrap().is_some());
    assert!(matches!(renewed(&store, &web, 0, at(105)).await.verdict, Verdict::Rotate { .. }));
}

/// S27: the end of the earlier one does not end the later one.
pub async fn a_later_ban_takes_the_place_of_an_earlier_one(store: Arc<dyn Store>) {
    put(&store, &ban(1, "*", at(0), at(10))).await;
    put(&store, &ban(2, "*", at(5), at(100))).await;
    assert_eq!(store.purge(at(50), Duration::ZERO).await.unwrap().bans, 0);
    assert!(matches!(store.open(sign_in("alice", at(50))).await.unwrap(), Opened::Banned(_)));
    assert_eq!(store.bans(&subject("alice")).await.unwrap().len(), 1);
    // The one that holds everywhere does not hide the one at a client, nor the other way round.
    put(&store, &ban(0, "*", at(51), at(100))).await;
    put(&store, &ban(1, "web", at(51), at(60))).await;
    assert!(matches!(store.open(sign_in("alice", at(52))).await.unwrap(), Opened::Banned(_)));
    opened(&store, sign_in("alice", at(60))).await;
}

/// S27: of sign-ins and a ban that race, each sign-in is before it, and ended, or after it, and refused.
pub async fn against_sign_ins_that_race_a_ban_leaves_no_session_alive(store: Arc<dyn Store>) {
    for (round, service) in (0..).zip(["*", "web"]) {
        let now = at(round * 1_000);
        let sign_ins = (0..32).map(|_| {
            let store = Arc::clone(&store);
            tokio::spawn(async move { store.open(sign_in("alice", now)).await.unwrap() })
        });
        let mut tasks: Vec<_> = sign_ins.collect();
        let banning = {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                put(&store, &ban(1, service, now, now.plus(Duration::from_secs(60)))).await
            })
        };
        let late = (0..32).map(|_| {
            let store = Arc::clone(&store);
            tokio::spawn(async move { store.open(sign_in("alice", now)).await.unwrap() })
        });
        tasks.extend(late);
        banning.await.unwrap();
        assert!(matches!(store.open(sign_in("alice", now)).await.unwrap(), Opened::Banned(_)));
        for outcome in all(tasks).await {
            match outcome {
                Opened::Open { session, grant, .. } => {
                    let after = now.plus(Duration::from_secs(60));
                    let verdict = renewed(&store, &grant, 0, after).await.verdict;
                    assert!(matches!(verdict, Verdict::CutOff(_) | Verdict::Over(_)), "{verdict:?}");
                    let listed = listed(&store, &session).await;
                    assert!(listed.cut_by.is_some() || listed.session.over(now).is_some());
                }
                Opened::Banned(_) => {}
                other => panic!("{other:?}"),
            }
        }
    }
}

/// S27: a token that a renewal got in before the ban stands below the ban's entry, or its session is ended.
pub async fn against_renewals_that_race_nothing_rotates_after_a_ban(store: Arc<dyn Store>) {
    for (round, service) in (0..).zip(["*", "web"]) {
        let now = at(round * 1_000);
        let (_, grant) = opened(&store, sign_in("alice", now)).await;
        let banned = Arc::new(AtomicBool::new(false));
        let users: Vec<_> = (0..16)
            .map(|_| {
                let (store, grant, banned) = (Arc::clone(&store), grant.clone(), Arc::clone(&banned));
                tokio::spawn(async move {
                    let (mut presented, mut newest) = (0, None);
                    for _ in 0..200 {
                        let after = banned.load(Ordering::Acquire);
                        let renewed = renewed(&store, &grant, presented, now).await;
                        match renewed.verdict {
                            Verdict::Banned(_) => break,
                            Verdict::Rotate { .. } | Verdict::Repeat => {
                                assert!(!after, "renewed after the ban");
                                newest = Some(renewed.position);
                            }
                            Verdict::Reuse => {}
                            other => panic!("{other:?}"),
                        }
                        presented = renewed.grant.generation.0;
                    }
                    newest
                })
            })
            .collect();
        let until = now.plus(Duration::from_secs(60));
        let through = put(&store, &ban(1, service, now, until)).await.unwrap();
        banned.store(true, Ordering::Release);
        for newest in all(users).await.into_iter().flatten() {
            assert!(newest < through);
        }
        // The ban ends, and what it ended stays ended.
        let generation = store.grant(&grant.id).await.unwrap().unwrap().0.generation;
        let verdict = renewed(&store, &grant, generation.0, until).await.verdict;
        assert!(matches!(verdict, Verdict::CutOff(_) | Verdict::Over(_)), "{verdict:?}");
    }
}
