//! Forgetting what is over.

use std::sync::atomic::Ordering;

use super::RevocationState;
use crate::revocation::fact::Fact;
use crate::revocation::fact_table;
use crate::revocation::target_key::TargetKey;
use crate::time::Timestamp;

/// How many targets are purged before a waiting record gets its turn.
const PURGED_AT_ONCE: usize = 256;

impl RevocationState {
    /// Forgets every entry that no living token can be hit by: those whose `retain_until` is at or before
    /// `now`. Walks the whole state, some 50 ns an entry; readers are never stopped, the writer only for
    /// moments. Returns how many went, registrations left out.
    pub fn purge(&self, now: Timestamp) -> usize {
        self.lock().undone.purge(now);
        self.purge_registrations(now);
        let found = self.single.keys(|fact| fact.is_over(now) || fact.has_more());
        found.chunks(PURGED_AT_ONCE).map(|keys| self.purge_keys(keys, now)).sum()
    }

    fn purge_registrations(&self, now: Timestamp) {
        for keys in self.registry.over(now).chunks(PURGED_AT_ONCE) {
            let _writing = self.lock();
            self.registry.forget(keys, now);
        }
    }

    fn purge_keys(&self, keys: &[TargetKey], now: Timestamp) -> usize {
        let _writing = self.lock();
        let single = self.single.write();
        let gone = keys.iter().map(|key| self.purge_key(*key, now, &single)).sum();
        self.progress.live.store(self.live_entries().saturating_sub(gone), Ordering::Relaxed);
        gone
    }

    /// Looks afresh: between the walk and the lock the target may have got another entry.
    fn purge_key(&self, key: TargetKey, now: Timestamp, single: &fact_table::Writer<'_>) -> usize {
        match single.find(key) {
            Some(fact) if fact.has_more() => self.purge_many(key, now, single),
            Some(fact) if fact.is_over(now) => {
                single.remove(key);
                self.forget_details(key, fact);
                1
            }
            _ => 0,
        }
    }

    fn purge_many(&self, key: TargetKey, now: Timestamp, single: &fact_table::Writer<'_>) -> usize {
        let many = self.many.pin();
        let Some(facts) = many.get(&key) else { return 0 };
        let (over, kept): (Vec<Fact>, Vec<Fact>) = facts.iter().partition(|fact| fact.is_over(now));
        if over.is_empty() {
            return 0;
        }
        self.keep_of_many(key, kept, single);
        for fact in &over {
            self.forget_details(key, *fact);
        }
        over.len()
    }

    /// These are left of all entries about a target that had several: they take their place in one step.
    pub(super) fn keep_of_many(&self, key: TargetKey, kept: Vec<Fact>, single: &fact_table::Writer<'_>) {
        let many = self.many.pin();
        if kept.is_empty() {
            single.remove(key);
            many.remove(&key);
        } else {
            many.insert(key, kept.into());
        }
    }

    pub(super) fn forget_details(&self, key: TargetKey, fact: Fact) {
        if fact.is_detailed() {
            self.details.pin().remove(&(fact.position(), key));
        }
    }
}
