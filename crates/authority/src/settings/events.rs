//! What an event in a subject's life revokes (S26): a table.

use std::collections::BTreeMap;

use quash_core::revocation::reason::Reason;

/// What of a subject an event reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EventReach {
    /// Every session ends.
    All,
    /// Every session ends but the one that the caller spares.
    Others,
    /// Every session lives on; its access tokens are stale and renewed silently.
    Renew,
    /// Nothing is revoked.
    None,
}

impl EventReach {
    /// The word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Others => "others",
            Self::Renew => "renew",
            Self::None => "none",
        }
    }

    /// Whether a caller may name what is spared.
    pub const fn spares(self) -> bool {
        matches!(self, Self::Others | Self::Renew)
    }
}

/// A row of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventRule {
    /// What it reaches.
    pub reach: EventReach,
    /// The reason of the entry.
    pub reason: Reason,
}

/// The table, by the type of the event.
pub type EventTable = BTreeMap<Reason, EventRule>;

/// The table that holds where nothing else is configured.
pub fn usual_events() -> EventTable {
    let row = |kind, reach, reason| (Reason::known(kind), EventRule { reach, reason: Reason::known(reason) });
    EventTable::from([
        row(Reason::PASSWORD_CHANGED, EventReach::Others, Reason::PASSWORD_CHANGED),
        row(Reason::MFA_RESET, EventReach::All, Reason::MFA_RESET),
        row("roles_changed", EventReach::Renew, Reason::STALE_CLAIMS),
        row("permissions_changed", EventReach::Renew, Reason::STALE_CLAIMS),
        row(Reason::BANNED, EventReach::All, Reason::BANNED),
        row(Reason::DELETED, EventReach::All, Reason::DELETED),
    ])
}
