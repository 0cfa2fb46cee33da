//! All live entries in memory: written by one, read by many without a lock.

mod purging;
#[cfg(test)]
mod tests;
mod undoing;

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use papaya::HashMap;

use super::fact::Fact;
use super::fact_table::{self, FactTable};
use super::key_hash::ByKey;
use super::reasons::Reasons;
use super::registry::{Registered, Registry};
use super::undone::Undone;
use crate::ids::Issuer;
use crate::planted::{self, Bug};
use crate::position::Position;
use crate::revocation::entry::Window;
use crate::revocation::marks::Marks;
use crate::revocation::reason::Reason;
use crate::revocation::record::{ExceptionKey, Record};
use crate::revocation::scope::{IssuerScope, Listing, TokenNames};
use crate::revocation::spread::Spread;
use crate::revocation::target::TargetKind;
use crate::revocation::target_key::{IssuerKey, LogKey, TargetKey};
use crate::time::Timestamp;
use crate::verified::VerifiedClaims;

/// The revocation state of one log: what a verifier decides from.
///
/// Readers take no lock. One writer at a time applies records in order; a record is first put into the maps,
/// then raises the marks, then the watermark.
///
/// INVARIANT: whoever reads a watermark of N finds every record up to N in the marks and in the maps. A map
/// forgets a record only at or after its `retain_until`.
pub struct RevocationState {
    log_key: LogKey,
    marks: Marks,
    /// The only entry about a target, or, marked "more", a sign that they are all in `many`.
    pub(super) single: FactTable,
    /// All entries about a target that ever had two at once. It stays here until its last one is over, so
    /// that no reader can miss an entry that is on its way from one map to the other.
    pub(super) many: HashMap<TargetKey, Arc<[Fact]>, ByKey>,
    /// By position and target: two logs with one key may have given one position twice.
    pub(super) details: HashMap<(u64, TargetKey), Details, ByKey>,
    pub(super) reasons: Reasons,
    /// What allowlists let pass, beside everything that refuses.
    registry: Registry,
    issuers: HashMap<IssuerKey, Arc<IssuerScope>>,
    progress: Progress,
}

/// What every record changes: on cache lines of its own, so that readers of the rest are not disturbed.
#[repr(align(128))]
struct Progress {
    watermark: AtomicU64,
    live: AtomicUsize,
    writer: Mutex<Lately>,
}

/// What only the writer knows: what the last record was about, for the next one is likely to be about the same, and what
/// was undone.
#[derive(Default)]
struct Lately {
    reason: Option<(Reason, u8)>,
    undone: Undone,
    /// Where the bug `WatermarkBeforeMaps` is planted, what is not in the maps yet.
    #[cfg(feature = "planted")]
    late: Option<Record>,
}

impl Progress {
    fn from(origin: Position) -> Self {
        Self {
            watermark: AtomicU64::new(origin.number()),
            live: AtomicUsize::new(0),
            writer: Mutex::default(),
        }
    }
}

/// What few entries have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Details {
    pub(super) spread: Option<Spread>,
    pub(super) window: Option<Window>,
    pub(super) exception: Option<ExceptionKey>,
    pub(super) reason: Option<Reason>,
}

/// What became of a record.
enum Insertion {
    New,
    HeldAlready,
}

/// A record that does not follow the watermark.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the record at position {offered} is not beyond the watermark {watermark}")]
pub struct OutOfOrder {
    /// The state's watermark.
    pub watermark: Position,
    /// The record's position.
    pub offered: Position,
}

impl RevocationState {
    /// A state without entries, as of `origin`: the position that its log starts at.
    pub fn new(log_key: LogKey, origin: Position) -> Self {
        Self {
            log_key,
            marks: Marks::new(),
            single: FactTable::new(),
            many: HashMap::default(),
            details: HashMap::default(),
            reasons: Reasons::default(),
            registry: Registry::default(),
            issuers: HashMap::default(),
            progress: Progress::from(origin),
        }
    }

    /// The position up to which every entry is known.
    pub fn watermark(&self) -> Position {
        Position::new(self.progress.watermark.load(Ordering::Acquire)).unwrap_or(Position::LAST)
    }

    /// How many entries are held that refuse something. One that was undone is not, nor is what undid it, nor a
    /// registration.
    pub fn live_entries(&self) -> usize {
        self.progress.live.load(Ordering::Relaxed)
    }

    /// How many entries are known to be undone, in case that they come late or come again.
    pub fn undone_entries(&self) -> usize {
        self.lock().undone.len()
    }

    /// Those of `records` that are not known to be undone, nor undo anything: one lock, and one comparison a record.
    pub fn standing<'r>(&self, records: &'r [Record]) -> Vec<&'r Record> {
        let lately = self.lock();
        let stands = |record: &&Record| record.undoes.is_none() && !lately.undone.holds(record);
        records.iter().filter(stands).collect()
    }

    /// How many sessions are registered for the allowlists of their issuers (S12). Some 42 bytes each.
    pub fn registered_sessions(&self) -> usize {
        self.registry.len()
    }

    /// Whether `session` of `subject` at `issuer` is registered at `now`.
    pub fn is_registered(&self, issuer: &Issuer, session: &str, subject: &str, now: Timestamp) -> bool {
        let key = self.log_key.issuer_key(issuer).of_registration(session, subject);
        self.registry.place_of(key, now).is_some()
    }

    /// The key that digests ids for this state.
    pub fn log_key(&self) -> &LogKey {
        &self.log_key
    }

    /// Takes in one record. It is enforced when this returns. About half a microsecond.
    ///
    /// # Errors
    /// [`OutOfOrder`] unless its position lies beyond the watermark; nothing is changed then.
    pub fn apply(&self, record: &Record) -> Result<(), OutOfOrder> {
        let mut lately = self.lock();
        let watermark = self.watermark();
        if record.position <= watermark {
            return Err(OutOfOrder { watermark, offered: record.position });
        }
        self.take(record, &mut lately, &mut self.single.write());
        Ok(())
    }

    /// Makes room for `entries` entries in all, where there is less: taking in as many then costs half. 42 bytes an entry.
    pub fn reserve(&self, entries: usize) {
        let _writing = self.lock();
        self.single.write().reserve(entries);
    }

    /// Takes in records that follow one another; those at or below the watermark are skipped. Costs a third of
    /// taking them in one by one, and keeps other writers waiting for so long.
    pub fn apply_all(&self, records: &[Record]) {
        let mut lately = self.lock();
        let mut single = self.single.write();
        for record in records {
            if record.position > self.watermark() {
                self.take(record, &mut lately, &mut single);
            }
        }
    }

    /// Takes in records at any positions, such as those of a snapshot: what is held already is left alone, and
    /// nothing else goes. All are enforced when this returns. The watermark stays: see [`advance`](Self::advance).
    ///
    /// A token that passed up to the watermark may still be hit by a record below it that came late. INVARIANT:
    /// its mark therefore rises beyond the watermark, and so beyond everything that any token passed at.
    pub fn absorb(&self, records: &[Record]) {
        let mut lately = self.lock();
        let mut single = self.single.write();
        // The writer lock is held, so the watermark stands still.
        let beyond = self.watermark().next().unwrap_or(Position::LAST);
        for record in records {
            if planted::is(Bug::AbsorbDropsOlder) {
                let many = self.many.pin();
                let alone = usize::from(single.find(record.key).is_some());
                let held = many.remove(&record.key).map_or(alone, |facts| facts.len());
                single.remove(record.key);
                self.progress.live.store(self.live_entries().saturating_sub(held), Ordering::Relaxed);
            }
            self.hold(record, record.position.max(beyond), &mut lately, &mut single);
        }
    }

    fn take(&self, record: &Record, lately: &mut Lately, single: &mut fact_table::Writer<'_>) {
        #[cfg(feature = "planted")]
        if planted::is(Bug::WatermarkBeforeMaps) {
            self.progress.watermark.store(record.position.number(), Ordering::Release);
            if let Some(late) = lately.late.replace(record.clone()) {
                self.hold(&late, late.position, lately, single);
            }
            return;
        }
        self.hold(record, record.position, lately, single);
        self.progress.watermark.store(record.position.number(), Ordering::Release);
    }

    /// Raises the watermark to `position` without an entry: the positions between carried nothing that any
    /// living token could be hit by. Never lowers it.
    pub fn advance(&self, position: Position) {
        let _writing = self.lock();
        self.progress.watermark.fetch_max(position.number(), Ordering::AcqRel);
    }

    /// Only plain writes to what many records share: one that must be seen at once would wait for those before it.
    fn hold(
        &self,
        record: &Record,
        mark: Position,
        lately: &mut Lately,
        single: &mut fact_table::Writer<'_>,
    ) {
        if let Some(position) = record.undoes {
            return self.undo(record, position, lately, single);
        }
        if record.kind == TargetKind::Registration {
            return self.registry.add(record);
        }
        if lately.undone.covers(record) {
            return;
        }
        let mut fact = Fact::new(record.position, record.effect, record.recorded_at, record.retain_until);
        let (index, beyond_table) = self.index_of(&record.reason, lately);
        fact = fact.with_reason(index);
        let narrowed = record.window.is_some() || record.exception.is_some();
        if narrowed || record.spread.is_some() || beyond_table {
            let reason = beyond_table.then(|| record.reason.clone());
            let Record { spread, window, exception, .. } = *record;
            let details = Details { spread, window, exception, reason };
            self.details.pin().insert((record.position.number(), record.key), details);
            fact = fact.with_details();
        }
        match self.insert(record.key, fact, single) {
            // Its marks rose when it came.
            Insertion::HeldAlready => return,
            Insertion::New => self.progress.live.store(self.live_entries() + 1, Ordering::Relaxed),
        }
        if record.kind.rotates() {
            self.scope(record.issuer).user_keys.raise(mark);
        }
        // The issuer's scope is only looked for where it has the mark: entries about one subject or less are many.
        let wide = record.kind.is_wide().then(|| self.scope(record.issuer));
        match wide.as_ref().and_then(|issuer| issuer.mark(record.kind)) {
            Some(wide) => wide.raise(mark),
            None => self.marks.raise(record.key, mark),
        }
    }

    /// As [`Reasons::index`].
    fn index_of(&self, reason: &Reason, lately: &mut Lately) -> (u8, bool) {
        if let Some((held, index)) = &lately.reason
            && held == reason
        {
            return (*index, false);
        }
        let (index, beyond_table) = self.reasons.index(reason);
        lately.reason = (!beyond_table).then(|| (reason.clone(), index));
        (index, beyond_table)
    }

    fn insert(&self, key: TargetKey, fact: Fact, single: &mut fact_table::Writer<'_>) -> Insertion {
        let Some(held) = single.find(key) else {
            single.insert(key, fact);
            return Insertion::New;
        };
        let many = self.many.pin();
        let mut facts = match many.get(&key) {
            Some(facts) if held.has_more() => facts.to_vec(),
            _ => vec![held],
        };
        if facts.iter().any(|held| held.position() == fact.position()) {
            return Insertion::HeldAlready;
        }
        facts.push(fact);
        many.insert(key, facts.into());
        single.mark_more(key);
        Insertion::New
    }

    /// What `token` names in this state. Made once per token and kept with it.
    pub fn names_of(&self, token: &VerifiedClaims) -> TokenNames {
        TokenNames::new(self.scope_of(token.verified_issuer()), token)
    }

    /// The scope of one issuer.
    pub fn scope_of(&self, issuer: &Issuer) -> Arc<IssuerScope> {
        self.scope(self.log_key.issuer_key(issuer))
    }

    fn scope(&self, key: IssuerKey) -> Arc<IssuerScope> {
        Arc::clone(self.issuers.pin().get_or_insert_with(key, || Arc::new(IssuerScope::new(key))))
    }

    /// Whether nothing that `names` names changed after `since`: then a token that passed every entry up to
    /// `since` passes still. A handful of loads.
    pub(super) fn unchanged_since(&self, names: &TokenNames, since: u64) -> bool {
        let quiet = |key: Option<TargetKey>| key.is_none_or(|key| self.marks.of(key) <= since);
        quiet(names.subject)
            && quiet(names.session)
            && quiet(names.token)
            && quiet(names.device)
            && names.issuer.wide() <= since
    }

    /// Whether no bucket of `buckets` was touched after `since`.
    pub(super) fn quiet_since(&self, buckets: [u16; 4], since: u64) -> bool {
        let latest = buckets.map(|bucket| self.marks.at(bucket));
        latest.iter().all(|mark| *mark <= since)
    }

    /// What is known at `now` of the session that `listing` asks for.
    pub(super) fn registered(&self, listing: Listing, now: Timestamp) -> Registered {
        match listing {
            Listing::Unasked => Registered::Unasked,
            Listing::Stranger => Registered::Never,
            Listing::Registration(key) => {
                self.registry.place_of(key, now).map_or(Registered::Missing, Registered::At)
            }
        }
    }

    pub(super) fn mark_of(&self, key: TargetKey) -> u64 {
        self.marks.of(key)
    }

    fn lock(&self) -> MutexGuard<'_, Lately> {
        // A writer that panicked left whole records behind, and its memory of the last one is right or none.
        self.progress.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for RevocationState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RevocationState")
            .field("watermark", &self.watermark())
            .field("live_entries", &self.live_entries())
            .finish_non_exhaustive()
    }
}
