//! What the follower does to its verifier.

use std::sync::Arc;

use quash_core::position::Position;
use quash_core::revocation::reason::Reason;
use quash_core::revocation::record::Record;
use quash_core::revocation::state::RevocationState;
use quash_core::revocation::target_key::LogKey;
use quash_core::time::Timestamp;

use crate::epoch::TooManyLogs;
use crate::verifier::Verifier;
use crate::watch::WatchEnd;

/// The verifier, as its follower uses it. Nothing here removes an entry.
pub(super) struct Holding {
    pub(super) verifier: Arc<Verifier>,
}

impl Holding {
    pub(super) fn new(verifier: Arc<Verifier>) -> Self {
        Self { verifier }
    }

    /// The key of the log that is held; none before the first.
    pub(super) fn key(&self) -> Option<LogKey> {
        self.verifier.log_key()
    }

    /// Enforces `records`, positions rising. Those at or below the watermark come from a log that has other
    /// entries than it had, or were held before.
    pub(super) fn enforce(&self, records: &[Record]) {
        let watermark = self.verifier.watermark();
        let (late, next) = records.split_at(records.partition_point(|record| record.position <= watermark));
        self.verifier.absorb(late);
        self.verifier.apply_records(next);
    }

    /// Entries that were over at `forgotten` may be missing: nothing is judged at an earlier instant.
    pub(super) fn forgotten(&self, forgotten: Timestamp) {
        self.verifier.raise_ratchet(forgotten);
    }

    /// Everything up to `position` is enforced.
    pub(super) fn advance(&self, position: Position) {
        self.verifier.advance(position);
    }

    /// Puts the complete `state` of another log in force. The one before is kept until it is over.
    pub(super) fn install(&self, state: RevocationState) -> Result<(), TooManyLogs> {
        self.verifier.install(state)
    }

    /// No watch can be sure any more that nothing hit its token.
    pub(super) fn resolve_all_watches(&self) {
        self.verifier.resolve_all_watches(&Reason::known(WatchEnd::FEED_GAP));
    }
}
