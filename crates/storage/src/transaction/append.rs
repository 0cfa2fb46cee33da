//! Appending an entry.

use quash_core::position::Position;
use quash_core::revocation::entry::{Effect, Entry, Exception, NewEntry};
use quash_core::revocation::target::Target;
use quash_core::session::session::{Ending, Session, SessionState};

use super::claims::Changed;
use super::{Link, Transaction};
use crate::ports::{Append, Appended, AuditFact, Details, StoreError};
use crate::rows;
use crate::rows::request::Outcome;
use crate::tables::{Table, Write, keys};

/// What an entry does to the one session that it names.
enum Named {
    /// The entry names no session of our own.
    None,
    /// It names one that is not held here.
    NotHeld,
    /// It ends this one.
    Ends(Box<Session>),
    /// It names one that is over already.
    OverAlready,
    /// It names one that is held, and changes nothing about it.
    Held,
}

/// How an entry ends a session.
pub(super) fn ending_of(entry: &NewEntry) -> Ending {
    Ending { at: entry.recorded_at, reason: entry.reason.clone(), by: entry.actor.clone(), replaced_by: None }
}

/// Whose session it is.
pub(super) fn name_subject(details: &mut Details, session: &Session) {
    details.insert("subject".into(), session.subject.as_str().into());
}

impl<T: Write> Transaction<'_, T> {
    /// Appends one entry, or says why not.
    pub(crate) fn append(&mut self, append: Append) -> Result<Appended, StoreError> {
        let Append { entry, idempotency, expect_max, mut evidence, claims } = append;
        if let Some(done) = self.done_before(idempotency.as_ref(), entry.recorded_at)? {
            return Ok(match (done.matches, done.outcome) {
                (true, Outcome::Appended { position, matched }) => Appended::Before { position, matched },
                _ => Appended::KeyUsedOtherwise,
            });
        }
        let matched = expect_max.map(|_| self.count_matching(&entry)).transpose()?;
        if let (Some(max), Some(matched)) = (expect_max, matched)
            && matched > max
        {
            return Ok(Appended::TooMany { matched });
        }
        let position = self.head.position.next().ok_or(StoreError::LogFull)?;
        let named = self.named_session(&entry)?;
        let changed = match claims {
            Some(change) => self
                .changed_claims(&change, position)?
                .inspect(|changed| changed.tell(&change, &mut evidence)),
            None => Some(Changed::default()),
        };
        let Some(changed) = changed else { return Ok(Appended::ClaimsTooLarge) };
        let recorded_at = entry.recorded_at;

        if let Named::Ends(session) = &named {
            name_subject(&mut evidence, session);
        }
        let entry = Entry { position, fact: entry };
        let audit = self.audit_of(&entry, evidence);

        // Everything below writes.
        self.change_claims(changed)?;
        self.apply_to_session(named, position, &entry.fact)?;
        self.put_entry(entry, Some(&audit))?;
        if let Some(idempotency) = idempotency {
            self.remember(idempotency, recorded_at, Outcome::Appended { position, matched })?;
        }
        Ok(Appended::At { position, matched })
    }

    fn named_session(&self, entry: &NewEntry) -> Result<Named, StoreError> {
        let Target::Session(id) = &entry.target else { return Ok(Named::None) };
        if entry.issuer != self.constants.own_issuer {
            return Ok(Named::None);
        }
        let Some(session) = self.session_row(id)? else { return Ok(Named::NotHeld) };
        let spared = matches!(&entry.exception, Some(Exception::Session(spared)) if spared == id);
        Ok(match session.state {
            _ if entry.effect != Effect::End || spared => Named::Held,
            SessionState::Active => Named::Ends(Box::new(session)),
            _ => Named::OverAlready,
        })
    }

    fn apply_to_session(
        &mut self,
        named: Named,
        position: Position,
        entry: &NewEntry,
    ) -> Result<(), StoreError> {
        match named {
            Named::Ends(session) => {
                let ending = ending_of(entry);
                self.end_session(*session, ending)
            }
            // INVARIANT: of the entries that end one session, the one that its row names is not in the index, and all
            // others are: when that one is undone, they still end it.
            Named::None | Named::NotHeld | Named::OverAlready => self.index_target(position, entry),
            // It ends nothing.
            Named::Held => Ok(()),
        }
    }

    /// Puts an entry at the next position, and notes it in the audit log: `None` for one that changes no rights.
    pub(super) fn put_entry(&mut self, entry: Entry, audit: Option<&AuditFact>) -> Result<(), StoreError> {
        let Entry { position, fact } = &entry;
        let canonical = rows::entry::canonical(*position, fact);
        let checksum = rows::entry::next_checksum(self.head.checksum, &canonical);
        let key = keys::position(*position);
        self.tables.put(Table::Entries, &key, &rows::entry::value(checksum, &canonical))?;
        self.tables.put(Table::EntryEnds, &keys::due(fact.retain_until, &key), &[])?;
        self.head.position = *position;
        self.head.checksum = checksum;
        self.appended.push(Link { entry, checksum });
        audit.map_or(Ok(()), |audit| self.note(audit))
    }
}
