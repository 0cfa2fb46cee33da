//! One key and its fact, written by one and read by many.

use std::sync::atomic::{AtomicU64, Ordering};

use super::super::fact::Fact;
use crate::revocation::target_key::TargetKey;

/// Half a cache line, and never across two.
///
/// INVARIANT: the key and the times are written before the tag that leads here, and never again. The head is zero
/// when the fact is gone.
#[derive(Default)]
#[repr(align(32))]
pub(super) struct Place {
    key: [AtomicU64; 2],
    head: AtomicU64,
    times: AtomicU64,
}

impl Place {
    /// Fills a place that no tag leads to yet.
    pub(super) fn fill(&self, key: TargetKey, fact: Fact) {
        let [first, second] = key.halves();
        let [first_held, second_held] = &self.key;
        let [head, times] = fact.words();
        first_held.store(first, Ordering::Relaxed);
        second_held.store(second, Ordering::Relaxed);
        self.times.store(times, Ordering::Relaxed);
        self.head.store(head, Ordering::Relaxed);
    }

    pub(super) fn key(&self) -> TargetKey {
        let [first, second] = &self.key;
        TargetKey::from_halves([first.load(Ordering::Relaxed), second.load(Ordering::Relaxed)])
    }

    /// The fact, unless it is gone.
    pub(super) fn fact(&self) -> Option<Fact> {
        let head = self.head.load(Ordering::Acquire);
        (head != 0).then(|| Fact::from_words([head, self.times.load(Ordering::Relaxed)]))
    }

    pub(super) fn mark_more(&self) {
        if let Some(fact) = self.fact() {
            let [head, _] = fact.with_more().words();
            self.head.store(head, Ordering::Release);
        }
    }

    pub(super) fn empty(&self) {
        self.head.store(0, Ordering::Release);
    }
}
