//! Sign-ins that share the session that lives (S23).

use std::collections::BTreeSet;
use std::sync::Arc;

use quash_core::ids::{ClientId, DeviceId};
use quash_core::revocation::entry::{NewEntry, Window};
use quash_core::revocation::target::Target;
use quash_core::session::grant::Grant;
use quash_core::session::policy::{Overflow, ReplacedBy};
use quash_core::session::renewal::Verdict;
use quash_core::session::session::Session;
use quash_core::time::Timestamp;

use super::concurrency::all;
use super::limits::{limit, live_devices, on, replaced};
use super::sample::{about, act, append, at, cut, entry, grant, head, key, listed, open, renewed, subject};
use crate::ports::{Filter, Join, Joined, NewSession, Opened, PageRequest, PlacesTaken, Store};

/// A sign-in of alice on `device` at `now`, which shares what lives.
fn sharing(device: &str, now: Timestamp) -> NewSession {
    on(device, 1, Overflow::Share, now)
}

async fn shared(store: &Arc<dyn Store>, new: NewSession) -> (Session, Grant, Option<PlacesTaken>) {
    match store.open(new).await.unwrap() {
        Opened::Shared { session, grant, replaced } => (*session, *grant, replaced),
        other => panic!("not shared: {other:?}"),
    }
}

/// Alice on the devices `a`, at 0, and `b`, at 10.
async fn two_who_share(store: &Arc<dyn Store>) -> (Session, Grant, Grant) {
    let (session, first) = open(store, sharing("a", at(0))).await;
    let (same, second, replaced) = shared(store, sharing("b", at(10))).await;
    assert_eq!((&same.id, replaced), (&session.id, None));
    (session, first, second)
}

async fn lives(store: &Arc<dyn Store>, grant: &Grant, now: Timestamp) -> bool {
    cut(store, grant, now).await.is_none()
}

/// S23: one session, a grant for each, and nobody is knocked out.
pub async fn a_sign_in_shares_the_session_that_lives(store: Arc<dyn Store>) {
    let before = head(&store).await;
    let (session, first, second) = two_who_share(&store).await;
    assert_eq!(head(&store).await, before, "nothing ended");
    assert_ne!(first.id, second.id);
    let own = second.sign_in.as_deref().unwrap();
    assert_eq!((own.authenticated_at, own.device.id.as_str()), (at(10), "b"));
    let row = listed(&store, &session).await.session;
    assert_eq!(
        row,
        Session { last_used_at: at(10), ..session.clone() },
        "it is a use, and nothing else changes"
    );
    assert_eq!(store.grant(&second.id).await.unwrap().unwrap().0, second, "the row keeps every field");
    let shown = listed(&store, &session).await;
    assert_eq!(shown.shared_with, std::slice::from_ref(&own.device), "whoever looks sees both devices");
    for grant in [&first, &second] {
        assert!(matches!(renewed(&store, grant, 0, at(11)).await.verdict, Verdict::Rotate { .. }));
    }
    // The list finds the session by either device.
    for device in ["a", "b"] {
        let device = Some(DeviceId::new(device).unwrap());
        let filter = Filter { subject: Some(subject("alice")), device, ..Filter::default() };
        let page = PageRequest { after: None, limit: 9, now: at(11) };
        assert_eq!(store.sessions(&filter, &page).await.unwrap().items.len(), 1);
    }
}

/// S23, S32
pub async fn of_those_who_share_only_the_named_device_is_cut_off(store: Arc<dyn Store>) {
    let (session, first, second) = two_who_share(&store).await;
    let named = |device| Target::Device { subject: subject("alice"), device: DeviceId::new(device).unwrap() };
    append(&store, entry(named("b"), at(11))).await;
    assert_eq!((lives(&store, &first, at(12)).await, lives(&store, &second, at(12)).await), (true, false));
    let shown = listed(&store, &session).await;
    assert_eq!(shown.cut_by, None, "the session lives for the other");
    assert_eq!(shown.shared_with, []);
    append(&store, entry(named("a"), at(13))).await;
    assert!(!lives(&store, &first, at(14)).await);
}

/// S23, S15: whoever signed in while the breach lasted is hit, whoever shares with them is not.
pub async fn of_those_who_share_only_the_named_sign_in_lies_in_a_window(store: Arc<dyn Store>) {
    for (from, to, expected) in [(0, 9, (false, true)), (1, 10, (true, false)), (0, 10, (false, false))] {
        let (_, first, second) = two_who_share(&store).await;
        let window = Some(Window::new(at(from), at(to), at(11)).unwrap());
        append(&store, NewEntry { window, ..about("alice", at(11)) }).await;
        assert_eq!((lives(&store, &first, at(12)).await, lives(&store, &second, at(12)).await), expected);
        append(&store, about("alice", at(13))).await;
    }
}

/// S23, S13: nobody gets into what a cutoff ended, and what came after `as_of` hits the grant.
pub async fn a_session_that_is_cut_off_is_not_shared(store: Arc<dyn Store>) {
    let (session, ..) = two_who_share(&store).await;
    append(&store, about("alice", at(11))).await;
    let (new, _) = open(&store, sharing("c", at(12))).await;
    assert_ne!(new.id, session.id);
    let as_of = Some(head(&store).await);
    append(&store, about("bob", at(13))).await;
    let (same, grant, _) = shared(&store, NewSession { as_of, ..sharing("d", at(14)) }).await;
    assert_eq!((same.id, Some(grant.opened_position)), (new.id.clone(), as_of));
    append(&store, entry(Target::Session(new.id), at(15))).await;
    assert!(matches!(renewed(&store, &grant, 0, at(16)).await.verdict, Verdict::Over(_)));
}

/// S23: a password alone does not get the second factor of another sign-in.
pub async fn a_session_that_gives_more_is_replaced_and_not_shared(store: Arc<dyn Store>) {
    let mut strong = sharing("a", at(0));
    strong.session.methods = vec!["pwd".into(), "otp".into()];
    let (strong, _) = open(&store, strong).await;
    let (weak, _) = open(&store, sharing("b", at(1))).await;
    assert_eq!(replaced(&store, &strong).await, Some(ReplacedBy::of(&weak)));
    assert_eq!(live_devices(&store, at(2)).await, ["b"]);
}

/// S23: so a session does not grow with every sign-in.
pub async fn a_device_that_shares_again_holds_one_grant(store: Arc<dyn Store>) {
    let (session, first, second) = two_who_share(&store).await;
    let (_, again, _) = shared(&store, sharing("b", at(20))).await;
    let (_, own, _) = shared(&store, sharing("a", at(21))).await;
    for former in [&first, &second] {
        assert_eq!(store.grant(&former.id).await.unwrap(), None, "its refresh token names nothing any more");
    }
    assert!(lives(&store, &again, at(22)).await && lives(&store, &own, at(22)).await);
    // Another client on the same device is not touched.
    let join = Join { grant: grant(&session.id, "app", at(23)), limit: None, act: act(at(23)) };
    let Joined::Open { grant: app, .. } = store.join(join).await.unwrap() else { panic!("it is live") };
    shared(&store, sharing("a", at(24))).await;
    assert!(store.grant(&app.id).await.unwrap().is_some());
}

/// Contract: one more takes its place.
pub async fn a_shared_session_holds_a_hundred_grants(store: Arc<dyn Store>) {
    let (session, _) = open(&store, sharing("d0", at(0))).await;
    for number in 1..100 {
        let (same, ..) = shared(&store, sharing(&format!("d{number}"), at(number))).await;
        assert_eq!(same.id, session.id);
    }
    let (next, _) = open(&store, sharing("d100", at(100))).await;
    assert_eq!(replaced(&store, &session).await, Some(ReplacedBy::of(&next)));
}

/// Contract of `Idempotency`.
pub async fn a_repeated_sign_in_that_shares_is_one_grant(store: Arc<dyn Store>) {
    let (session, _) = open(&store, sharing("a", at(0))).await;
    let request = || NewSession { idempotency: Some(key("o", 1)), ..sharing("b", at(1)) };
    let (_, first, _) = shared(&store, request()).await;
    let again = store.open(request()).await.unwrap();
    let Opened::Before { session: same, grant } = again else { panic!("{again:?}") };
    assert_eq!((&same.id, *grant), (&session.id, first));
}

/// S23, S53: who joins names a session, and can not be given another.
pub async fn a_client_that_joins_shares_no_other_session(store: Arc<dyn Store>) {
    open(&store, sharing("a", at(0))).await;
    let mut other = sharing("b", at(1));
    other.grant.client = ClientId::new("app").unwrap();
    other.limit.as_mut().unwrap().clients = BTreeSet::from([other.grant.client.clone()]);
    let (other, _) = open(&store, other).await;
    let join = Join {
        grant: grant(&other.id, "web", at(2)),
        limit: Some(limit(1, Overflow::Share, at(2))),
        act: act(at(2)),
    };
    assert_eq!(store.join(join).await.unwrap(), Joined::LimitReached { live: 1 });
}

/// S23: of sign-ins that race one opens the session, and the others share it.
pub async fn sign_ins_that_race_share_one_session(store: Arc<dyn Store>) {
    let sign_ins = (0..32).map(|number| {
        let store = Arc::clone(&store);
        tokio::spawn(async move { store.open(sharing(&format!("d{number:02}"), at(1))).await.unwrap() })
    });
    let opened = all(sign_ins.collect::<Vec<_>>()).await;
    let first = opened.iter().filter(|opened| matches!(opened, Opened::Open { .. })).count();
    let rest = opened.iter().filter(|opened| matches!(opened, Opened::Shared { replaced: None, .. })).count();
    assert_eq!((first, rest), (1, 31));
    assert_eq!(live_devices(&store, at(2)).await.len(), 1);
}
