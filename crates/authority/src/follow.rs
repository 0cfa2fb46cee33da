//! Keeping the answering server's own verifier up to date.

use std::time::Duration;

use quash_core::position::Position;
use quash_storage::ports::StoreError;

use crate::authority::Authority;

/// How many entries are read from the store at once while following it closely.
const BATCH: usize = 1000;
/// How many positions behind the verifier catches up in large steps, as it does at a start.
const FAR_BEHIND: u64 = 1000;
/// How many records are read from the store at once while catching up: some 150 bytes each.
const LARGE_BATCH: usize = 16_384;
/// How long after a store error the follower tries again.
const RETRY_AFTER: Duration = Duration::from_millis(250);

impl Authority {
    /// Returns once the verifier beside this authority enforces every entry up to `position`, which is durable.
    ///
    /// One caller reads the store for all: the others find the watermark raised when it is their turn.
    pub(crate) async fn enforce_up_to(&self, position: Position) -> Result<(), StoreError> {
        if self.enforcement.watermark() >= position {
            return Ok(());
        }
        let _one_at_a_time = self.catching_up.lock().await;
        self.catch_up_from_afar(position).await?;
        loop {
            let watermark = self.enforcement.watermark();
            if watermark >= position {
                return Ok(());
            }
            // INVARIANT: nothing is left out that the clock could come back to (I10): only a purge may forget, for
            // only a purge raises the ratchet.
            let entries = self.store.live_after(watermark, self.purged_at(), BATCH).await?;
            if entries.is_empty() {
                // INVARIANT: `position` was durable before the store was read, and the store shows every live
                // entry up to it: what lies between can hit no living token.
                self.enforcement.advance(position);
                return Ok(());
            }
            self.enforcement.apply(&entries);
        }
    }

    /// Brings the verifier near `position`: with records, which cost the store and the verifier a fraction of what
    /// entries do. A start over a million live entries is to be short.
    async fn catch_up_from_afar(&self, position: Position) -> Result<(), StoreError> {
        loop {
            let watermark = self.enforcement.watermark();
            if position.number().saturating_sub(watermark.number()) <= FAR_BEHIND {
                return Ok(());
            }
            // INVARIANT: as in `enforce_up_to`, here and where the answer is empty.
            let records = self.store.live_records_after(watermark, self.purged_at(), LARGE_BATCH).await?;
            if records.is_empty() {
                self.enforcement.advance(position);
                return Ok(());
            }
            self.enforcement.apply_records(&records);
        }
    }

    /// Follows the log for as long as the store lives: entries that another server appended are enforced here too.
    /// Run it as a background task. A store error is waited out; what is known stays enforced.
    pub async fn follow(&self) {
        let mut head = self.store.head_changes();
        loop {
            let position = *head.borrow_and_update();
            if let Err(error) = self.enforce_up_to(position).await {
                tracing::warn!(%error, "the revocation log can not be read; trying again");
                tokio::time::sleep(RETRY_AFTER).await;
                continue;
            }
            if head.changed().await.is_err() {
                return;
            }
        }
    }
}
