//! The data as ordered maps of bytes, so that one set of rules works on every store that has such maps.
//!
//! `docs/store-format.md` describes each table byte by byte.

pub(crate) mod keys;
pub(crate) mod session_index;

use std::ops::{Bound, ControlFlow};

use crate::ports::StoreError;

/// The ordered maps that make up a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Table {
    /// What is there once: the format, the identity of the log, its head …
    Meta,
    /// Entries that a verifier must hold, by position.
    Entries,
    /// Entries that verifiers have forgotten and that the store still enforces, by position.
    OldEntries,
    /// When an entry is to be looked at by a purge.
    EntryEnds,
    /// Which entries can end own sessions, by what they name.
    Targets,
    /// Sessions by id.
    Sessions,
    /// The sessions of a subject.
    SubjectSessions,
    /// Grants by id.
    Grants,
    /// The grants of a session, with their clients.
    SessionGrants,
    /// When a session is to be looked at by a purge.
    SessionEnds,
    /// Requests that were done, by idempotency key.
    Requests,
    /// When a done request may be forgotten.
    RequestEnds,
    /// Service credentials by id.
    Credentials,
    /// Verifiers that hold a lease, by instance.
    Verifiers,
    /// One-time tokens that were used, by the digest of issuer and `jti`.
    Spent,
    /// When a use may be forgotten.
    SpentEnds,
    /// Entries that were undone, and by which.
    Undone,
    /// Revocations that are to be made later, by id.
    Schedules,
    /// Bans by subject and service.
    Bans,
    /// When a ban is over.
    BanEnds,
    /// Subjects that got another id, by the old one.
    Aliases,
    /// The audit log, by sequence number.
    Audit,
    /// Sessions by what they are searched by.
    SessionIndex,
}

impl Table {
    /// All of them, in the order of their numbers.
    pub(crate) const ALL: [Self; 23] = [
        Self::Meta,
        Self::Entries,
        Self::OldEntries,
        Self::EntryEnds,
        Self::Targets,
        Self::Sessions,
        Self::SubjectSessions,
        Self::Grants,
        Self::SessionGrants,
        Self::SessionEnds,
        Self::Requests,
        Self::RequestEnds,
        Self::Credentials,
        Self::Verifiers,
        Self::Spent,
        Self::SpentEnds,
        Self::Undone,
        Self::Schedules,
        Self::Bans,
        Self::BanEnds,
        Self::Aliases,
        Self::Audit,
        Self::SessionIndex,
    ];

    /// Whether a file of this format may be without it: what was added after the first file was written. It is
    /// empty then, but for the index of sessions, which is made when such a file is opened.
    #[cfg(feature = "embedded")]
    pub(crate) const fn may_be_missing(self) -> bool {
        matches!(
            self,
            Self::Verifiers
                | Self::Spent
                | Self::SpentEnds
                | Self::Undone
                | Self::Schedules
                | Self::Bans
                | Self::BanEnds
                | Self::Aliases
                | Self::Audit
                | Self::SessionIndex
        )
    }

    /// The name in the file.
    #[cfg(feature = "embedded")]
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Meta => "meta",
            Self::Entries => "entries",
            Self::OldEntries => "old_entries",
            Self::EntryEnds => "entry_ends",
            Self::Targets => "targets",
            Self::Sessions => "sessions",
            Self::SubjectSessions => "subject_sessions",
            Self::Grants => "grants",
            Self::SessionGrants => "session_grants",
            Self::SessionEnds => "session_ends",
            Self::Requests => "requests",
            Self::RequestEnds => "request_ends",
            Self::Credentials => "credentials",
            Self::Verifiers => "verifiers",
            Self::Spent => "spent",
            Self::SpentEnds => "spent_ends",
            Self::Undone => "undone",
            Self::Schedules => "schedules",
            Self::Bans => "bans",
            Self::BanEnds => "ban_ends",
            Self::Aliases => "aliases",
            Self::Audit => "audit",
            Self::SessionIndex => "session_index",
        }
    }
}

/// Which way a scan goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    /// From the smallest key up.
    Up,
    /// From the largest key down.
    Down,
}

/// A range of keys.
pub(crate) type Range<'a> = (Bound<&'a [u8]>, Bound<&'a [u8]>);

/// What a scan is told after each row.
pub(crate) type Step = Result<ControlFlow<()>, StoreError>;

/// A consistent view of the tables.
pub(crate) trait Read {
    /// The value at `key`.
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError>;

    /// How many rows the table has. Costs nothing.
    fn count(&self, table: Table) -> Result<u64, StoreError>;

    /// Shows the rows of `range` to `visit` until it breaks off.
    fn scan(
        &self,
        table: Table,
        range: Range<'_>,
        direction: Direction,
        visit: &mut dyn FnMut(&[u8], &[u8]) -> Step,
    ) -> Result<(), StoreError>;
}

/// A view that can be changed.
pub(crate) trait Write: Read {
    /// Stores `value` at `key`.
    fn put(&mut self, table: Table, key: &[u8], value: &[u8]) -> Result<(), StoreError>;

    /// Removes what is at `key`. Whether there was something.
    fn remove(&mut self, table: Table, key: &[u8]) -> Result<bool, StoreError>;
}

impl<T: Read> Read for &T {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        (**self).get(table, key)
    }

    fn count(&self, table: Table) -> Result<u64, StoreError> {
        (**self).count(table)
    }

    fn scan(
        &self,
        table: Table,
        range: Range<'_>,
        direction: Direction,
        visit: &mut dyn FnMut(&[u8], &[u8]) -> Step,
    ) -> Result<(), StoreError> {
        (**self).scan(table, range, direction, visit)
    }
}

impl<T: Read> Read for &mut T {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        (**self).get(table, key)
    }

    fn count(&self, table: Table) -> Result<u64, StoreError> {
        (**self).count(table)
    }

    fn scan(
        &self,
        table: Table,
        range: Range<'_>,
        direction: Direction,
        visit: &mut dyn FnMut(&[u8], &[u8]) -> Step,
    ) -> Result<(), StoreError> {
        (**self).scan(table, range, direction, visit)
    }
}

impl<T: Write> Write for &mut T {
    fn put(&mut self, table: Table, key: &[u8], value: &[u8]) -> Result<(), StoreError> {
        (**self).put(table, key, value)
    }

    fn remove(&mut self, table: Table, key: &[u8]) -> Result<bool, StoreError> {
        (**self).remove(table, key)
    }
}

/// The keys of `range`, at most `limit` of them.
pub(crate) fn keys_in(
    tables: &impl Read,
    table: Table,
    range: Range<'_>,
    limit: usize,
) -> Result<Vec<Vec<u8>>, StoreError> {
    let mut keys = Vec::new();
    tables.scan(table, range, Direction::Up, &mut |key, _| {
        if keys.len() >= limit {
            return Ok(ControlFlow::Break(()));
        }
        keys.push(key.to_vec());
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(keys)
}
