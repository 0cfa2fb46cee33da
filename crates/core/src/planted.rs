//! Bugs that tests plant in the real code, to see themselves fail. Without the feature `planted` there are none, and no
//! release build takes the feature.

#[cfg(all(feature = "planted", not(debug_assertions)))]
compile_error!("the feature `planted` is for tests: it needs a build with debug assertions");

/// A bug.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Bug {
    /// A follower takes entries that do not start where it stands.
    SkipGapCheck,
    /// The watermark is raised before the record is in the maps.
    WatermarkBeforeMaps,
    /// A follower acknowledges before its file has what it acknowledges.
    AcknowledgeBeforeStored,
    /// A follower counts its lease from when the answer came instead of from when it asked.
    LeaseFromReceipt,
    /// A follower is fresh with the answer to a ping, whatever head was in it.
    FreshBeforeHead,
    /// The head in an answer is the one of before the ping: what the connection has carried.
    HeadBeforePing,
    /// A relay grants its followers a lease from their ping on, however old its own knowledge is.
    RelayGrantsLonger,
    /// A relay acknowledges what it has itself, whatever its followers have.
    RelayAcknowledgesAlone,
    /// A relay forgets what it handed on.
    RelayForgets,
    /// An authority that starts knows of no lease.
    ForgetLeases,
    /// Whoever waits for everywhere waits for nobody without a connection.
    WaitIgnoresDisconnected,
    /// The clock of an accept is a reading that was kept.
    CachedTick,
    /// Records that are absorbed take the place of what was held about the same target.
    AbsorbDropsOlder,
    /// An undo also takes back what was recorded about the same target before.
    UndoDropsOlder,
    /// A snapshot counts as complete after its first part.
    SnapshotInstalledEarly,
    /// A shorter life that is configured later holds for tokens of before.
    ForgetHorizons,
    /// Records that come several at once wake no stream.
    WatchSleepsThroughBatches,
    /// A key signs before verifiers know it.
    SignUnannounced,
}

#[cfg(not(feature = "planted"))]
pub use absent::{is, keep, kept};
#[cfg(feature = "planted")]
pub use chosen::{Planted, is, keep, kept, plant};

#[cfg(not(feature = "planted"))]
mod absent {
    use super::Bug;

    /// Whether `bug` is planted in what this thread does: never.
    pub const fn is(_bug: Bug) -> bool {
        false
    }

    /// Keeps a number for a bug that needs one: nothing.
    pub const fn keep(_number: u64) {}

    /// The number that was kept: none.
    pub const fn kept() -> u64 {
        0
    }
}

#[cfg(feature = "planted")]
mod chosen {
    use std::cell::Cell;

    use super::Bug;

    thread_local! {
        static CHOSEN: Cell<Option<Bug>> = const { Cell::new(None) };
        static KEPT: Cell<u64> = const { Cell::new(0) };
    }

    /// A bug that is planted for as long as this is held.
    #[derive(Debug)]
    #[must_use]
    pub struct Planted(());

    /// Plants `bug` in what this thread does, until the answer is dropped.
    pub fn plant(bug: Bug) -> Planted {
        CHOSEN.set(Some(bug));
        Planted(())
    }

    /// Whether `bug` is planted in what this thread does.
    pub fn is(bug: Bug) -> bool {
        CHOSEN.get() == Some(bug)
    }

    /// Keeps a number for a bug that needs one.
    pub fn keep(number: u64) {
        KEPT.set(number);
    }

    /// The number that was kept last.
    pub fn kept() -> u64 {
        KEPT.get()
    }

    impl Drop for Planted {
        fn drop(&mut self) {
            CHOSEN.set(None);
        }
    }
}
