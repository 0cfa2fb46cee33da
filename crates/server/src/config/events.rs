//! `[[event]]`: what an event in a subject's life revokes.

use quash_core::revocation::reason::Reason;

use super::section::Section;
use super::words::words;

words! {
    /// What of a subject an event reaches.
    Reach, "one of `all`, `others`, `renew`, `none`", {
        /// Every session ends.
        All = "all",
        /// Every session ends but the one that the caller spares.
        Others = "others",
        /// Every session lives on; its access tokens are stale and renewed silently.
        Renew = "renew",
        /// Nothing is revoked.
        None = "none",
    }
}

/// A row of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct EventConfig {
    /// The type of the event.
    pub kind: Reason,
    /// What it reaches.
    pub reach: Reach,
    /// The reason of the entry.
    pub reason: Reason,
}

impl EventConfig {
    /// Reads the section. `None` where a problem was reported.
    pub(super) fn read(section: &mut Section<'_>) -> Option<Self> {
        let kind: Option<Reason> = section.required(
            "type",
            "the type of the event, as `POST /v1/events` says it; takes the place of a built-in one",
        );
        let reach = section.required("reach", "what of the subject it reaches");
        let reason = section.optional("reason", "the reason that the entry says; none: the type");
        Some(Self { reach: reach?, reason: reason.or_else(|| kind.clone())?, kind: kind? })
    }
}
