//! Waiting until a revocation is in force everywhere.

use std::time::Duration;

use quash_core::lease::{Applied, Named, Pending, Standing};
use quash_core::position::Position;

use crate::authority::Authority;
use crate::counts::Counters;

/// How far a revocation has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Propagation {
    /// Whether no verifier accepts any more what the entry hits.
    pub complete: bool,
    /// The verifiers that apply it.
    pub applied: Vec<Applied>,
    /// Those that do not yet, and whose lease still runs.
    pub pending: Vec<Pending>,
    /// Those that do not, and that go on accepting when their lease is over.
    pub unfenced: Vec<Named>,
}

impl From<Standing> for Propagation {
    fn from(standing: Standing) -> Self {
        let complete = standing.is_complete();
        let Standing { applied, pending, unfenced, .. } = standing;
        Self { complete, applied, pending, unfenced }
    }
}

impl Authority {
    /// Waits until every verifier that may have been accepting without the entry at `position`, which is durable, has
    /// acknowledged it, or its lease is over and it has fenced itself; at most `timeout`. After a complete answer no
    /// verifier newly accepts what the entry hits (I1').
    ///
    /// Costs nothing where all have acknowledged. To stop waiting is to drop the future.
    pub async fn await_everywhere(&self, position: Position, timeout: Duration) -> Propagation {
        let now = self.leases.uptime.uptime();
        let waiting = self.leases.table().watch(position, now);
        let standing = self.leases.settle(&waiting, Some(now.plus(timeout))).await;
        let propagation = Propagation::from(standing);
        let Counters { everywhere_complete, everywhere_incomplete, .. } = &self.counters;
        let counter = if propagation.complete { everywhere_complete } else { everywhere_incomplete };
        counter.add_one();
        propagation
    }
}
