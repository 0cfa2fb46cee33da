//! How entries reach a verifier.

use std::sync::Arc;

use quash_core::planted::{self, Bug};
use quash_core::position::Position;
use quash_core::revocation::entry::Entry;
use quash_core::revocation::record::Record;
use quash_core::revocation::state::{OutOfOrder, RevocationState};
use quash_core::revocation::target_key::LogKey;

use crate::epoch::{CurrentState, Epoch, TooManyLogs};
use crate::verifier::Verifier;

/// INVARIANT: entries come from one place at a time, and that place installs logs, too; so that no entry of one log
/// is put into the state of another.
impl Verifier {
    /// How many earlier logs there may be whose entries are still in force.
    pub const LARGEST_NUMBER_OF_EARLIER_LOGS: usize = Epoch::MOST_PREVIOUS;

    /// Takes in the next entry of the log. When this returns, no check accepts a token that it hits.
    ///
    /// # Errors
    /// [`OutOfOrder`] unless it lies beyond the watermark; nothing is changed then.
    pub fn apply(&self, entry: &Entry) -> Result<(), OutOfOrder> {
        let record = entry.record(self.trust.load().epoch.state.log_key());
        self.apply_record(&record)
    }

    /// Takes in the next entry of the log in the form that travels. As [`apply`](Self::apply).
    ///
    /// # Errors
    /// As [`apply`](Self::apply).
    pub fn apply_record(&self, record: &Record) -> Result<(), OutOfOrder> {
        let trust = self.trust.load();
        trust.epoch.state.apply(record)?;
        self.watches.tell(std::slice::from_ref(record), &trust.epoch.state);
        Ok(())
    }

    /// Takes in records that follow one another; those at or below the watermark are skipped. What catching up
    /// costs least with.
    pub fn apply_records(&self, records: &[Record]) {
        let trust = self.trust.load();
        trust.epoch.state.apply_all(records);
        if records.len() > 1 && planted::is(Bug::WatchSleepsThroughBatches) {
            return;
        }
        self.watches.tell(records, &trust.epoch.state);
    }

    /// Makes room for `entries` entries in all: taking in as many then costs half.
    pub fn make_room(&self, entries: usize) {
        self.trust.load().epoch.state.reserve(entries);
    }

    /// Takes in records at any positions, such as those of a snapshot of this very log. They only add refusals, which
    /// hold when this returns; the watermark stays until [`advance`](Self::advance).
    pub fn absorb(&self, records: &[Record]) {
        let trust = self.trust.load();
        trust.epoch.state.absorb(records);
        self.watches.tell(records, &trust.epoch.state);
    }

    /// Raises the watermark to `position`: nothing between can hit a living token. Never lowers it.
    pub fn advance(&self, position: Position) {
        self.trust.load().epoch.state.advance(position);
    }

    /// Follows another log from now on, whose complete state is `state`: one with another key, or the first one of a
    /// cold verifier. Every token is verified anew. Entries of the logs before stay in force until they are over;
    /// meanwhile each check looks them up in full.
    ///
    /// # Errors
    /// [`TooManyLogs`]; nothing is changed then.
    pub fn install(&self, state: RevocationState) -> Result<(), TooManyLogs> {
        let _changing = self.changing();
        let trust = self.trust.load_full();
        let next = Arc::new(trust.in_epoch(trust.epoch.followed_by(state)?, self.limits));
        self.trust.store(Arc::clone(&next));
        // INVARIANT: after the new one is in force, as for an issuer that is replaced.
        trust.retire();
        self.watches.move_to(&next.epoch);
        self.cache.clear();
        Ok(())
    }

    /// The position up to which every entry of the log is enforced. Never goes back within a log.
    pub fn watermark(&self) -> Position {
        self.trust.load().epoch.state.watermark()
    }

    /// How many entries are held, those of earlier logs included, registrations left out.
    pub fn live_entries(&self) -> usize {
        self.trust.load().epoch.live_entries()
    }

    /// How many sessions are registered in the log that is followed, for an allowlist (S12). Some 42 bytes each.
    pub fn registered_sessions(&self) -> usize {
        self.trust.load().epoch.state.registered_sessions()
    }

    /// The key that digests ids of the log that is followed; `None` before the first log.
    pub fn log_key(&self) -> Option<LogKey> {
        let trust = self.trust.load();
        (!trust.epoch.is_cold()).then(|| *trust.epoch.state.log_key())
    }

    /// All that is revoked in the log that is followed.
    pub fn state(&self) -> CurrentState {
        CurrentState(Arc::clone(&self.trust.load().epoch))
    }
}
