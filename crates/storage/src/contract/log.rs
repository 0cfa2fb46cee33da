//! The log: order, content, checksum, reading, counting.

use std::sync::Arc;

use quash_core::ids::{ClientId, DeviceId, KeyId, SessionId, TokenId};
use quash_core::position::Position;
use quash_core::revocation::entry::{Effect, Entry, Exception, NewEntry, Window};
use quash_core::revocation::target::Target;
use quash_core::time::Timestamp;
use quash_core::verified::TokenDigest;

use super::sample::{about, append, appended, at, entry, head, open, other_issuer, sign_in, signed_in};
use crate::ports::{Append, Appended, Store};

/// Contract "gapless".
pub async fn positions_follow_one_another_from_the_origin(store: Arc<dyn Store>) {
    let origin = store.identity().await.unwrap().origin;
    assert_eq!(head(&store).await, origin, "an empty log stands at its origin");
    let mut seen = store.head_changes();
    assert_eq!(*seen.borrow_and_update(), origin);
    for step in 1..=20 {
        let position = append(&store, about("alice", at(step))).await;
        assert_eq!(position.number(), origin.number() + step);
        assert_eq!(head(&store).await, position);
        assert_eq!(*seen.borrow_and_update(), position);
    }
}

fn every_kind() -> Vec<Target> {
    let subject = super::sample::subject("alice");
    vec![
        Target::Token(TokenId::new("tok_1").unwrap()),
        Target::TokenDigest(TokenDigest([7; 32])),
        Target::Session(SessionId::new("ses_1").unwrap()),
        Target::Key(KeyId::new("key_1").unwrap()),
        Target::Subject(subject.clone()),
        Target::Device { subject, device: DeviceId::new("phone").unwrap() },
        Target::Client(ClientId::new("web").unwrap()),
        Target::Claim { name: "role".into(), value: "admin".into() },
        Target::Issuer,
    ]
}

/// What is read is what was appended, for each kind of target and each option.
pub async fn an_entry_keeps_every_field(store: Arc<dyn Store>) {
    let mut expected = Vec::new();
    for target in every_kind() {
        let plain = entry(target, at(50));
        let window = Window::new(at(1), at(40), at(50)).unwrap();
        let spared = Exception::Session(SessionId::new("ses_2").unwrap());
        let narrowed = NewEntry {
            window: Some(window),
            exception: Some(spared),
            issuer: other_issuer(),
            ..plain.clone()
        };
        let token = Exception::Token(TokenId::new("tok_2").unwrap());
        let stale = NewEntry {
            effect: Effect::Refresh,
            exception: Some(token),
            retain_until: Timestamp::FOREVER,
            enforce_until: Timestamp::EPOCH,
            ..plain.clone()
        };
        for fact in [plain, narrowed, stale] {
            let position = append(&store, fact.clone()).await;
            expected.push(Entry { position, fact });
        }
    }
    let live = store.live_after(Position::ZERO, at(50), 1_000).await.unwrap();
    assert_eq!(live, expected);
    let key = store.identity().await.unwrap().key;
    let records: Vec<_> = expected.iter().map(|entry| entry.record(&key)).collect();
    assert_eq!(store.live_records_after(Position::ZERO, at(50), 1_000).await.unwrap(), records);
    expected.reverse();
    assert_eq!(store.entries_before(None, 1_000).await.unwrap(), expected);
}

/// Contract "chained".
pub async fn the_checksum_moves_with_each_entry_and_with_nothing_else(store: Arc<dyn Store>) {
    let mut seen = vec![store.head().await.unwrap().checksum];
    for step in 0..5 {
        append(&store, about("alice", at(step))).await;
        seen.push(store.head().await.unwrap().checksum);
    }
    let mut distinct = seen.clone();
    distinct.sort_unstable_by_key(|checksum| checksum.0);
    distinct.dedup();
    assert_eq!(distinct.len(), seen.len(), "no checksum comes twice");
    signed_in(&store, "alice", at(10)).await;
    store.purge(at(1_000_000), std::time::Duration::ZERO).await.unwrap();
    assert_eq!(store.head().await.unwrap().checksum, seen[5]);
}

/// Contract of `live_after`.
pub async fn live_entries_come_in_order_up_to_the_limit(store: Arc<dyn Store>) {
    let origin = head(&store).await;
    let mut positions = Vec::new();
    for step in 0..10 {
        positions.push(append(&store, about("alice", at(step))).await);
    }
    let read = |after, limit| {
        let store = Arc::clone(&store);
        async move {
            let entries = store.live_after(after, at(10), limit).await.unwrap();
            let records = store.live_records_after(after, at(10), limit).await.unwrap();
            assert!(
                entries.iter().map(|entry| entry.position).eq(records.iter().map(|record| record.position))
            );
            entries.iter().map(|entry| entry.position).collect::<Vec<_>>()
        }
    };
    assert_eq!(read(origin, 3).await, positions[..3]);
    assert_eq!(read(positions[2], 100).await, positions[3..]);
    assert_eq!(read(Position::ZERO, 100).await, positions);
    assert!(read(positions[9], 100).await.is_empty());
    assert!(read(Position::LAST, 100).await.is_empty());
}

/// Contract of `live_after`: `retain_until` beyond `now`. At `retain_until` exactly it is not (S10).
pub async fn an_entry_is_live_until_its_retention_ends(store: Arc<dyn Store>) {
    let fact = about("alice", at(0));
    let retain_until = fact.retain_until;
    let origin = head(&store).await;
    append(&store, fact).await;
    let live_at = |now| {
        let store = Arc::clone(&store);
        async move {
            let records = store.live_records_after(origin, now, 10).await.unwrap().len();
            assert_eq!(store.live_after(origin, now, 10).await.unwrap().len(), records);
            records
        }
    };
    let just_before = Timestamp::from_milliseconds(retain_until.milliseconds() - 1);
    assert_eq!(live_at(just_before).await, 1);
    assert_eq!(live_at(retain_until).await, 0);
}

/// Contract of `entries_before`.
pub async fn entries_are_paged_newest_first(store: Arc<dyn Store>) {
    let mut positions = Vec::new();
    for step in 0..7 {
        positions.push(append(&store, about("alice", at(step))).await);
    }
    positions.reverse();
    let mut paged = Vec::new();
    let mut before = None;
    loop {
        let page = store.entries_before(before, 3).await.unwrap();
        let Some(last) = page.last() else { break };
        before = Some(last.position);
        paged.extend(page.iter().map(|entry| entry.position));
        // What is appended meanwhile is newer than every page to come.
        append(&store, about("bob", at(100))).await;
    }
    assert_eq!(paged, positions);
}

/// Contract of `Append::expect_max`.
pub async fn expect_max_refuses_what_matches_too_much(store: Arc<dyn Store>) {
    for _ in 0..3 {
        signed_in(&store, "alice", at(0)).await;
    }
    signed_in(&store, "bob", at(0)).await;
    let before = store.head().await.unwrap();
    let limited = |max| Append { expect_max: Some(max), ..Append::new(about("alice", at(1))) };
    assert_eq!(store.append(limited(2)).await.unwrap(), Appended::TooMany { matched: 3 });
    assert_eq!(store.head().await.unwrap(), before, "a refused entry is not in the log");
    let Appended::At { matched, .. } = store.append(limited(3)).await.unwrap() else {
        panic!("three match, three are allowed")
    };
    assert_eq!(matched, Some(3));
    let Appended::At { matched, .. } = store.append(limited(0)).await.unwrap() else {
        panic!("what is cut off already is not live")
    };
    assert_eq!(matched, Some(0));
    assert!(matches!(appended(&store, about("alice", at(1))).await, Appended::At { matched: None, .. }));
}

/// Contract of `count_matching`.
pub async fn matching_sessions_are_counted_for_every_kind_of_target(store: Arc<dyn Store>) {
    let mut admin = sign_in("alice", at(0));
    admin.session.claims.insert("role".into(), serde_json::json!(["user", "admin"]));
    let (session, _) = open(&store, admin).await;
    let mut tablet = sign_in("alice", at(0));
    tablet.session.device.id = DeviceId::new("tablet").unwrap();
    tablet.grant.client = ClientId::new("app").unwrap();
    open(&store, tablet).await;
    signed_in(&store, "bob", at(0)).await;
    let mut idle = sign_in("carol", at(0));
    idle.session.idle_limit = std::time::Duration::ZERO;
    open(&store, idle).await;

    let expected = [0, 0, 0, 0, 2, 1, 2, 1, 3];
    for (target, expected) in every_kind().into_iter().zip(expected) {
        let question = entry(target, at(1));
        assert_eq!(store.count_matching(&question).await.unwrap(), expected, "{question:?}");
    }
    let count = |entry: NewEntry| {
        let store = Arc::clone(&store);
        async move { store.count_matching(&entry).await.unwrap() }
    };
    assert_eq!(count(entry(Target::Session(session.id.clone()), at(1))).await, 1);
    assert_eq!(count(NewEntry { issuer: other_issuer(), ..about("alice", at(1)) }).await, 0);
    assert_eq!(count(NewEntry { effect: Effect::Refresh, ..about("alice", at(1)) }).await, 2);
    let spared = Some(Exception::Session(session.id));
    assert_eq!(count(NewEntry { exception: spared, ..about("alice", at(1)) }).await, 1);
    let window = Some(Window::new(at(1), at(1), at(1)).unwrap());
    assert_eq!(count(NewEntry { window, ..about("alice", at(1)) }).await, 0);
}
