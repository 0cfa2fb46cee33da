//! Bugs in the real code that a run of a cluster is told to have, to see that the named rule catches it.

use quash_core::planted::{Bug, Planted as Hold};

/// A bug.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Planted {
    /// One in the rules, the verifier, the feed or the authority.
    Bug(Bug),
    /// One in the store.
    Store(crate::Planted),
}

/// A bug that is planted for as long as this is held.
pub(super) struct Held(#[expect(dead_code, reason = "it is held")] Option<Hold>);

impl Planted {
    /// Every bug, with the rules of which one must catch it.
    pub const ALL: [(Self, &'static [&'static str]); 19] = [
        (Self::Bug(Bug::SkipGapCheck), &["I1"]),
        (Self::Bug(Bug::WatermarkBeforeMaps), &["I1"]),
        (Self::Store(crate::Planted::AcknowledgesBeforeSync), &["I3"]),
        (Self::Bug(Bug::AcknowledgeBeforeStored), &["restart"]),
        (Self::Bug(Bug::LeaseFromReceipt), &["I1'", "I2"]),
        (Self::Bug(Bug::FreshBeforeHead), &["I1'", "I2"]),
        (Self::Bug(Bug::HeadBeforePing), &["I1'", "I2"]),
        (Self::Bug(Bug::RelayGrantsLonger), &["I1'", "I2"]),
        (Self::Bug(Bug::RelayAcknowledgesAlone), &["I1'"]),
        (Self::Bug(Bug::RelayForgets), &["I1"]),
        (Self::Bug(Bug::ForgetLeases), &["I1'"]),
        (Self::Bug(Bug::WaitIgnoresDisconnected), &["I1'"]),
        (Self::Bug(Bug::CachedTick), &["I1'", "I2"]),
        (Self::Bug(Bug::AbsorbDropsOlder), &["I1", "I5", "I6"]),
        (Self::Bug(Bug::UndoDropsOlder), &["I1", "I5", "I6"]),
        (Self::Bug(Bug::SnapshotInstalledEarly), &["I1", "I5"]),
        (Self::Bug(Bug::ForgetHorizons), &["I5"]),
        (Self::Bug(Bug::WatchSleepsThroughBatches), &["I11"]),
        (Self::Bug(Bug::SignUnannounced), &["I9"]),
    ];

    /// Plants it for as long as the answer is held.
    pub(super) fn plant(self) -> Held {
        Held(match self {
            Self::Bug(bug) => Some(quash_core::planted::plant(bug)),
            Self::Store(_) => None,
        })
    }

    /// The store's own part in it.
    pub(super) const fn of_the_store(self) -> Option<crate::Planted> {
        match self {
            Self::Bug(_) => None,
            Self::Store(planted) => Some(planted),
        }
    }
}
