//! One of the table's shards: open addressing over groups of eight places.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use super::super::fact::Fact;
use super::place::Place;
use super::tags::{TOGETHER, Tags, tag_of};
use crate::revocation::target_key::TargetKey;

/// How many places one block holds: 2 KiB.
const BLOCK: usize = 64;

/// A shard of fixed size. Clones share one memory.
#[derive(Clone)]
pub(super) struct Shard {
    tags: Arc<[AtomicU64]>,
    /// In blocks of one size, so that what one shard has outgrown another grows into.
    places: Arc<[Box<[Place]>]>,
    /// Places that hold a key or held one.
    used: Arc<AtomicUsize>,
}

fn tag_of_key(key: TargetKey) -> u8 {
    let [_, second] = key.halves();
    let [bits, ..] = second.to_le_bytes();
    tag_of(bits)
}

impl Shard {
    /// A shard of at least `places` places, in whole blocks; none at all for zero.
    pub(super) fn of_places(places: usize) -> Self {
        let blocks = places.div_ceil(BLOCK);
        let block = || (0..BLOCK).map(|_| Place::default()).collect();
        Self {
            tags: (0..blocks * BLOCK / TOGETHER).map(|_| AtomicU64::default()).collect(),
            places: (0..blocks).map(|_| block()).collect(),
            used: Arc::default(),
        }
    }

    /// Whether `key` may be here, from the one word of tags that its search begins at.
    #[inline]
    pub(super) fn may_hold(&self, key: TargetKey) -> bool {
        self.tags_of(self.home(key)).is_some_and(|tags| tags.may_lead_to(tag_of_key(key)))
    }

    /// The place of `key`.
    #[inline]
    pub(super) fn find(&self, key: TargetKey) -> Option<&Place> {
        let (tag, home) = (tag_of_key(key), self.home(key));
        let mut group = home;
        loop {
            let tags = self.tags_of(group)?;
            for number in tags.candidates(tag) {
                let place = self.place(group, number)?;
                if place.key() == key {
                    return Some(place);
                }
            }
            group = self.next(group);
            // One round at most: a shard is never full, but nothing here depends on it.
            if tags.first_empty().is_some() || group == home {
                return None;
            }
        }
    }

    /// The group that a search goes on to.
    fn next(&self, group: usize) -> usize {
        if group + 1 == self.tags.len() { 0 } else { group + 1 }
    }

    /// The group that the search for `key` begins at: 32 bits of the key, scaled to the number of groups.
    fn home(&self, key: TargetKey) -> usize {
        let [first, _] = key.halves();
        let bits = first << 8 >> 32;
        ((bits * self.tags.len() as u64) >> 32) as usize
    }

    fn tags_of(&self, group: usize) -> Option<Tags> {
        // Acquire: whoever sees a tag sees the place that it leads to.
        self.tags.get(group).map(|tags| Tags(tags.load(Ordering::Acquire)))
    }

    fn set_tags(&self, group: usize, tags: Tags) {
        if let Some(held) = self.tags.get(group) {
            held.store(tags.0, Ordering::Release);
        }
    }

    fn place(&self, group: usize, place: usize) -> Option<&Place> {
        let number = group * TOGETHER + place;
        self.places.get(number / BLOCK)?.get(number % BLOCK)
    }

    /// Adds a key that is not there; `false` when the shard must grow first: at 13 of 16 places used, where one
    /// search in seven meets a group without an empty place.
    pub(super) fn insert(&self, key: TargetKey, fact: Fact) -> bool {
        let used = self.used.load(Ordering::Relaxed);
        if (used + 1) * 16 > self.room() * 13 {
            return false;
        }
        let Some((group, place)) = self.free(key) else { return false };
        let (Some(tags), Some(held)) = (self.tags_of(group), self.place(group, place)) else { return false };
        held.fill(key, fact);
        self.set_tags(group, tags.with(place, tag_of_key(key)));
        self.used.store(used + 1, Ordering::Relaxed);
        true
    }

    /// The first empty place on the way of `key`.
    fn free(&self, key: TargetKey) -> Option<(usize, usize)> {
        let mut group = self.home(key);
        for _ in 0..self.tags.len() {
            if let Some(place) = self.tags_of(group)?.first_empty() {
                return Some((group, place));
            }
            group = self.next(group);
        }
        None
    }

    /// Removes a key. Its place stays unused until the shard is made anew.
    pub(super) fn remove(&self, key: TargetKey) {
        let Some(held) = self.find(key) else { return };
        held.empty();
        let mut group = self.home(key);
        for _ in 0..self.tags.len() {
            let is_held =
                |place: &usize| self.place(group, *place).is_some_and(|other| std::ptr::eq(other, held));
            if let (Some(place), Some(tags)) = ((0..TOGETHER).find(is_held), self.tags_of(group)) {
                self.set_tags(group, tags.without(place));
                return;
            }
            group = self.next(group);
        }
    }

    /// Whether so many keys fit, if none of them is gone.
    pub(super) fn has_room_for(&self, keys: usize) -> bool {
        keys * 16 <= self.room() * 13
    }

    /// The same keys in a shard with a third more room than they need, places of gone keys freed.
    pub(super) fn grown(&self) -> Self {
        let held = (0..self.tags.len()).map(|group| self.taken(group).count()).sum::<usize>();
        self.moved_to((held + 1) * 4 / 3 + 1)
    }

    /// The same keys, no more than `keys` of them, in a shard that has room for so many.
    pub(super) fn of_keys(&self, keys: usize) -> Self {
        self.moved_to((keys * 16).div_ceil(13))
    }

    fn moved_to(&self, places: usize) -> Self {
        let grown = Self::of_places(places);
        for group in 0..self.tags.len() {
            for place in self.taken(group) {
                if let Some(fact) = place.fact() {
                    grown.insert(place.key(), fact);
                }
            }
        }
        grown
    }

    /// The places of a group that hold a key.
    fn taken(&self, group: usize) -> impl Iterator<Item = &Place> {
        let tags = self.tags_of(group).unwrap_or(Tags(0));
        (0..TOGETHER)
            .filter(move |place| tags.is_taken(*place))
            .filter_map(move |place| self.place(group, place))
    }

    /// How many places there are.
    pub(super) fn room(&self) -> usize {
        self.tags.len() * TOGETHER
    }

    /// All keys and their facts.
    pub(super) fn places(&self) -> impl Iterator<Item = (TargetKey, Fact)> {
        let taken = (0..self.tags.len()).flat_map(|group| self.taken(group));
        taken.filter_map(|place| Some((place.key(), place.fact()?)))
    }
}
