//! A bug on the way to the verifier.

use std::sync::Arc;
use std::time::Duration;

use quash_authority::{Enforcement, KeySet};
use quash_core::ids::{SessionId, Subject};
use quash_core::position::Position;
use quash_core::revocation::decide::TimeRules;
use quash_core::revocation::entry::Entry;
use quash_core::revocation::record::Record;
use quash_core::revocation::rejection::Hit;
use quash_core::revocation::target::Target;
use quash_core::time::Timestamp;
use quash_core::verified::VerifiedClaims;

use super::Planted;

pub(super) struct Faulty {
    pub(super) inner: Arc<dyn Enforcement>,
    pub(super) planted: Planted,
}

impl Faulty {
    fn has(&self, planted: Planted) -> bool {
        self.planted == planted
    }

    fn apply_unless_undo(&self, entry: &Entry) {
        match entry.fact.undoes {
            Some(_) => self.inner.advance(entry.position),
            None => self.inner.apply(std::slice::from_ref(entry)),
        }
    }
}

impl Enforcement for Faulty {
    fn watermark(&self) -> Position {
        self.inner.watermark()
    }

    fn apply(&self, entries: &[Entry]) {
        if self.has(Planted::AppliesNothing) {
            if let Some(last) = entries.last() {
                self.inner.advance(last.position);
            }
        } else if self.has(Planted::WidensDevices) {
            let widened: Vec<Entry> = entries.iter().cloned().map(widen).collect();
            self.inner.apply(&widened);
        } else if self.has(Planted::LeavesUndone) {
            for entry in entries {
                self.apply_unless_undo(entry);
            }
        } else {
            self.inner.apply(entries);
        }
    }

    fn apply_records(&self, records: &[Record]) {
        // A record names nobody, so that only one of the bugs can be on this way.
        match records.last() {
            Some(last) if self.has(Planted::AppliesNothing) => self.inner.advance(last.position),
            _ => self.inner.apply_records(records),
        }
    }

    fn advance(&self, position: Position) {
        self.inner.advance(position);
    }

    fn install_own_keys(&self, keys: KeySet) {
        let newest = keys.iter().last().cloned();
        match newest.filter(|_| self.has(Planted::DropsRetiredKeys)) {
            Some(newest) => self.inner.install_own_keys(KeySet::new([newest]).unwrap_or_default()),
            None => self.inner.install_own_keys(keys),
        }
    }

    fn hit(&self, token: &VerifiedClaims, rules: &TimeRules) -> Option<Hit> {
        self.inner.hit(token, rules)
    }

    fn is_registered(&self, session: &SessionId, subject: &Subject, now: Timestamp) -> bool {
        self.inner.is_registered(session, subject, now)
    }

    fn registered_sessions(&self) -> usize {
        self.inner.registered_sessions()
    }

    fn purge(&self, now: Timestamp) -> usize {
        let early =
            if self.has(Planted::PurgesOneLifeEarly) { Duration::from_secs(600) } else { Duration::ZERO };
        self.inner.purge(now.plus(early))
    }
}

fn widen(mut entry: Entry) -> Entry {
    if let Target::Device { subject, .. } = &entry.fact.target {
        entry.fact.target = Target::Subject(subject.clone());
    }
    entry
}
