//! Registering a session for an allowlist (S12).

use quash_core::position::Position;
use quash_core::revocation::entry::{Effect, Entry, NewEntry};
use quash_core::revocation::reason::Reason;
use quash_core::revocation::target::Target;
use quash_core::session::session::Session;

use super::Transaction;
use crate::ports::{Registering, StoreError};
use crate::tables::Write;

impl<T: Write> Transaction<'_, T> {
    /// Appends the entry that registers `session`. Says where.
    pub(super) fn register(
        &mut self,
        session: &Session,
        registration: Registering,
    ) -> Result<Position, StoreError> {
        let position = self.position_after(1)?;
        let Registering { retain_until, actor } = registration;
        let fact = NewEntry {
            recorded_at: session.opened_at,
            issuer: self.constants.own_issuer.clone(),
            target: Target::Registration { session: session.id.clone(), subject: session.subject.clone() },
            effect: Effect::End,
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
