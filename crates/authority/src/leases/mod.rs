//! The leases of the verifiers that follow this authority: `quash_core::lease` holds the rules, this keeps them over
//! restarts and brings the clock.
//!
//! INVARIANT: no answer that lets a verifier accept leaves before that verifier is recorded in the store, and before
//! its lease was extended in the table. So whoever waits for everybody, here or after a restart, waits for it.

mod acknowledge;
mod answer_ping;
mod await_everywhere;
mod forget;
mod list_verifiers;
mod open_lease;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use quash_core::lease::{LeaseTable, Standing, Terms, Waiting};
use quash_core::planted::{self, Bug};
use quash_core::time::Uptime;
use quash_storage::ports::StoredVerifier;
use tokio::sync::watch;

pub use answer_ping::Answer;
pub use await_everywhere::Propagation;
pub use list_verifiers::{VerifierInfo, VerifierPage};
pub use open_lease::{Lease, LeaseRequest};

use crate::uptime::UptimeClock;

/// All leases of one authority.
pub(crate) struct Leases {
    table: Mutex<LeaseTable>,
    /// Moves with each acknowledgement.
    acknowledged: watch::Sender<()>,
    /// Held while the store's records are changed, so that the table and the store agree on who is there.
    recording: tokio::sync::Mutex<()>,
    pub(crate) uptime: Arc<dyn UptimeClock>,
}

impl Leases {
    /// What the store knows, every lease counted as running.
    pub(crate) fn recovered(stored: Vec<StoredVerifier>, uptime: Arc<dyn UptimeClock>) -> Self {
        let rows = stored.into_iter().map(|verifier| {
            let StoredVerifier { instance, name, lease, unfenced, relay, .. } = verifier;
            (instance, Terms { name, lease, unfenced, relay })
        });
        let rows = rows.filter(|_| !planted::is(Bug::ForgetLeases));
        Self {
            table: Mutex::new(LeaseTable::recovered(rows, uptime.uptime())),
            acknowledged: watch::Sender::default(),
            recording: tokio::sync::Mutex::default(),
            uptime,
        }
    }

    pub(crate) fn table(&self) -> MutexGuard<'_, LeaseTable> {
        // Nobody panics between two of its changes.
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until nothing is left that waiting could bring, or until `deadline`. Keeps nothing of whoever waits: to stop
    /// waiting is to drop the future.
    pub(crate) async fn settle(&self, waiting: &Waiting, deadline: Option<Uptime>) -> Standing {
        let mut acknowledged = self.acknowledged.subscribe();
        loop {
            acknowledged.mark_unchanged();
            let now = self.uptime.uptime();
            let standing = self.table().settled(waiting, now);
            let wake_at = standing.changes_at.into_iter().chain(deadline).min();
            let Some(wake_at) = wake_at.filter(|_| !standing.is_settled()) else { return standing };
            if deadline.is_some_and(|deadline| now >= deadline) {
                return standing;
            }
            tokio::select! {
                // The sender is in `self`, so it does not go away meanwhile.
                _ = acknowledged.changed() => {}
                () = self.uptime.sleep_until(wake_at) => {}
            }
        }
    }
}
