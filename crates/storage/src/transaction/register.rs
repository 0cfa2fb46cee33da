//! Registering sessions for an allowlist (S12).

use quash_core::position::Position;
use quash_core::revocation::entry::{Effect, Entry, NewEntry};
use quash_core::revocation::reason::Reason;
use quash_core::revocation::target::Target;
use quash_core::session::grant::Grant;
use quash_core::session::session::Session;
use quash_core::time::Timestamp;

use super::Transaction;
use crate::ports::{RegisterOpen, Registering, StoreError};
use crate::tables::keys::meta;
use crate::tables::{Read, Table, Write};

/// How many entries a sign-in that looks back is held against: some milliseconds of work.
const LOOKED_BACK_AT: usize = 1_024;

impl<T: Read> Transaction<'_, T> {
    /// Whether every session that lives is registered.
    pub(crate) fn is_allowlist_whole(&self) -> Result<bool, StoreError> {
        Ok(self.tables.get(Table::Meta, meta::ALLOWLIST_WHOLE)?.is_some())
    }

    /// Where a session that is registered stands, which was signed in as of `as_of` and is hit by no cutoff that ends.
    ///
    /// It stands at the head where nothing since `as_of` makes its first token stale: a verifier that lacks the
    /// registration then finds the token newer than what it knows. Where something does, or too much came since, it
    /// stands at `as_of`, so that the token is stale.
    pub(super) fn stand_of_registered(
        &self,
        as_of: Position,
        session: &Session,
        grant: &Grant,
    ) -> Result<Position, StoreError> {
        let head = self.head.position;
        let since = self.live_after(as_of, Timestamp::EPOCH, LOOKED_BACK_AT + 1)?;
        let own = |entry: &Entry| entry.fact.issuer == self.constants.own_issuer && entry.fact.revokes();
        let stale = since.len() > LOOKED_BACK_AT
            || since.iter().any(|entry| own(entry) && self.is_named(&entry.fact.target, session, grant));
        Ok(if stale { as_of } else { head })
    }

    /// Those of `register.sessions` that live, and that some grant keeps alive.
    fn to_register(&self, register: &RegisterOpen) -> Result<Vec<Session>, StoreError> {
        let mut live = Vec::with_capacity(register.sessions.len());
        for id in &register.sessions {
            let Some(session) = self.session_row(id)? else { continue };
            if session.over(register.now).is_none() && self.has_live_grant(&session)? {
                live.push(session);
            }
        }
        Ok(live)
    }

    fn has_live_grant(&self, session: &Session) -> Result<bool, StoreError> {
        for grant in self.grants_of(&session.id)? {
            if self.cut(session, &grant)?.is_none() {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

impl<T: Write> Transaction<'_, T> {
    /// Registers sessions that are open. Says where the last entry is.
    pub(crate) fn register_open(&mut self, register: RegisterOpen) -> Result<Option<Position>, StoreError> {
        let live = self.to_register(&register)?;
        self.position_after(live.len())?;

        // Everything below writes.
        let RegisterOpen { now, beyond_end, actor, .. } = register;
        let mut last = None;
        for session in live {
            let retain_until = session.absolute_end.plus(beyond_end);
            let registering = Registering { retain_until, actor: actor.clone() };
            last = Some(self.register(&session, registering, now)?);
        }
        Ok(last)
    }

    /// Says whether every session that lives is registered.
    pub(crate) fn set_allowlist_whole(&mut self, whole: bool) -> Result<(), StoreError> {
        if whole {
            return self.tables.put(Table::Meta, meta::ALLOWLIST_WHOLE, &[]);
        }
        self.tables.remove(Table::Meta, meta::ALLOWLIST_WHOLE).map(drop)
    }

    /// Appends the entry that registers `session`. Says where.
    pub(super) fn register(
        &mut self,
        session: &Session,
        registration: Registering,
        recorded_at: Timestamp,
    ) -> Result<Position, StoreError> {
        let position = self.position_after(1)?;
        let Registering { retain_until, actor } = registration;
        let fact = NewEntry {
            recorded_at,
            issuer: self.constants.own_issuer.clone(),
            target: Target::Registration { session: session.id.clone(), subject: session.subject.clone() },
            effect: Effect::End,
            spread: None,
            window: None,
            exception: None,
            undoes: None,
            retain_until,
            // The store enforces nothing by it.
            enforce_until: retain_until,
            reason: Reason::known(Reason::SIGNED_IN),
            actor,
            cause: session.id.as_str().into(),
        };
        // The audit entry is that of the opening.
        self.put_entry(Entry { position, fact }, None)?;
        Ok(position)
    }
}
