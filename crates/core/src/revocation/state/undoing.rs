//! Taking one entry back.

use std::sync::atomic::Ordering;

use super::{Lately, RevocationState};
use crate::planted::{self, Bug};
use crate::position::Position;
use crate::revocation::fact::Fact;
use crate::revocation::fact_table;
use crate::revocation::record::Record;
use crate::revocation::target_key::TargetKey;

impl RevocationState {
    /// Takes back the entry at `position` about the target of `undo`, and no other.
    ///
    /// INVARIANT: the marks stay. They say from where on a token has to be looked up, and the look-up tells what is
    /// gone. A reader finds all entries of the target, or all but that one.
    pub(super) fn undo(
        &self,
        undo: &Record,
        position: Position,
        lately: &mut Lately,
        single: &fact_table::Writer<'_>,
    ) {
        let held = self.take_out(undo.key, position.number(), single);
        if planted::is(Bug::UndoDropsOlder) {
            self.take_out_older(undo.key, position.number(), single);
        }
        let until = held.map_or(undo.retain_until, |fact| fact.over_at().max(undo.retain_until));
        lately.undone.remember(position, undo.key, until);
        let gone = usize::from(held.is_some());
        self.progress.live.store(self.live_entries().saturating_sub(gone), Ordering::Relaxed);
    }

    /// Removes one fact.
    fn take_out(&self, key: TargetKey, position: u64, single: &fact_table::Writer<'_>) -> Option<Fact> {
        let held = single.find(key)?;
        let gone = if held.has_more() {
            let many = self.many.pin();
            let facts = many.get(&key)?;
            let gone = facts.iter().copied().find(|fact| fact.position() == position)?;
            let kept = facts.iter().copied().filter(|fact| *fact != gone).collect();
            self.keep_of_many(key, kept, single);
            gone
        } else {
            (held.position() == position).then_some(held)?;
            single.remove(key);
            held
        };
        self.forget_details(key, gone);
        Some(gone)
    }

    /// The bug [`UndoDropsOlder`](Bug::UndoDropsOlder).
    #[cold]
    fn take_out_older(&self, key: TargetKey, position: u64, single: &fact_table::Writer<'_>) {
        let facts = self.many.pin().get(&key).cloned();
        for older in facts.iter().flat_map(|facts| facts.iter()).filter(|fact| fact.position() < position) {
            self.take_out(key, older.position(), single);
        }
    }
}
