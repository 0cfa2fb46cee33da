//! Noting a change in the audit log (I12), and showing it.

use std::ops::{Bound, ControlFlow};
use std::time::Duration;

use quash_core::revocation::entry::{Effect, Entry, Exception};
use quash_core::revocation::target::Target;
use quash_core::time::Timestamp;

use super::Transaction;
use crate::ports::{
    AuditBreak, AuditEntry, AuditFact, AuditPage, AuditPoint, AuditQuery, ChainHash, Details, StoreError,
    action,
};
use crate::rows;
use crate::rows::audit::Chain;
use crate::tables::keys::meta;
use crate::tables::{Direction, Read, Table, Write};

/// So many are looked at a call.
const LOOKED_AT: usize = 10_000;
/// So many are forgotten a call, for the calls behind it are waiting.
const FORGOTTEN_AT_ONCE: usize = 256;

/// The details of the given names and values.
pub(super) fn details<const N: usize>(given: [(&str, &str); N]) -> Details {
    given.into_iter().map(|(name, value)| (name.into(), value.into())).collect()
}

impl<T: Read> Transaction<'_, T> {
    /// Where the chain begins and ends, within this transaction.
    pub(crate) fn chain(&self) -> Result<Chain, StoreError> {
        if let Some(chain) = self.chain {
            return Ok(chain);
        }
        let row = self.tables.get(Table::Meta, meta::AUDIT)?;
        row.map_or_else(|| Ok(Chain::first(self.constants)), |row| rows::audit::read_chain(&row))
    }

    /// A piece of the audit log.
    pub(crate) fn audit(&self, query: &AuditQuery) -> Result<AuditPage, StoreError> {
        let Chain { anchor, head } = self.chain()?;
        let after = query.after.max(anchor.sequence);
        let mut page = AuditPage { anchor, head, entries: Vec::new(), through: after };
        let Some(mut previous) = self.hash_at(after, anchor)? else {
            return if after > head.sequence { Ok(page) } else { Err(missing(after)) };
        };
        let mut left = LOOKED_AT;
        let start = rows::audit::key(after);
        let range = (Bound::Excluded(&start[..]), Bound::Unbounded);
        self.tables.scan(Table::Audit, range, Direction::Up, &mut |key, row| {
            if left == 0 || page.entries.len() >= query.limit {
                return Ok(ControlFlow::Break(()));
            }
            left -= 1;
            let entry = match rows::audit::read(previous, key, row) {
                // What comes before it is shown first.
                Err(_) if page.through > after => return Ok(ControlFlow::Break(())),
                read => read?,
            };
            (previous, page.through) = (entry.hash, entry.sequence);
            if asks_for(query, &entry) {
                page.entries.push(entry);
            }
            Ok(ControlFlow::Continue(()))
        })?;
        // Whoever turns the pages must not be given the same one for ever.
        let stuck = query.limit > 0 && page.through == after && after < head.sequence;
        if stuck { Err(missing(after.saturating_add(1))) } else { Ok(page) }
    }

    /// The hash at `sequence`, if it is kept.
    fn hash_at(&self, sequence: u64, anchor: AuditPoint) -> Result<Option<ChainHash>, StoreError> {
        if sequence == anchor.sequence {
            return Ok(Some(anchor.hash));
        }
        let row = self.tables.get(Table::Audit, &rows::audit::key(sequence))?;
        row.map(|row| Ok(rows::audit::split(&row)?.0)).transpose()
    }

    /// What an entry of the revocation log is in the audit log, with what is known of it besides.
    pub(super) fn audit_of(&self, entry: &Entry, mut known: Details) -> AuditFact {
        let fact = &entry.fact;
        let mut say = |name: &str, value: &str| {
            known.insert(name.into(), value.into());
        };
        if fact.issuer != self.constants.own_issuer || fact.target == Target::Issuer {
            say("issuer", fact.issuer.as_str());
        }
        say("target", fact.target.kind().name());
        say_target(&fact.target, &mut say);
        say("effect", if fact.effect == Effect::End { "end" } else { "refresh" });
        if let Some(spread) = fact.spread {
            say("spread", &spread.seconds().to_string());
        }
        if let Some(window) = &fact.window {
            say("window_from", &window.from().to_string());
            say("window_to", &window.to().to_string());
        }
        match &fact.exception {
            Some(Exception::Session(id)) => say("except_session", id.as_str()),
            Some(Exception::Token(id)) => say("except_token", id.as_str()),
            _ => {}
        }
        if let Some(undoes) = fact.undoes {
            say("undoes", &undoes.to_string());
        }
        AuditFact {
            at: fact.recorded_at,
            action: if fact.undoes.is_some() { action::UNDONE } else { action::REVOKED }.into(),
            actor: fact.actor.clone(),
            cause: fact.cause.clone(),
            reason: Some(fact.reason.as_str().into()),
            position: Some(entry.position),
            details: known,
        }
    }
}

/// The bytes in hexadecimal digits.
#[cfg(feature = "embedded")]
fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// What a target names, in plain ids.
fn say_target(target: &Target, say: &mut impl FnMut(&str, &str)) {
    match target {
        Target::Token(id) => say("token", id.as_str()),
        Target::TokenDigest(digest) => say("token_digest", &ChainHash(digest.0).to_string()),
        Target::Session(id) => say("session", id.as_str()),
        Target::Key(id) => say("key", id.as_str()),
        Target::Subject(id) | Target::UserKey(id) => say("subject", id.as_str()),
        Target::Device { subject, device } => {
            say("subject", subject.as_str());
            say("device", device.as_str());
        }
        Target::Client(id) => say("client", id.as_str()),
        Target::Claim { name, value } => {
            say("claim", name);
            say("value", value);
        }
        _ => {}
    }
}

fn missing(sequence: u64) -> StoreError {
    StoreError::Corrupt(AuditBreak::Missing { sequence }.to_string().into())
}

fn asks_for(query: &AuditQuery, entry: &AuditEntry) -> bool {
    let recent = query.since.is_none_or(|since| entry.fact.at >= since);
    let about = |subject: &str| {
        ["subject", "new_subject"]
            .iter()
            .any(|name| entry.fact.details.get(*name).is_some_and(|named| **named == *subject))
    };
    recent && query.subject.as_ref().is_none_or(|subject| about(subject.as_str()))
}

impl<T: Write> Transaction<'_, T> {
    /// Notes a change: the next entry of the chain.
    ///
    /// INVARIANT: in the transaction of the change, so that both are durable or neither is (I12).
    pub(super) fn note(&mut self, fact: &AuditFact) -> Result<(), StoreError> {
        #[cfg(feature = "planted")]
        let Some(fact) = &self.constants.late.instead_of(fact) else { return Ok(()) };
        let mut chain = self.chain()?;
        let sequence = chain.head.sequence.checked_add(1).ok_or(StoreError::LogFull)?;
        let canonical = rows::audit::canonical(sequence, fact);
        let hash = rows::audit::hash(chain.head.hash, &canonical);
        let value = rows::audit::value(hash, &canonical);
        self.tables.put(Table::Audit, &rows::audit::key(sequence), &value)?;
        chain.head = AuditPoint { sequence, hash };
        self.chain = Some(chain);
        Ok(())
    }

    /// Notes that this store was a backup of another one.
    #[cfg(feature = "embedded")]
    pub(crate) fn note_restore(&mut self, restore: &rows::meta::Restore) -> Result<(), StoreError> {
        let about = details([
            ("log", &hex(restore.log.bytes())),
            ("position", &restore.head.to_string()),
            ("ends_everything", if restore.ends_everything { "true" } else { "false" }),
        ]);
        let act = crate::ports::Act { at: restore.at, actor: "restore".into(), cause: "restore".into() };
        self.note(&AuditFact::new(&act, action::RESTORED, about))
    }

    /// Forgets what is old enough, from the front.
    pub(crate) fn purge_audit(&mut self, now: Timestamp, keep: Duration) -> Result<u64, StoreError> {
        let now = now.max(self.ratchet()?);
        let mut chain = self.chain()?;
        let old = self.old_entries(chain.anchor, now, keep)?;
        for point in &old {
            self.tables.remove(Table::Audit, &rows::audit::key(point.sequence))?;
        }
        if let Some(last) = old.last() {
            chain.anchor = *last;
            self.chain = Some(chain);
        }
        Ok(u64::try_from(old.len()).unwrap_or(u64::MAX))
    }

    fn old_entries(
        &self,
        anchor: AuditPoint,
        now: Timestamp,
        keep: Duration,
    ) -> Result<Vec<AuditPoint>, StoreError> {
        let mut old = Vec::new();
        let mut last = anchor;
        self.tables.scan(
            Table::Audit,
            (Bound::Unbounded, Bound::Unbounded),
            Direction::Up,
            &mut |key, row| {
                if old.len() >= FORGOTTEN_AT_ONCE {
                    return Ok(ControlFlow::Break(()));
                }
                // A break is not forgotten: it is evidence. Nor does it keep anything else from being maintained.
                let Ok(entry) = rows::audit::read(last.hash, key, row) else {
                    return Ok(ControlFlow::Break(()));
                };
                match last.follow(&entry) {
                    Ok(next) if entry.fact.at.plus(keep) <= now => last = next,
                    _ => return Ok(ControlFlow::Break(())),
                }
                old.push(last);
                Ok(ControlFlow::Continue(()))
            },
        )?;
        Ok(old)
    }
}
