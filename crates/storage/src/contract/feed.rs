//! The log as followers read it.

use std::sync::Arc;

use quash_core::position::Position;
use quash_core::revocation::entry::NewEntry;
use quash_core::time::Timestamp;

use super::sample::{about, append, at, head};
use crate::ports::{FeedPage, Store};

async fn page(store: &Arc<dyn Store>, after: Position, now: Timestamp, limit: usize) -> FeedPage {
    store.feed_after(after, now, limit).await.unwrap()
}

fn positions(page: &FeedPage) -> Vec<Position> {
    page.records.iter().map(|record| record.position).collect()
}

/// Contract of `feed_after`: page after page, all of the log, each with the checksum of where it ends.
pub async fn pages_of_the_feed_follow_one_another_to_the_head(store: Arc<dyn Store>) {
    let origin = head(&store).await;
    let mut expected = Vec::new();
    let mut checksums = Vec::new();
    for step in 0..10 {
        expected.push(append(&store, about("alice", at(step))).await);
        checksums.push(store.head().await.unwrap().checksum);
    }
    let records = store.live_records_after(origin, at(10), 100).await.unwrap();
    for limit in [1, 3, 9, 10, 11] {
        let (mut after, mut seen) = (origin, Vec::new());
        while after < expected[9] {
            let page = page(&store, after, at(10), limit).await;
            assert!(page.records.len() <= limit && page.through > after, "{page:?}");
            let index = expected.iter().position(|position| *position == page.through).unwrap();
            assert_eq!(page.checksum, checksums[index]);
            after = page.through;
            seen.extend(page.records);
        }
        assert_eq!(seen, records, "by {limit}");
    }
    assert_eq!(page(&store, origin, at(10), 0).await, page(&store, origin, at(10), 1).await);
}

/// The same with more than a store keeps at hand.
pub async fn a_long_way_behind_the_pages_are_the_same(store: Arc<dyn Store>) {
    let origin = head(&store).await;
    let mut appends = tokio::task::JoinSet::new();
    for step in 0..1_500 {
        let store = Arc::clone(&store);
        appends.spawn(async move { append(&store, about("alice", at(step % 10))).await });
    }
    let mut expected = appends.join_all().await;
    expected.sort_unstable();
    let mut after = origin;
    let mut seen = Vec::new();
    while after < expected[1_499] {
        let page = page(&store, after, at(10), 400).await;
        assert_eq!(store.checksum_at(page.through).await.unwrap(), Some(page.checksum));
        seen.extend(positions(&page));
        after = page.through;
    }
    assert_eq!(seen, expected);
}

/// Contract of `feed_after`: what lies between two records can hit no living token; the page says how far it reaches
/// all the same.
pub async fn a_page_of_the_feed_passes_over_what_is_over(store: Arc<dyn Store>) {
    let origin = head(&store).await;
    let over = NewEntry { retain_until: at(50), ..about("alice", at(0)) };
    append(&store, over.clone()).await;
    let kept = append(&store, about("bob", at(0))).await;
    append(&store, over.clone()).await;
    let last = append(&store, over).await;
    let held = page(&store, origin, Timestamp::from_milliseconds(at(50).milliseconds() - 1), 10).await;
    assert_eq!((positions(&held).len(), held.through), (4, last));
    let end = store.head().await.unwrap();
    for limit in [1, 10] {
        let passed = page(&store, origin, at(50), limit).await;
        assert_eq!(positions(&passed), [kept]);
        assert_eq!((passed.through, passed.checksum), (last, end.checksum), "nothing is left beyond it");
    }
    let none = page(&store, kept, at(50), 10).await;
    assert_eq!((none.records.len(), none.through, none.checksum), (0, last, end.checksum));
    // Purged entries are no gap either.
    store.purge(at(60), std::time::Duration::ZERO).await.unwrap();
    assert_eq!(page(&store, origin, at(60), 10).await, page(&store, origin, at(50), 10).await);
}

/// Contract of `feed_after`: at the head, and for somebody who was ahead of a log that came back shorter.
pub async fn at_or_beyond_the_head_a_page_is_empty_and_says_where_the_head_is(store: Arc<dyn Store>) {
    let empty = |end: quash_core::position::Head| FeedPage {
        records: Vec::new(),
        through: end.position,
        checksum: end.checksum,
    };
    let fresh = store.head().await.unwrap();
    assert_eq!(page(&store, fresh.position, at(0), 10).await, empty(fresh));
    append(&store, about("alice", at(0))).await;
    let end = store.head().await.unwrap();
    for after in [end.position, end.position.next().unwrap(), Position::LAST] {
        assert_eq!(page(&store, after, at(0), 10).await, empty(end));
    }
}

/// Contract of `checksum_at`.
pub async fn a_checksum_is_known_wherever_the_log_still_has_an_entry(store: Arc<dyn Store>) {
    let origin = store.head().await.unwrap();
    let mut heads = vec![origin];
    for step in 0..3 {
        let fact = NewEntry { retain_until: at(100), enforce_until: at(200 + step), ..about("alice", at(0)) };
        append(&store, fact).await;
        heads.push(store.head().await.unwrap());
    }
    let beyond = heads[3].position.next().unwrap();
    let check = |expected: [bool; 4]| {
        let (store, heads) = (Arc::clone(&store), heads.clone());
        async move {
            for (end, known) in heads.iter().zip(expected) {
                let found = store.checksum_at(end.position).await.unwrap();
                // A store may remember more than it holds, but nothing else.
                let right = found == Some(end.checksum) || (!known && found.is_none());
                assert!(right, "at {}: {found:?}", end.position);
            }
            assert_eq!(store.checksum_at(beyond).await.unwrap(), None, "never reached");
            assert_eq!(store.checksum_at(Position::ZERO).await.unwrap(), None, "before the origin");
        }
    };
    check([true; 4]).await;
    // Set aside is not forgotten.
    store.purge(at(100), std::time::Duration::ZERO).await.unwrap();
    check([true; 4]).await;
    store.purge(at(201), std::time::Duration::ZERO).await.unwrap();
    check([true, false, false, true]).await;
    // The head's checksum is known without its entry.
    store.purge(at(300), std::time::Duration::ZERO).await.unwrap();
    check([true, false, false, true]).await;
}
