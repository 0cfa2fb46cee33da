//! The keys that the tokens of single subjects are signed with (S20).

use std::ops::{Bound, ControlFlow};

use quash_core::ids::Subject;
use quash_core::position::Position;
use quash_core::revocation::target::{Target, TargetKind};
use quash_core::revocation::target_key::TargetKey;

use super::Transaction;
use crate::ports::StoreError;
use crate::tables::{Direction, Read, Table, keys};

impl<T: Read> Transaction<'_, T> {
    /// The generation in force: the latest entry that rotated the subject's key, or those of all. Two range reads, and one
    /// for each entry about the subject or the whole issuer that is held beside.
    ///
    /// INVARIANT: such entries are in the index for ever, for nothing purges them.
    pub(crate) fn user_key_generation(&self, subject: &Subject) -> Result<Position, StoreError> {
        let issuer = &self.constants.issuer_key;
        let own = self.latest_rotation(issuer.of_id(TargetKind::Subject, subject.as_str()))?;
        Ok(own.max(self.latest_rotation(issuer.of(&Target::Issuer))?))
    }

    /// The position of the latest rotation in the index among the entries about `key`; zero when there is none.
    fn latest_rotation(&self, key: TargetKey) -> Result<Position, StoreError> {
        let (first, last) = (keys::target(key, Position::ZERO), keys::target(key, Position::LAST));
        let range = (Bound::Included(&first[..]), Bound::Included(&last[..]));
        let mut latest = Position::ZERO;
        self.tables.scan(Table::Targets, range, Direction::Down, &mut |key, _| {
            let position = keys::position_at_end(key)?;
            let entry = self.entry(position)?;
            if entry.is_none_or(|entry| !entry.fact.target.kind().rotates()) {
                return Ok(ControlFlow::Continue(()));
            }
            latest = position;
            Ok(ControlFlow::Break(()))
        })?;
        Ok(latest)
    }
}
