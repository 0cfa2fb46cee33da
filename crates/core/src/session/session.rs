//! The session and its state machine.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::ids::{SessionId, Subject};
use crate::position::Position;
use crate::revocation::reason::Reason;
use crate::session::device::Device;
use crate::session::grant::Grant;
use crate::session::policy::ReplacedBy;
use crate::time::Timestamp;

/// One sign-in of one subject on one device.
#[derive(Clone, Debug, PartialEq)]
pub struct Session {
    /// `sid`.
    pub id: SessionId,
    /// `sub`.
    pub subject: Subject,
    /// Live or over.
    pub state: SessionState,
    /// `auth_time`: when the user proved who they are.
    pub authenticated_at: Timestamp,
    /// When the session was opened.
    pub opened_at: Timestamp,
    /// The log position it was opened at: later cutoffs hit it.
    pub opened_position: Position,
    /// How long it lives without use. At `last_used_at` plus this, exactly, it is over.
    pub idle_limit: Duration,
    /// When it is over whatever its use. Fixed at sign-in; only ever brought forward.
    pub absolute_end: Timestamp,
    /// The last renewal or reported activity.
    pub last_used_at: Timestamp,
    /// Claims that go into every access token of the session.
    pub claims: serde_json::Map<String, serde_json::Value>,
    /// The log position that each claim was last changed at, for those that ever were: earlier entries about such a claim
    /// are no matter of its new value. Whatever they had ended by then was ended for good.
    pub claims_changed: BTreeMap<Box<str>, Position>,
    /// How the user signed in: `amr` (RFC 8176).
    pub methods: Vec<Box<str>>,
    /// The device.
    pub device: Device,
    /// The address that the user signed in from, as the backend reported it.
    pub ip: Option<Box<str>>,
    /// The user agent, as the backend reported it.
    pub user_agent: Option<Box<str>>,
    /// The place that the user signed in from, as the backend reported it: `Vienna, AT`.
    pub place: Option<Box<str>>,
}

/// Whether a session can still be renewed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
#[non_exhaustive]
pub enum SessionState {
    /// It can, within its limits.
    Active,
    /// It was ended.
    Ended(Ending),
}

/// How a session ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ending {
    /// When.
    pub at: Timestamp,
    /// Why.
    pub reason: Reason,
    /// By whom: a credential, a client, or the subject.
    pub by: Box<str>,
    /// Which sign-in took its place, if one did.
    pub replaced_by: Option<Box<ReplacedBy>>,
}

/// Why a session is over.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Over {
    /// It was ended.
    Ended(Ending),
    /// It was not used for its idle limit.
    Idle,
    /// It reached its absolute end.
    AbsoluteLimit,
}

impl Over {
    /// The reason in one word.
    pub fn reason(&self) -> &str {
        match self {
            Self::Ended(ending) => ending.reason.as_str(),
            Self::Idle => "idle",
            Self::AbsoluteLimit => "absolute_limit",
        }
    }
}

impl Session {
    /// Whether the session is over at `now`, by its own row; cutoffs are the log's business.
    ///
    /// Both limits are closed: at the very instant the session is over (RFC 7519 section 4.1.4 in spirit).
    pub fn over(&self, now: Timestamp) -> Option<Over> {
        match &self.state {
            SessionState::Ended(ending) => Some(Over::Ended(ending.clone())),
            SessionState::Active if now >= self.absolute_end => Some(Over::AbsoluteLimit),
            SessionState::Active if now >= self.idle_end() => Some(Over::Idle),
            SessionState::Active => None,
        }
    }

    /// The position that cutoffs have to lie beyond to end `grant`: where it was opened, or where the claim that they are
    /// about was last changed. `claim` is its name; none for those that are not about a claim.
    ///
    /// INVARIANT: a change of one claim lets nobody past what was said of another, of a client or of a scope (I6).
    pub fn judged_from(&self, grant: &Grant, claim: Option<&str>) -> Position {
        let changed = claim.and_then(|name| self.claims_changed.get(name).copied());
        changed.map_or(grant.opened_position, |changed| changed.max(grant.opened_position))
    }

    /// When the session is over if nobody uses it any more.
    pub fn idle_end(&self) -> Timestamp {
        self.last_used_at.plus(self.idle_limit)
    }

    /// Ends the session. The first ending stands: ending an ended session changes nothing.
    #[must_use]
    pub fn end(self, ending: Ending) -> Self {
        match self.state {
            SessionState::Ended(_) => self,
            SessionState::Active => Self { state: SessionState::Ended(ending), ..self },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session() -> Session {
        Session {
            id: SessionId::new("ses_1").unwrap(),
            subject: Subject::new("alice").unwrap(),
            state: SessionState::Active,
            authenticated_at: Timestamp::from_seconds(100),
            opened_at: Timestamp::from_seconds(100),
            opened_position: Position::ZERO,
            idle_limit: Duration::from_secs(10),
            absolute_end: Timestamp::from_seconds(120),
            last_used_at: Timestamp::from_seconds(105),
            claims: serde_json::Map::new(),
            claims_changed: BTreeMap::new(),
            methods: Vec::new(),
            device: Device { id: crate::ids::DeviceId::new("dev_1").unwrap(), name: None, kind: None },
            ip: None,
            user_agent: None,
            place: None,
        }
    }

    #[test]
    fn a_session_is_over_at_the_very_instant_of_its_idle_limit() {
        // S01, S04
        assert_eq!(session().over(Timestamp::from_milliseconds(114_999)), None);
        assert_eq!(session().over(Timestamp::from_seconds(115)), Some(Over::Idle));
    }

    #[test]
    fn a_session_is_over_at_the_very_instant_of_its_absolute_limit_however_active() {
        // S07
        let busy = Session { last_used_at: Timestamp::from_seconds(119), ..session() };
        assert_eq!(busy.over(Timestamp::from_milliseconds(119_999)), None);
        assert_eq!(busy.over(Timestamp::from_seconds(120)), Some(Over::AbsoluteLimit));
    }

    #[test]
    fn the_first_ending_stands() {
        let ending = |reason| Ending {
            at: Timestamp::EPOCH,
            reason: Reason::known(reason),
            by: "x".into(),
            replaced_by: None,
        };
        let ended = session().end(ending(Reason::LOGGED_OUT)).end(ending(Reason::ADMIN));
        assert_eq!(ended.over(Timestamp::from_seconds(106)), Some(Over::Ended(ending(Reason::LOGGED_OUT))));
    }
}
