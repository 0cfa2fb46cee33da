//! `[sessions]`, and `sessions` of a client: how many sessions a subject may have at once.

use quash_authority::settings::MOST_SESSIONS;

use super::section::Section;
use super::words::words;

words! {
    /// Which sessions of a subject are counted together.
    Per, "`subject` or `device_type`", {
        /// All of them.
        Subject = "subject",
        /// Those on devices of one type.
        DeviceType = "device_type",
    }
}

words! {
    /// What becomes of a sign-in when there are as many sessions as there may be.
    Overflow, "one of `replace_oldest`, `replace_idle_first`, `refuse`, `share`", {
        /// It takes the place of the session that was opened first.
        ReplaceOldest = "replace_oldest",
        /// It takes the place of the session that was not used for the longest.
        ReplaceIdleFirst = "replace_idle_first",
        /// It is refused.
        Refuse = "refuse",
        /// It shares the session that lives, where that one gives it no more than it asked for.
        Share = "share",
    }
}

/// How many sessions a subject may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SessionsConfig {
    /// So many; at least one.
    pub max: u32,
    /// What is counted together.
    pub per: Per,
    /// What becomes of one more.
    pub overflow: Overflow,
}

/// What `max` means where it is not given.
pub(super) const GENERAL: &str = "how many sessions a subject may have at once, at all clients together that say nothing of their own; none: any number";

/// The same for one client.
pub(super) const OWN: &str = "how many sessions a subject may have at once at this client; none: as in `[sessions]`, counted with the others";

impl SessionsConfig {
    /// Reads the section. `None` where it sets no limit, or a problem was reported.
    pub(super) fn read(section: &mut Section<'_>, what: &'static str) -> Option<Self> {
        let before = section.problems();
        let max = section.optional_bounded("max", what, 1..=MOST_SESSIONS);
        let refused = section.problems() > before;
        let per = section.optional("per", "what is counted together; none: `subject`, which is all of them");
        let overflow =
            section.optional("overflow", "what becomes of one session more; none: `replace_oldest`");
        if max.is_none() && !refused {
            let given = [("per", per.is_some()), ("overflow", overflow.is_some())];
            for (name, _) in given.into_iter().filter(|(_, given)| *given) {
                section.problem(name, "is given without `max`, which sets the limit");
            }
        }
        if overflow == Some(Overflow::Share) && max.is_some_and(|max| max > 1) {
            section.problem("overflow", "found \"share\", which needs a `max` of 1: all share one session");
        }
        Some(Self {
            max: max?,
            per: per.unwrap_or(Per::Subject),
            overflow: overflow.unwrap_or(Overflow::ReplaceOldest),
        })
    }
}
