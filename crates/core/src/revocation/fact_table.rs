//! The live entries by target: one writer, many readers that take no lock.
//!
//! ```text
//!   shard (of 256) ──▶ tags    one byte a place, eight places a word: empty, gone, or a part of the key
//!                  └─▶ places  32 bytes each: the key and the fact
//! ```
//!
//! A miss, the answer to nearly every question, costs one cache line: the word of tags. Tables grow a shard at a
//! time, so that the writer never pauses for long, and by so little that an entry takes 38 to 50 bytes.

mod place;
mod shard;
mod tags;

use std::sync::Arc;

use arc_swap::{ArcSwap, Guard};

use self::shard::Shard;
use super::fact::Fact;
use crate::revocation::target_key::TargetKey;

const SHARDS: usize = 256;

/// All facts by key.
///
/// INVARIANT: within one shard a place never changes its key, and its fact only ever gains "more" or goes; so a
/// reader can not mix two entries. Whoever starts to [`read`](Self::read) after a change finds it.
pub(super) struct FactTable {
    shards: ArcSwap<Shards>,
}

type Shards = Box<[Shard]>;

/// The table as it stood when the reader was made, with later changes in place.
pub(super) struct Reader(Guard<Arc<Shards>>);

impl Reader {
    /// Whether there may be a fact about `key`; "no" is sure. One read of memory, which does not wait for others
    /// of its kind.
    #[inline]
    pub(super) fn may_hold(&self, key: TargetKey) -> bool {
        self.0.get(shard_of(key)).is_some_and(|shard| shard.may_hold(key))
    }

    /// The fact about `key`.
    pub(super) fn find(&self, key: TargetKey) -> Option<Fact> {
        self.0.get(shard_of(key))?.find(key)?.fact()
    }
}

/// Eight bits of the key that neither its home in the shard nor its tag are made of.
fn shard_of(key: TargetKey) -> usize {
    (key.halves()[0] >> 56) as usize
}

impl FactTable {
    /// An empty table.
    pub(super) fn new() -> Self {
        Self { shards: ArcSwap::from_pointee((0..SHARDS).map(|_| Shard::of_places(0)).collect()) }
    }

    /// Reads from now on. Keep it for one decision only: it holds back outgrown shards.
    pub(super) fn read(&self) -> Reader {
        Reader(self.shards.load())
    }

    /// Writes from now on. INVARIANT: whoever has a writer holds the state's one writer lock.
    pub(super) fn write(&self) -> Writer<'_> {
        Writer { table: self, shards: self.shards.load() }
    }

    /// The keys whose facts are `wanted`, as the walk finds them; the writer may go on meanwhile.
    pub(super) fn keys(&self, wanted: impl Fn(Fact) -> bool) -> Vec<TargetKey> {
        let shards = self.shards.load_full();
        let places = shards.iter().flat_map(Shard::places);
        places.filter(|(_, fact)| wanted(*fact)).map(|(key, _)| key).collect()
    }
}

/// The writing half.
pub(super) struct Writer<'t> {
    table: &'t FactTable,
    shards: Guard<Arc<Shards>>,
}

impl Writer<'_> {
    fn shard(&self, key: TargetKey) -> Option<&Shard> {
        self.shards.get(shard_of(key))
    }

    /// The fact about `key`.
    pub(super) fn find(&self, key: TargetKey) -> Option<Fact> {
        self.shard(key)?.find(key)?.fact()
    }

    /// Adds a key that is not there yet.
    pub(super) fn insert(&mut self, key: TargetKey, fact: Fact) {
        while !self.shard(key).is_none_or(|shard| shard.insert(key, fact)) {
            self.grow(key);
        }
    }

    /// Gives more room to the shard of `key`.
    #[cold]
    fn grow(&mut self, key: TargetKey) {
        let mut shards: Shards = self.shards.to_vec().into();
        if let Some(shard) = shards.get_mut(shard_of(key)) {
            *shard = shard.grown();
        }
        self.table.shards.store(Arc::new(shards));
        self.shards = self.table.shards.load();
    }

    /// Makes room for `keys` keys in all at once. Nearly all shards get no more than twice the deviation beyond their
    /// share; those that do grow.
    pub(super) fn reserve(&mut self, keys: usize) {
        let share = keys.div_ceil(SHARDS);
        let keys = share + 2 * share.isqrt();
        let with_room =
            |shard: &Shard| if shard.has_room_for(keys) { shard.clone() } else { shard.of_keys(keys) };
        let shards: Shards = self.shards.iter().map(with_room).collect();
        self.table.shards.store(Arc::new(shards));
        self.shards = self.table.shards.load();
    }

    /// Says that there are more facts about `key` than this table holds.
    pub(super) fn mark_more(&self, key: TargetKey) {
        if let Some(place) = self.shard(key).and_then(|shard| shard.find(key)) {
            place.mark_more();
        }
    }

    /// Removes a key.
    pub(super) fn remove(&self, key: TargetKey) {
        if let Some(shard) = self.shard(key) {
            shard.remove(key);
        }
    }
}

#[cfg(test)]
mod tests;
