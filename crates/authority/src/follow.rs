//! Keeping the answering server's own verifier up to date.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use quash_core::position::Position;
use quash_core::revocation::record::Record;
use quash_storage::ports::StoreError;

use crate::authority::Authority;

/// How many entries are read from the store at once while following it closely.
const BATCH: usize = 1000;
/// How many positions behind the verifier catches up in large steps, as it does at a start.
const FAR_BEHIND: u64 = 1000;
/// How many records are read from the store at once while catching up: some 150 bytes each.
const LARGE_BATCH: usize = 4_096;
/// How long after a store error the follower tries again.
const RETRY_AFTER: Duration = Duration::from_millis(250);

type ReadRecords = Result<Vec<Record>, StoreError>;

const fn is_far(watermark: Position, position: Position) -> bool {
    position.number().saturating_sub(watermark.number()) > FAR_BEHIND
}

/// A call to the store that can be begun before its answer is waited for.
enum ReadAhead<F> {
    Asked(Pin<Box<F>>),
    Answered(ReadRecords),
}

impl<F: Future<Output = ReadRecords>> ReadAhead<F> {
    fn of(call: F) -> Self {
        Self::Asked(Box::pin(call))
    }

    /// Lets the call do what it can at once: a store that reads on another thread reads from now on.
    async fn start(&mut self) {
        if let Self::Asked(call) = self
            && let Poll::Ready(answer) = poll_fn(|context| Poll::Ready(call.as_mut().poll(context))).await
        {
            *self = Self::Answered(answer);
        }
    }

    async fn finish(self) -> ReadRecords {
        match self {
            Self::Asked(call) => call.await,
            Self::Answered(answer) => answer,
        }
    }
}

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
    /// entries do, and reading the next ones while it applies the last. A start over a million live entries is to be
    /// short.
    async fn catch_up_from_afar(&self, position: Position) -> Result<(), StoreError> {
        let watermark = self.enforcement.watermark();
        if !is_far(watermark, position) {
            return Ok(());
        }
        self.enforcement.make_room(self.store.entries_held().await?);
        let mut reading = ReadAhead::of(self.records_after(watermark));
        loop {
            // INVARIANT: as in `enforce_up_to`, here and where the answer is empty.
            let records = reading.finish().await?;
            let Some(last) = records.last().map(|record| record.position) else {
                self.enforcement.advance(position);
                return Ok(());
            };
            if !is_far(last, position) {
                self.enforcement.apply_records(&records);
                return Ok(());
            }
            reading = ReadAhead::of(self.records_after(last));
            reading.start().await;
            self.enforcement.apply_records(&records);
        }
    }

    fn records_after(&self, position: Position) -> impl Future<Output = ReadRecords> + Send {
        self.store.live_records_after(position, self.purged_at(), LARGE_BATCH)
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
