//! Limits on the sessions of one subject (S23, S24).

use std::collections::BTreeSet;
use std::num::NonZeroU32;
use std::sync::Arc;

use quash_core::ids::{ClientId, DeviceId};
use quash_core::revocation::reason::Reason;
use quash_core::revocation::target::Target;
use quash_core::session::grant::Grant;
use quash_core::session::policy::{Overflow, Per, ReplacedBy, SessionPolicy};
use quash_core::session::renewal::Verdict;
use quash_core::session::session::{Ending, Over, Session, SessionState};
use quash_core::time::Timestamp;

use super::concurrency::all;
use super::sample::{
    IDLE, about, act, append, at, cut, entry, grant, head, key, listed, open, renewed, sign_in, subject,
};
use crate::ports::{
    Filter, Join, Joined, NewSession, Opened, PageRequest, PlacesTaken, SessionLimit, StateFilter, Store,
};

/// `max` sessions at the client `web`.
pub(super) fn limit(max: u32, overflow: Overflow, now: Timestamp) -> SessionLimit {
    SessionLimit {
        policy: SessionPolicy { max: NonZeroU32::new(max).unwrap(), per: Per::Subject, overflow },
        clients: BTreeSet::from([ClientId::new("web").unwrap()]),
        retain_until: now.plus(std::time::Duration::from_secs(660)),
        actor: "cred_suite".into(),
    }
}

/// A sign-in of alice on `device` at `now`, within the limit.
/// A sign-in of alice on `device`, who may have `max` sessions.
pub fn on(device: &str, max: u32, overflow: Overflow, now: Timestamp) -> NewSession {
    let mut new = sign_in("alice", now);
    new.session.device.id = DeviceId::new(device).unwrap();
    NewSession { limit: Some(limit(max, overflow, now)), ..new }
}

/// The devices on which alice has live sessions, in the order of the alphabet.
pub(super) async fn live_devices(store: &Arc<dyn Store>, now: Timestamp) -> Vec<String> {
    let filter = Filter { subject: Some(subject("alice")), state: StateFilter::Active, ..Filter::default() };
    let page = store.sessions(&filter, &PageRequest { after: None, limit: 200, now }).await.unwrap();
    let mut devices: Vec<_> =
        page.items.into_iter().map(|listed| String::from(listed.session.device.id)).collect();
    devices.sort_unstable();
    devices
}

pub(super) async fn replaced(store: &Arc<dyn Store>, session: &Session) -> Option<ReplacedBy> {
    match listed(store, session).await.session.state {
        SessionState::Ended(Ending { replaced_by, .. }) => replaced_by.map(|by| *by),
        _ => None,
    }
}

/// S23: row, entry and log move together; the entry hits the old session and not the new one.
pub async fn an_opening_beyond_the_limit_ends_the_oldest_session_whole(store: Arc<dyn Store>) {
    let (old, old_grant) = open(&store, on("a", 1, Overflow::ReplaceOldest, at(0))).await;
    let before = head(&store).await;
    let opened = store.open(on("b", 1, Overflow::ReplaceOldest, at(5))).await.unwrap();
    let Opened::Open { session: new, grant: new_grant, replaced } = opened else { panic!("{opened:?}") };
    let through = before.next().unwrap();
    assert_eq!(replaced, Some(PlacesTaken { sessions: 1, through }));
    assert_eq!(head(&store).await, through, "one entry, and no gap");
    let reason = Reason::known(Reason::REPLACED);
    let ending = Ending {
        at: at(5),
        reason: reason.clone(),
        by: "cred_suite".into(),
        replaced_by: Some(Box::new(ReplacedBy::of(&new))),
    };
    assert_eq!(listed(&store, &old).await.session.state, SessionState::Ended(ending.clone()));
    let entry = store.entries_before(None, 1).await.unwrap().remove(0);
    assert_eq!((entry.position, &entry.fact.target), (through, &Target::Session(old.id)));
    assert_eq!((&entry.fact.reason, &*entry.fact.cause), (&reason, new.id.as_str()));
    // Its refresh token does not revive it; the newcomer is not hit.
    assert_eq!(renewed(&store, &old_grant, 0, at(6)).await.verdict, Verdict::Over(Over::Ended(ending)));
    assert_eq!(cut(&store, &new_grant, at(6)).await, None);
    assert_eq!(live_devices(&store, at(6)).await, ["b"]);
}

/// S24: a renewal is a use.
pub async fn idle_first_ends_the_session_unused_for_longest(store: Arc<dyn Store>) {
    let (_, oldest) = open(&store, on("a", 2, Overflow::ReplaceIdleFirst, at(0))).await;
    open(&store, on("b", 2, Overflow::ReplaceIdleFirst, at(1))).await;
    renewed(&store, &oldest, 0, at(2)).await;
    open(&store, on("c", 2, Overflow::ReplaceIdleFirst, at(3))).await;
    assert_eq!(live_devices(&store, at(4)).await, ["a", "c"]);
    open(&store, on("d", 2, Overflow::ReplaceOldest, at(5))).await;
    assert_eq!(live_devices(&store, at(6)).await, ["c", "d"]);
}

/// S24
pub async fn types_of_device_have_limits_of_their_own(store: Arc<dyn Store>) {
    let typed = |device: &str, kind: &str, now| {
        let mut new = on(device, 1, Overflow::ReplaceOldest, now);
        new.session.device.kind = Some(kind.into());
        new.limit.as_mut().unwrap().policy.per = Per::DeviceType;
        new
    };
    for (step, (device, kind)) in (0..).zip([("a", "phone"), ("b", "tv"), ("c", "phone"), ("d", "browser")]) {
        open(&store, typed(device, kind, at(step))).await;
    }
    assert_eq!(live_devices(&store, at(9)).await, ["b", "c", "d"]);
}

/// S24: by its own row, by a limit at its very instant, by a cutoff.
pub async fn what_is_over_or_cut_off_does_not_count(store: Arc<dyn Store>) {
    let (ended, _) = open(&store, on("ended", 9, Overflow::Refuse, at(0))).await;
    append(&store, entry(Target::Session(ended.id), at(1))).await;
    let late = at(0).plus(IDLE);
    open(&store, on("idle", 9, Overflow::Refuse, at(0))).await;
    let Opened::LimitReached { live: 1 } = store.open(on("new", 1, Overflow::Refuse, at(999))).await.unwrap()
    else {
        panic!("the session lives until its idle limit");
    };
    open(&store, on("new", 1, Overflow::Refuse, late)).await;
    append(&store, about("alice", late)).await;
    open(&store, on("newer", 1, Overflow::Refuse, late)).await;
    assert_eq!(live_devices(&store, late).await, ["newer"]);
}

/// S24: only sessions that a client of the limit holds a grant of.
pub async fn sessions_at_other_clients_do_not_count(store: Arc<dyn Store>) {
    let mut other = on("a", 1, Overflow::ReplaceOldest, at(0));
    other.grant.client = ClientId::new("app").unwrap();
    other.limit = None;
    open(&store, other).await;
    open(&store, on("b", 1, Overflow::Refuse, at(1))).await;
    assert_eq!(live_devices(&store, at(2)).await, ["a", "b"]);
    // Where both share a limit, both count.
    let mut both = on("c", 2, Overflow::ReplaceOldest, at(3));
    both.limit.as_mut().unwrap().clients.insert(ClientId::new("app").unwrap());
    open(&store, both).await;
    assert_eq!(live_devices(&store, at(4)).await, ["b", "c"]);
}

/// S23: so two devices do not knock each other out, and one does not use two places.
pub async fn a_device_that_signs_in_again_takes_its_own_place(store: Arc<dyn Store>) {
    open(&store, on("a", 2, Overflow::ReplaceOldest, at(0))).await;
    for now in 1..=3 {
        for overflow in [Overflow::ReplaceOldest, Overflow::ReplaceIdleFirst, Overflow::Refuse] {
            let (session, _) = open(&store, on("b", 2, overflow, at(now))).await;
            assert_eq!(live_devices(&store, at(now)).await, ["a", "b"]);
            let again = open(&store, on("b", 2, overflow, at(now))).await.0;
            assert_eq!(replaced(&store, &session).await, Some(ReplacedBy::of(&again)));
        }
    }
}

/// S23, S24: no session, no entry, no row for the idempotency key, whose retry is judged anew.
pub async fn a_refused_opening_writes_nothing(store: Arc<dyn Store>) {
    let (first, _) = open(&store, on("a", 1, Overflow::Refuse, at(0))).await;
    let before = store.head().await.unwrap();
    let second = NewSession { idempotency: Some(key("o", 1)), ..on("b", 1, Overflow::Refuse, at(1)) };
    for _ in 0..2 {
        assert_eq!(store.open(second.clone()).await.unwrap(), Opened::LimitReached { live: 1 });
    }
    assert_eq!(store.head().await.unwrap(), before);
    assert_eq!(store.session(&second.session.id).await.unwrap(), None);
    append(&store, entry(Target::Session(first.id), at(2))).await;
    open(&store, second).await;
}

/// Contract of `Idempotency`: the same session, and no other session loses its place.
pub async fn a_repeated_opening_ends_nothing_more(store: Arc<dyn Store>) {
    open(&store, on("a", 2, Overflow::ReplaceOldest, at(0))).await;
    open(&store, on("b", 2, Overflow::ReplaceOldest, at(1))).await;
    let request =
        || NewSession { idempotency: Some(key("o", 1)), ..on("c", 2, Overflow::ReplaceOldest, at(2)) };
    let (opened, _) = open(&store, request()).await;
    let after = store.head().await.unwrap();
    for _ in 0..3 {
        let Opened::Before { session, .. } = store.open(request()).await.unwrap() else { panic!("repeated") };
        assert_eq!(session.id, opened.id);
    }
    assert_eq!(store.head().await.unwrap(), after);
    assert_eq!(live_devices(&store, at(3)).await, ["b", "c"]);
}

/// S23: what is replaced is named session by session, so a sign-in that was under way is not hit.
pub async fn a_sign_in_that_read_the_head_before_a_replacement_lives(store: Arc<dyn Store>) {
    open(&store, on("a", 1, Overflow::ReplaceOldest, at(0))).await;
    let as_of = Some(head(&store).await);
    open(&store, on("b", 1, Overflow::ReplaceOldest, at(1))).await;
    let under_way = NewSession { as_of, ..on("c", 1, Overflow::ReplaceOldest, at(2)) };
    let (_, grant) = open(&store, under_way).await;
    assert_eq!(cut(&store, &grant, at(3)).await, None);
    assert_eq!(live_devices(&store, at(3)).await, ["c"]);
}

/// S23: whoever signs in with the old password while it is changed knocks nobody out.
pub async fn a_sign_in_that_is_cut_off_at_once_takes_no_place(store: Arc<dyn Store>) {
    let as_of = Some(head(&store).await);
    append(&store, about("alice", at(0))).await;
    let (_, kept) = open(&store, on("a", 1, Overflow::ReplaceOldest, at(1))).await;
    let late = NewSession { as_of, ..on("thief", 1, Overflow::ReplaceOldest, at(2)) };
    let (_, grant) = open(&store, late).await;
    assert!(cut(&store, &grant, at(3)).await.is_some());
    assert_eq!(cut(&store, &kept, at(3)).await, None);
    assert_eq!(live_devices(&store, at(3)).await, ["a"]);
}

/// S24: in one transaction, an entry for each.
pub async fn a_lowered_limit_is_reached_at_the_next_sign_in(store: Arc<dyn Store>) {
    for number in 0..20 {
        let mut new = on(&format!("d{number:02}"), 1, Overflow::ReplaceOldest, at(number));
        new.limit = None;
        open(&store, new).await;
    }
    let before = head(&store).await.number();
    open(&store, on("new", 3, Overflow::ReplaceOldest, at(30))).await;
    assert_eq!(head(&store).await.number(), before + 18);
    assert_eq!(live_devices(&store, at(30)).await, ["d18", "d19", "new"]);
}

/// S24, S53: single sign-on is no way around a limit.
pub async fn a_client_that_joins_makes_the_session_count(store: Arc<dyn Store>) {
    let at_app = |device: &str, now| {
        let mut new = on(device, 1, Overflow::Refuse, now);
        new.grant.client = ClientId::new("app").unwrap();
        new.limit = None;
        new
    };
    let web = ClientId::new("web").unwrap();
    let (first, _) = open(&store, on("a", 1, Overflow::Refuse, at(0))).await;
    let (second, _) = open(&store, at_app("b", at(1))).await;
    let join = |session: &Session, overflow, now| {
        let grant = Grant { client: web.clone(), ..grant(&session.id, "web", now) };
        Join { grant, limit: Some(limit(1, overflow, now)), act: act(now) }
    };
    let refused = store.join(join(&second, Overflow::Refuse, at(2))).await.unwrap();
    assert_eq!(refused, Joined::LimitReached { live: 1 });
    assert_eq!(listed(&store, &second).await.clients.len(), 1);
    // The session that counts already needs no room.
    let more = store.join(join(&first, Overflow::Refuse, at(3))).await.unwrap();
    assert!(matches!(more, Joined::Open { replaced: None, .. }), "{more:?}");
    let taken = store.join(join(&second, Overflow::ReplaceOldest, at(4))).await.unwrap();
    assert!(
        matches!(taken, Joined::Open { replaced: Some(PlacesTaken { sessions: 1, .. }), .. }),
        "{taken:?}"
    );
    assert_eq!(replaced(&store, &first).await, Some(ReplacedBy::of(&second)));
    assert_eq!(live_devices(&store, at(5)).await, ["b"]);
}

async fn race(store: &Arc<dyn Store>, overflow: Overflow) -> Vec<Opened> {
    let sign_ins = (0..32).map(|number| {
        let store = Arc::clone(store);
        tokio::spawn(
            async move { store.open(on(&format!("d{number:02}"), 3, overflow, at(1))).await.unwrap() },
        )
    });
    all(sign_ins.collect::<Vec<_>>()).await
}

/// S24: two sign-ins at the limit can not both pass.
pub async fn sign_ins_that_race_leave_exactly_the_limit(store: Arc<dyn Store>) {
    let before = head(&store).await.number();
    let opened = race(&store, Overflow::ReplaceOldest).await;
    assert!(opened.iter().all(|opened| matches!(opened, Opened::Open { .. })), "{opened:?}");
    assert_eq!(live_devices(&store, at(2)).await.len(), 3);
    assert_eq!(head(&store).await.number(), before + 29, "each lost place is one entry");
}

/// S24: and where the policy refuses, exactly as many pass as there are places.
pub async fn sign_ins_that_race_are_refused_beyond_the_limit(store: Arc<dyn Store>) {
    let before = store.head().await.unwrap();
    let opened = race(&store, Overflow::Refuse).await;
    let passed = opened.iter().filter(|opened| matches!(opened, Opened::Open { .. })).count();
    let refused = opened.iter().filter(|opened| matches!(opened, Opened::LimitReached { live: 3 })).count();
    assert_eq!((passed, refused), (3, 29));
    assert_eq!(live_devices(&store, at(2)).await.len(), 3);
    assert_eq!(store.head().await.unwrap(), before);
}
