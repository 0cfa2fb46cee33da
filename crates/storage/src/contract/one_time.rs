//! A one-time token is used once.

use std::sync::Arc;
use std::time::Duration;

use quash_core::revocation::target_key::TargetKey;
use quash_core::time::Timestamp;

use super::sample::{act, at};
use crate::ports::{Details, Spend, Spent, Store};

fn spend(token: u64, now: Timestamp, most: u64) -> Spend {
    Spend {
        token: TargetKey::from_halves([token, 7]),
        act: act(now),
        about: Details::new(),
        until: now.plus(Duration::from_secs(60)),
        most,
    }
}

/// Contract: of any number of parallel uses, exactly one is the first.
pub async fn of_sixty_four_parallel_uses_exactly_one_is_the_first(store: Arc<dyn Store>) {
    let uses: Vec<_> = (0..64_u64)
        .map(|number| {
            let store = Arc::clone(&store);
            tokio::spawn(async move { store.spend(spend(1, at(number), 1_000)).await.unwrap() })
        })
        .collect();
    let mut outcomes = Vec::new();
    for used in uses {
        outcomes.push(used.await.unwrap());
    }
    assert_eq!(outcomes.iter().filter(|outcome| **outcome == Spent::Now).count(), 1, "{outcomes:?}");
    assert!(matches!(store.spend(spend(1, at(70), 1_000)).await.unwrap(), Spent::Before { .. }));
    assert_eq!(store.spend(spend(2, at(70), 1_000)).await.unwrap(), Spent::Now, "another token");
}

/// Contract: a full store refuses, and forgets nothing to make room.
pub async fn a_full_store_of_used_tokens_refuses_and_evicts_nothing(store: Arc<dyn Store>) {
    for token in 0..3 {
        assert_eq!(store.spend(spend(token, at(0), 3)).await.unwrap(), Spent::Now);
    }
    assert_eq!(store.spend(spend(3, at(1), 3)).await.unwrap(), Spent::Full);
    for token in 0..3 {
        assert_eq!(store.spend(spend(token, at(1), 3)).await.unwrap(), Spent::Before { at: at(0) });
    }
    assert_eq!(store.spend(spend(3, at(1), 4)).await.unwrap(), Spent::Now, "a refused one was not used");
}

/// Contract: a use is remembered until `until` exactly, and a purge makes room again.
pub async fn a_use_is_forgotten_by_a_purge_at_its_end_and_not_before(store: Arc<dyn Store>) {
    store.spend(spend(1, at(0), 1)).await.unwrap();
    let just_before = Timestamp::from_milliseconds(at(60).milliseconds() - 1);
    assert_eq!(store.purge(just_before, Duration::ZERO).await.unwrap().one_time_tokens, 0);
    assert_eq!(store.spend(spend(1, just_before, 1)).await.unwrap(), Spent::Before { at: at(0) });
    assert_eq!(store.spend(spend(2, just_before, 1)).await.unwrap(), Spent::Full);
    assert_eq!(store.purge(at(60), Duration::ZERO).await.unwrap().one_time_tokens, 1);
    assert_eq!(store.spend(spend(2, at(60), 1)).await.unwrap(), Spent::Now);
}
