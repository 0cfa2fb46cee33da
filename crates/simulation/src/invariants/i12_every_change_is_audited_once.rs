//! I12. Of the design: *one hash-chained audit entry per acknowledged change.*

use std::collections::BTreeSet;

use quash_core::revocation::entry::Entry;
use quash_core::revocation::target::Target;
use quash_storage::ports::{AuditEntry, AuditPoint, action};

use crate::oracle::Oracle;
use crate::violation::{Invariant, Violation};

pub(crate) const RULE: Invariant = Invariant {
    name: "I12",
    sentence: "every acknowledged change has one audit entry, in the order of the changes, chained by hash; what was refused has none",
};

/// What the audit log is known to say.
#[derive(Debug)]
pub(crate) struct Audited {
    /// How far it was followed.
    pub(crate) point: AuditPoint,
    /// The sessions that it says were opened.
    opened: BTreeSet<Box<str>>,
    /// How many joins it says there were.
    joined: usize,
    /// How many joins were asked for without an answer.
    pub(crate) joins_in_doubt: usize,
}

/// What the step that was just taken can have changed.
pub(crate) struct Step<'a> {
    /// What is new in the revocation log.
    pub(crate) news: &'a [Entry],
    /// Whether a sign-in was asked for without an answer.
    pub(crate) sign_in_in_doubt: bool,
}

impl Audited {
    /// Nothing was followed beyond `point` yet.
    pub(crate) const fn from(point: AuditPoint) -> Self {
        Self { point, opened: BTreeSet::new(), joined: 0, joins_in_doubt: 0 }
    }

    /// Checked after every step, and so across every crash and start: what is `new` continues the chain, and holds what was
    /// acknowledged and nothing else.
    pub(crate) fn absorb(
        &mut self,
        new: &[AuditEntry],
        head: AuditPoint,
        step: &Step<'_>,
        oracle: &Oracle,
    ) -> Result<(), Violation> {
        for entry in new {
            self.point = self.point.follow(entry).map_err(|error| broken(error.to_string()))?;
        }
        if self.point != head {
            return Err(broken(format!("it ends with {head:?}, and leads to {:?}", self.point)));
        }
        entries_agree(step.news, new)?;
        for entry in new {
            self.take_in(entry, step, oracle)?;
        }
        self.sessions_agree(oracle)?;
        self.joins_agree(oracle)
    }

    fn take_in(&mut self, entry: &AuditEntry, step: &Step<'_>, oracle: &Oracle) -> Result<(), Violation> {
        match &*entry.fact.action {
            action::SESSION_OPENED => {
                let session = entry.fact.details.get("session").cloned().unwrap_or_default();
                let known = oracle.sessions.iter().any(|known| known.id.as_str() == &*session);
                if !known && !step.sign_in_in_doubt {
                    return Err(broken(format!("nobody opened {session}")));
                }
                if !self.opened.insert(session) {
                    return Err(broken("a session was opened twice".to_owned()));
                }
            }
            action::CLIENT_JOINED => self.joined += 1,
            action::REVOKED | action::UNDONE | action::KEYS_CHANGED | action::RENEWAL_ADOPTED => {}
            other => return Err(broken(format!("nobody asked for `{other}`"))),
        }
        Ok(())
    }

    /// Whether somebody opened this session: acknowledged, or without an answer.
    pub(crate) fn was_opened(&self, session: &str) -> bool {
        self.opened.contains(session)
    }

    fn sessions_agree(&self, oracle: &Oracle) -> Result<(), Violation> {
        let lost = oracle.sessions.iter().find(|session| !self.opened.contains(session.id.as_str()));
        match lost {
            Some(lost) => Err(broken(format!("it does not say that {} was opened", lost.id.as_str()))),
            None => Ok(()),
        }
    }

    /// Every session came with one grant; every other grant came by a join.
    fn joins_agree(&self, oracle: &Oracle) -> Result<(), Violation> {
        let acknowledged = oracle.grants.len().saturating_sub(oracle.sessions.len());
        if (acknowledged..=acknowledged + self.joins_in_doubt).contains(&self.joined) {
            return Ok(());
        }
        Err(broken(format!("{acknowledged} joins were acknowledged, it has {}", self.joined)))
    }
}

/// Every entry of the revocation log that is new has one that says the same, in the same order.
fn entries_agree(news: &[Entry], new: &[AuditEntry]) -> Result<(), Violation> {
    let said: Vec<&AuditEntry> = new.iter().filter(|entry| entry.fact.position.is_some()).collect();
    // What registers a session that is open already is nobody's act.
    let acts: Vec<&Entry> = news.iter().filter(|entry| &*entry.fact.actor != "allowlist").collect();
    if said.len() == acts.len() && acts.iter().zip(&said).all(|(entry, audit)| says_the_same(entry, audit)) {
        return Ok(());
    }
    Err(broken(format!("the log has {news:?}, the audit log {said:?}")))
}

fn says_the_same(entry: &Entry, audit: &AuditEntry) -> bool {
    let (fact, audit) = (&entry.fact, &audit.fact);
    let at =
        audit.position == Some(entry.position) && audit.at == fact.recorded_at && audit.actor == fact.actor;
    if let Target::Registration { session, .. } = &fact.target {
        let opened = audit.details.get("session").is_some_and(|opened| **opened == *session.as_str());
        return at && opened && &*audit.action == action::SESSION_OPENED;
    }
    at && audit.cause == fact.cause && audit.reason.as_deref() == Some(fact.reason.as_str())
}

fn broken(seen: String) -> Violation {
    Violation::of(RULE, seen)
}
