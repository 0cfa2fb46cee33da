//! Keeping the index of sessions.
//!
//! INVARIANT: it holds exactly the keys of the sessions and grants that are stored. Every write of such a row comes by
//! here.

use std::collections::BTreeSet;

use quash_core::session::grant::Grant;
use quash_core::session::session::Session;

use super::Transaction;
use crate::ports::StoreError;
use crate::tables::session_index::{keys_of, keys_of_grant};
use crate::tables::{Read, Table, Write};

impl<T: Read> Transaction<'_, T> {
    /// Every key of a session, by its own row and by those of its grants.
    pub(crate) fn index_keys(&self, session: &Session) -> Result<BTreeSet<Vec<u8>>, StoreError> {
        let mut keys = keys_of(session);
        for grant in self.grants_of(&session.id)? {
            keys.extend(keys_of_grant(&grant));
        }
        Ok(keys)
    }
}

impl<T: Write> Transaction<'_, T> {
    /// Writes what the row of `session` changes in the index, compared with the row that is stored. A use changes it
    /// once an hour.
    ///
    /// INVARIANT: the device of a session never changes. So no key that a grant has too, for a sign-in that shares the
    /// session from the same device, is ever removed here.
    pub(super) fn index_session(&mut self, session: &Session) -> Result<(), StoreError> {
        let before = self.session_row(&session.id)?.map(|before| keys_of(&before)).unwrap_or_default();
        let keys = keys_of(session);
        for gone in before.difference(&keys) {
            self.tables.remove(Table::SessionIndex, gone)?;
        }
        for new in keys.difference(&before) {
            self.tables.put(Table::SessionIndex, new, &[])?;
        }
        Ok(())
    }

    /// Writes what a grant adds to the index.
    pub(super) fn index_grant(&mut self, grant: &Grant) -> Result<(), StoreError> {
        keys_of_grant(grant).iter().try_for_each(|key| self.tables.put(Table::SessionIndex, key, &[]))
    }

    /// Removes a session from the index, before its rows go.
    pub(super) fn unindex_session(&mut self, session: &Session) -> Result<(), StoreError> {
        for key in self.index_keys(session)? {
            self.tables.remove(Table::SessionIndex, &key)?;
        }
        Ok(())
    }
}

#[cfg(feature = "embedded")]
mod making {
    use std::ops::{Bound, ControlFlow};

    use super::{BTreeSet, StoreError, Table, Transaction, Write};
    use crate::rows;
    use crate::tables::{Direction, Read};

    /// How many sessions are read before their keys are written.
    const READ_AT_ONCE: usize = 1_000;

    impl<T: Read> Transaction<'_, T> {
        /// The keys of the session in `row`; none where that or a grant of it is damaged. A check says so, and no search
        /// could show it: the others need not wait for it.
        fn readable_keys(&self, row: &[u8]) -> Result<BTreeSet<Vec<u8>>, StoreError> {
            match rows::session::read(row).and_then(|session| self.index_keys(&session)) {
                Err(StoreError::Corrupt(_)) => Ok(BTreeSet::new()),
                keys => keys,
            }
        }

        /// The keys of the sessions after `last`, and the last of these sessions; `None` when there is none.
        fn next_keys(&self, last: &mut Vec<u8>) -> Result<Option<BTreeSet<Vec<u8>>>, StoreError> {
            let (from, mut keys, mut read) = (last.clone(), BTreeSet::new(), 0);
            let range = (Bound::Excluded(from.as_slice()), Bound::Unbounded);
            self.tables.scan(Table::Sessions, range, Direction::Up, &mut |id, row| {
                keys.extend(self.readable_keys(row)?);
                *last = id.to_vec();
                read += 1;
                Ok(if read < READ_AT_ONCE { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
            })?;
            Ok((read > 0).then_some(keys))
        }
    }

    impl<T: Write> Transaction<'_, T> {
        /// Makes the whole index, for data that is older than it. Costs some ten microseconds a session.
        pub(crate) fn index_all_sessions(&mut self) -> Result<(), StoreError> {
            let mut last = Vec::new();
            while let Some(keys) = self.next_keys(&mut last)? {
                keys.iter().try_for_each(|key| self.tables.put(Table::SessionIndex, key, &[]))?;
            }
            Ok(())
        }
    }
}
