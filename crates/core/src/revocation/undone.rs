//! What was undone, for entries that come later than their undo, or come again.

use std::collections::BTreeMap;

use crate::position::Position;
use crate::revocation::record::Record;
use crate::revocation::target_key::TargetKey;
use crate::time::Timestamp;

/// Which entries were undone, by position and target, and until when that has to be known.
///
/// INVARIANT: an entry is known to be undone for as long as anybody may hold it; so it comes back by no snapshot, no
/// relay and no order of arrival. Whoever undoes an entry says how long that is: the undo outlives the entry.
#[derive(Default)]
pub(super) struct Undone(BTreeMap<(Position, TargetKey), Timestamp>);

impl Undone {
    /// The entry at `position` about `key` was undone, which has to be known until `until`.
    pub(super) fn remember(&mut self, position: Position, key: TargetKey, until: Timestamp) {
        let held = self.0.entry((position, key)).or_insert(until);
        *held = until.max(*held);
    }

    /// Whether `record` was undone.
    pub(super) fn holds(&self, record: &Record) -> bool {
        !self.0.is_empty() && self.0.contains_key(&(record.position, record.key))
    }

    /// Whether `record` was undone; then that is known at least until it is over.
    pub(super) fn covers(&mut self, record: &Record) -> bool {
        if self.0.is_empty() {
            return false;
        }
        let Some(until) = self.0.get_mut(&(record.position, record.key)) else { return false };
        *until = record.retain_until.max(*until);
        true
    }

    /// Forgets what is over at `now`: on or after the instant that it was to be known until.
    pub(super) fn purge(&mut self, now: Timestamp) {
        self.0.retain(|_, until| *until > now);
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}
