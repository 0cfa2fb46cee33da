//! Which sessions are registered: all that an issuer with an allowlist lets pass (S12).

use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::fact::Fact;
use super::fact_table::FactTable;
use crate::revocation::entry::Effect;
use crate::revocation::record::Record;
use crate::revocation::target_key::TargetKey;
use crate::time::Timestamp;

/// The registrations of one log, in a table of their own: no revocation is ever looked for among them, and they raise
/// no mark. Some 42 bytes each; a log without any has no table.
///
/// INVARIANT: a registration only goes when it is over. Nothing else takes it away, so every order of arrival comes to
/// the same; that a session has ended is said by the entry that ended it, which is held as long.
#[derive(Default)]
pub(super) struct Registry {
    table: OnceLock<FactTable>,
    held: AtomicUsize,
}

impl Registry {
    /// Where the session was registered, if it is at `now`. It is not any more on and after the instant that the
    /// registration was to be held until. One read of memory.
    pub(super) fn place_of(&self, key: TargetKey, now: Timestamp) -> Option<u64> {
        let fact = self.table.get()?.read().find(key)?;
        (!fact.is_over(now)).then_some(fact.position())
    }

    /// Takes in a registration. The first one of a session stands: later ones say nothing new.
    ///
    /// INVARIANT: whoever adds or forgets holds the state's one writer lock.
    pub(super) fn add(&self, record: &Record) {
        let mut table = self.table.get_or_init(FactTable::new).write();
        if table.find(record.key).is_none() {
            let (at, until) = (record.recorded_at, record.retain_until);
            table.insert(record.key, Fact::new(record.position, Effect::End, at, until));
            self.held.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Those that are over at `now`.
    pub(super) fn over(&self, now: Timestamp) -> Vec<TargetKey> {
        self.table.get().map(|table| table.keys(|fact| fact.is_over(now))).unwrap_or_default()
    }

    /// Forgets those of `keys` that are over at `now`.
    pub(super) fn forget(&self, keys: &[TargetKey], now: Timestamp) {
        let Some(table) = self.table.get().map(FactTable::write) else { return };
        let over = |key: &&TargetKey| table.find(**key).is_some_and(|fact| fact.is_over(now));
        let gone = keys.iter().filter(over).inspect(|key| table.remove(**key)).count();
        self.held.fetch_sub(gone, Ordering::Relaxed);
    }

    pub(super) fn len(&self) -> usize {
        self.held.load(Ordering::Relaxed)
    }
}

/// What is known of the session of a token whose issuer may keep an allowlist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Registered {
    /// Nobody asks.
    Unasked,
    /// It was registered at this position.
    At(u64),
    /// It is not registered here.
    Missing,
    /// The token names none that could be.
    Never,
}

impl Registered {
    /// Whether the allowlist lets the token pass, if there is one.
    pub(super) const fn lets_pass(self) -> bool {
        matches!(self, Self::Unasked | Self::At(_))
    }

    /// Where it was registered, if that is known.
    pub(super) const fn position(self) -> Option<u64> {
        match self {
            Self::At(position) => Some(position),
            Self::Unasked | Self::Missing | Self::Never => None,
        }
    }
}
