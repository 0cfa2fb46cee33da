//! Changing the claims of live sessions, in one step with the entry that makes their tokens stale (S26).

use quash_core::position::Position;
use quash_core::revocation::entry::Entry;
use quash_core::session::grant::Grant;
use quash_core::session::session::{Ending, Session, SessionState};
use serde_json::Value;

use super::Transaction;
use super::append::ending_of;
use crate::ports::{ClaimsChange, Details, StoreError};
use crate::tables::{Read, Write};

/// What a change comes to, found before anything is written.
#[derive(Default)]
pub(super) struct Changed {
    sessions: Vec<Session>,
    /// Sessions that a cutoff had ended already.
    ended: Vec<(Session, Ending)>,
    /// Grants that a cutoff had ended, of sessions that live on by others.
    cut: Vec<(Session, Grant)>,
}

/// The grants of a session, by whether a cutoff has ended them.
struct Grants {
    live: usize,
    cut: Vec<(Grant, Entry)>,
}

impl Changed {
    /// What the audit log says of it: nothing where no session carries the claims of `change`.
    pub(super) fn tell(&self, change: &ClaimsChange, details: &mut Details) {
        if !self.sessions.is_empty() {
            let members = Value::Object(change.members.clone()).to_string();
            details.insert("claims".into(), members.into());
        }
    }
}

impl<T: Read> Transaction<'_, T> {
    /// The sessions of the subject that nobody ended, as they will be; `None` where one would carry too much. Costs the
    /// sessions of the subject that are still stored.
    ///
    /// INVARIANT: the clock is not asked: a session that is over by it lives again when it goes back, and must not bring the
    /// old claims.
    pub(super) fn changed_claims(
        &self,
        change: &ClaimsChange,
        position: Position,
    ) -> Result<Option<Changed>, StoreError> {
        let mut changed = Changed::default();
        for id in self.sessions_of(&change.subject)? {
            let Some(session) = self.session_row(&id)? else { continue };
            if session.state != SessionState::Active {
                continue;
            }
            let Grants { live, cut } = self.grants_by_life(&session)?;
            if live == 0 && !cut.is_empty() {
                let by = cut.into_iter().map(|(_, entry)| entry).max_by_key(|entry| entry.position);
                changed.ended.extend(by.map(|entry| (session, ending_of(&entry.fact))));
                continue;
            }
            changed.cut.extend(cut.into_iter().map(|(grant, _)| (session.clone(), grant)));
            let Some(session) = merged(session, change, position) else { return Ok(None) };
            changed.sessions.push(session);
        }
        Ok(Some(changed))
    }

    fn grants_by_life(&self, session: &Session) -> Result<Grants, StoreError> {
        let mut grants = Grants { live: 0, cut: Vec::new() };
        for grant in self.grants_of(&session.id)? {
            match self.cut(session, &grant)? {
                Some(entry) => grants.cut.push((grant, entry)),
                None => grants.live += 1,
            }
        }
        Ok(grants)
    }
}

/// `session` after the change at `position`; `None` where it would carry more than the budget.
fn merged(mut session: Session, change: &ClaimsChange, position: Position) -> Option<Session> {
    let Session { claims, claims_changed, .. } = &mut session;
    for (name, value) in &change.members {
        if value.is_null() {
            claims.remove(name);
            claims_changed.remove(&**name);
        } else if claims.insert(name.clone(), value.clone()).as_ref() != Some(value) {
            claims_changed.insert(name.as_str().into(), position);
        }
    }
    let size = serde_json::to_vec(claims).map_or(usize::MAX, |text| text.len());
    (size <= change.budget).then_some(session)
}

impl<T: Write> Transaction<'_, T> {
    /// Writes a change down.
    ///
    /// INVARIANT: what a cutoff had ended is ended by its own row, or gone, before the claims that the cutoff names it by
    /// change: it does not come back.
    pub(super) fn change_claims(&mut self, changed: Changed) -> Result<(), StoreError> {
        for (session, ending) in changed.ended {
            self.end_session(session, ending)?;
        }
        for (session, grant) in &changed.cut {
            self.remove_grant(session, grant)?;
        }
        changed.sessions.iter().try_for_each(|session| self.put_session(session))
    }
}
