//! Comparing the log with what was acknowledged, after every step.

use quash_core::revocation::entry::Entry;
use quash_core::revocation::target::Target;
use quash_storage::ports::AuditQuery;

use super::{Hidden, Run};
use crate::invariants::i3_acknowledged_is_durable as i3;
use crate::invariants::i12_every_change_is_audited_once as i12;
use crate::oracle::Said;
use crate::violation::Violation;

/// How many entries are read from the log at once: more than most steps add.
const PAGE: usize = 32;

impl Run {
    /// Reads what is new in the log and takes it in.
    pub(super) async fn settle(&mut self) -> Result<(), Violation> {
        let news = self.news().await?;
        let expected = std::mem::take(&mut self.expected);
        self.oracle.absorb(&news, expected).map_err(i3::broken)?;
        if news.iter().any(|entry| entry.fact.undoes.is_some()) {
            self.oracle.leave_out(self.world.server()?.authority.now());
        }
        self.audit(&news).await?;
        self.registered(&news)?;
        self.find_hidden(&news);
        self.oracle.unsettled.clear();
        self.oracle.remember_head(self.world.server()?.authority.now());
        for entry in &news {
            let fact = &entry.fact;
            self.observe("entry", (entry.position, fact.recorded_at, fact.retain_until, fact.enforce_until));
        }
        self.observe("head", self.oracle.head.number() - self.world.server()?.log.origin.number());
        Ok(())
    }

    /// What is new in the log, oldest first.
    async fn news(&self) -> Result<Vec<Entry>, Violation> {
        let store = &self.world.server()?.store;
        let mut news: Vec<Entry> = Vec::new();
        loop {
            let before = news.last().map(|entry| entry.position);
            let mut page = store.entries_before(before, PAGE).await.map_err(Violation::stuck)?;
            page.retain(|entry| entry.position > self.oracle.head);
            let is_last = page.len() < PAGE;
            news.extend(page);
            if is_last {
                news.reverse();
                return Ok(news);
            }
        }
    }

    /// Reads what is new in the audit log and takes it in.
    async fn audit(&mut self, news: &[Entry]) -> Result<(), Violation> {
        let store = &self.world.server()?.store;
        let mut new = Vec::new();
        let mut after = self.audited.point.sequence;
        let head = loop {
            let page = store.audit(AuditQuery::after(after, PAGE)).await.map_err(Violation::stuck)?;
            new.extend(page.entries);
            if page.through == after {
                break page.head;
            }
            after = page.through;
        };
        let sign_in_in_doubt = matches!(self.hidden, Some(Hidden::SignIn(_)));
        self.audited.absorb(&new, head, &i12::Step { news, sign_in_in_doubt }, &self.oracle)?;
        self.observe("audit", head.sequence);
        Ok(())
    }

    /// Only sessions that somebody opened are registered, each for its own subject.
    fn registered(&mut self, news: &[Entry]) -> Result<(), Violation> {
        for entry in news {
            let Target::Registration { session, subject } = &entry.fact.target else { continue };
            let mut known = self.oracle.sessions.iter().filter(|known| known.id == *session);
            let of_another = known.any(|known| known.subject != subject.as_str());
            if !self.oracle.rules.allowlist || of_another || !self.audited.was_opened(session.as_str()) {
                return Err(i3::broken(format!("nobody opened what is registered: {:?}", entry.fact.target)));
            }
            let undone = news.iter().any(|entry| entry.fact.undoes.is_some());
            self.coverage.count(match &*entry.fact.actor {
                "allowlist" if undone => "registered: lives again",
                "allowlist" => "registered: lived already",
                _ => "registered",
            });
        }
        Ok(())
    }

    /// A revocation whose answer was lost may be in the log: then sending it again must find it there.
    fn find_hidden(&mut self, news: &[Entry]) {
        let (said, found_at) = match &mut self.hidden {
            Some(Hidden::Revoke(request)) => (&request.said, &mut request.found_at),
            Some(Hidden::Undo(request)) => (&request.said, &mut request.found_at),
            _ => return,
        };
        let found = news.iter().find(|entry| Said::of(entry) == *said);
        *found_at = found.map(|entry| entry.position);
        let outcome =
            if found.is_some() { "unanswered: had happened" } else { "unanswered: had not happened" };
        self.coverage.count(outcome);
    }

    /// The whole log, oldest first.
    pub(super) async fn whole_log(&self) -> Result<Vec<Entry>, Violation> {
        let store = &self.world.server()?.store;
        let mut log: Vec<Entry> = Vec::new();
        loop {
            let before = log.last().map(|entry| entry.position);
            let page = store.entries_before(before, 200).await.map_err(Violation::stuck)?;
            if page.is_empty() {
                log.reverse();
                return Ok(log);
            }
            log.extend(page);
        }
    }
}
