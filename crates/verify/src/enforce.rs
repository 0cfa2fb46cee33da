//! How entries reach a verifier.

use quash_core::position::Position;
use quash_core::revocation::entry::Entry;
use quash_core::revocation::record::Record;
use quash_core::revocation::state::{OutOfOrder, RevocationState};
use quash_core::revocation::target_key::LogKey;

use crate::verifier::Verifier;

impl Verifier {
    /// Takes in the next entry of the log. When this returns, no check accepts a token that it hits.
    ///
    /// # Errors
    /// [`OutOfOrder`] unless it lies beyond the watermark; nothing is changed then.
    pub fn apply(&self, entry: &Entry) -> Result<(), OutOfOrder> {
        self.apply_record(&entry.record(self.state.log_key()))
    }

    /// Takes in the next entry of the log in the form that travels. As [`apply`](Self::apply).
    ///
    /// # Errors
    /// As [`apply`](Self::apply).
    pub fn apply_record(&self, record: &Record) -> Result<(), OutOfOrder> {
        self.state.apply(record)
    }

    /// Takes in records that follow one another; those at or below the watermark are skipped. What catching up
    /// costs least with.
    pub fn apply_records(&self, records: &[Record]) {
        self.state.apply_all(records);
    }

    /// Takes in records at any positions, such as those of a snapshot of this very log. They only add refusals, which
    /// hold when this returns; the watermark stays until [`advance`](Self::advance).
    pub fn absorb(&self, records: &[Record]) {
        self.state.absorb(records);
    }

    /// Raises the watermark to `position`: nothing between can hit a living token. Never lowers it.
    pub fn advance(&self, position: Position) {
        self.state.advance(position);
    }

    /// The position up to which every entry is enforced. Never goes back.
    pub fn watermark(&self) -> Position {
        self.state.watermark()
    }

    /// How many entries are held.
    pub fn live_entries(&self) -> usize {
        self.state.live_entries()
    }

    /// The key that digests ids of this verifier's log.
    pub fn log_key(&self) -> &LogKey {
        self.state.log_key()
    }

    /// All that is revoked.
    pub fn state(&self) -> &RevocationState {
        &self.state
    }
}
