//! All watches of a verifier.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering, fence};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use quash_core::revocation::entry::Effect;
use quash_core::revocation::reason::Reason;
use quash_core::revocation::record::Record;
use quash_core::revocation::state::RevocationState;

use super::bell::Bell;
use super::index::{Index, Watched};
use super::{Watch, WatchEnd};
use crate::epoch::Epoch;
use crate::token::VerifiedToken;

/// How many records are told of before a waiting watch gets its turn.
const TOLD_AT_ONCE: usize = 256;

/// The registry of watches. Its lock is taken by watches and by entries, never by checks.
///
/// INVARIANT: no wake-up is lost. An entry is in force before the registry is told of it, and a watch is registered
/// before the state is asked; so an entry that the question misses finds the watch. Bells ring outside the lock.
#[derive(Default)]
pub(crate) struct Watches {
    live: AtomicUsize,
    index: Mutex<Index>,
}

impl Watches {
    /// Watches `token` by the entries of the epoch in force, which `epoch` gets.
    pub(super) fn register(self: &Arc<Self>, token: &VerifiedToken, epoch: impl Fn() -> Arc<Epoch>) -> Watch {
        let bell = Arc::new(Bell::default());
        let number = self.change(|index| {
            // Got under the lock: an epoch that comes later files this watch anew.
            let names = Watched::names_in(token.claims(), &epoch());
            let issuer = Arc::clone(token.trusted_issuer());
            index.insert(Watched { bell: Arc::clone(&bell), claims: token.claims().clone(), issuer, names })
        });
        fence(Ordering::SeqCst);
        if let Some(end) = self.judge(number, &epoch()) {
            self.forget(number);
            bell.ring(end);
        }
        Watch { bell, number, watches: Arc::clone(self) }
    }

    fn judge(&self, number: u64, epoch: &Epoch) -> Option<WatchEnd> {
        self.lock().get(number).and_then(|watched| watched.end_in(epoch))
    }

    /// Records were put in force in `state`. What is undone there wakes nobody. Costs one load when nobody watches.
    pub(crate) fn tell(&self, records: &[Record], state: &RevocationState) {
        fence(Ordering::SeqCst);
        if self.live.load(Ordering::Relaxed) == 0 {
            return;
        }
        records.chunks(TOLD_AT_ONCE).for_each(|records| self.tell_some(&state.standing(records)));
    }

    fn tell_some(&self, records: &[&Record]) {
        let ends = records.iter().copied().filter(|record| record.effect == Effect::End);
        let hit: Vec<_> = self.change(|index| {
            let hit = ends.map(|record| (record, index.take_hit(record)));
            hit.filter(|(_, watched)| !watched.is_empty()).collect()
        });
        for (record, watched) in hit {
            let end = WatchEnd { reason: record.reason.clone(), position: Some(record.position) };
            for watched in watched {
                watched.bell.ring(end.clone());
            }
        }
    }

    /// `epoch` was put in force: every watch is filed under its names there, and judged by all that is in force.
    pub(crate) fn move_to(&self, epoch: &Epoch) {
        let ended = self.change(|index| {
            index.move_to(epoch);
            index.take_where(|watched| watched.end_in(epoch))
        });
        for (watched, end) in ended {
            watched.bell.ring(end);
        }
    }

    pub(super) fn end_all(&self, reason: &Reason) {
        let end = WatchEnd { reason: reason.clone(), position: None };
        let all = self.change(Index::take_all);
        all.for_each(|watched| watched.bell.ring(end.clone()));
    }

    /// What is dropped is dropped outside the lock.
    pub(super) fn forget(&self, number: u64) {
        let gone = self.change(|index| index.remove(number));
        drop(gone);
    }

    pub(super) fn live(&self) -> usize {
        self.live.load(Ordering::Acquire)
    }

    fn change<T>(&self, change: impl FnOnce(&mut Index) -> T) -> T {
        let mut index = self.lock();
        let changed = change(&mut index);
        self.live.store(index.len(), Ordering::SeqCst);
        changed
    }

    fn lock(&self) -> MutexGuard<'_, Index> {
        // Nothing that panics runs under the lock.
        self.index.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Watches {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watches").field("live", &self.live()).finish_non_exhaustive()
    }
}
