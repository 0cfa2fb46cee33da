//! Bugs that a run is told to have, each planted between two real parts, to see that the named rule catches it.

mod enforcement;
mod outside;
mod store;

use std::sync::Arc;

use quash_authority::Enforcement;
use quash_storage::planted::Bug;
use quash_storage::ports::Store;

use crate::world::Changing;

/// A bug.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Planted {
    /// The store answers before the sync.
    AcknowledgesBeforeSync,
    /// A renewal writes the session's row back as it was when the call came in.
    WritesSessionBackWhole,
    /// The verifier is told that it is up to date, not what is revoked.
    AppliesNothing,
    /// A cutoff of one device reaches the verifier as one of its subject.
    WidensDevices,
    /// The verifier is told to forget one access-token life too early.
    PurgesOneLifeEarly,
    /// Entries are recorded to matter for no time to verifiers.
    RetainsTooShort,
    /// Entries are recorded to matter to renewals for no longer than to verifiers.
    EnforcesTooShort,
    /// A late duplicate rotates once more.
    RotatesAgain,
    /// A session is opened at the head, whatever the backend had read before it checked the password.
    IgnoresAsOf,
    /// After a rotation only the new key verifies.
    DropsRetiredKeys,
    /// The ratchet of the latest purge is lost at a start.
    ForgetsRatchet,
    /// An audit entry is written with the change that comes next.
    NotesLate,
    /// Whether there is room for one more session is looked at before the transaction that opens it.
    JudgesLimitOutside,
    /// A renewed token carries the head of the log as it is after the renewal.
    ReadsHeadAfterRenewal,
    /// A schedule that was read is carried out, whatever became of it meanwhile.
    FiresWhatIsGone,
    /// An undo takes back every entry that it finds.
    TakesAllBack,
    /// A ban ends what lives, and is not kept.
    KeepsNoBan,
    /// The store is never purged.
    PurgesNothing,
    /// A session is registered for as long as its first access token lives.
    RegistersForOneLife,
    /// The verifier asks for no registration.
    KeepsNoList,
    /// What lives before an allowlist is kept is not registered.
    LeavesOpenOut,
    /// An undo reaches the verifier as nothing that it must do.
    LeavesUndone,
}

impl Planted {
    /// Every bug that a run of random steps finds, with the rule that must catch it. The others are planted in races and in
    /// the soak.
    pub const ALL: [(Self, &'static str); 16] = [
        (Self::AcknowledgesBeforeSync, "I3"),
        (Self::WritesSessionBackWhole, "I6"),
        (Self::AppliesNothing, "I1"),
        (Self::WidensDevices, "I7"),
        (Self::PurgesOneLifeEarly, "I8"),
        (Self::RetainsTooShort, "I6"),
        (Self::EnforcesTooShort, "I6"),
        (Self::RotatesAgain, "I4"),
        (Self::IgnoresAsOf, "I5"),
        (Self::DropsRetiredKeys, "I9"),
        (Self::ForgetsRatchet, "I10"),
        (Self::NotesLate, "I12"),
        (Self::RegistersForOneLife, "I7"),
        (Self::KeepsNoList, "I5"),
        (Self::LeavesOpenOut, "I7"),
        (Self::LeavesUndone, "I7"),
    ];

    /// The store's own part in it.
    pub(crate) const fn of_the_store(self) -> Option<Bug> {
        match self {
            Self::AcknowledgesBeforeSync => Some(Bug::AcknowledgeBeforeSync),
            Self::WritesSessionBackWhole => Some(Bug::WriteSessionBackWhole),
            Self::NotesLate => Some(Bug::NoteLate),
            _ => None,
        }
    }

    /// What the authority is given as its store.
    pub(crate) fn before_the_store(
        planted: Option<Self>,
        inner: Arc<dyn Store>,
        changing: &Arc<Changing>,
    ) -> Arc<dyn Store> {
        Arc::new(store::Faulty { inner, planted, changing: Arc::clone(changing) })
    }

    /// What the authority is given as its verifier.
    pub(crate) fn before_the_verifier(self, inner: Arc<dyn Enforcement>) -> Arc<dyn Enforcement> {
        Arc::new(enforcement::Faulty { inner, planted: self })
    }
}
