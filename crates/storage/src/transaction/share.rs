//! A sign-in that shares the session of an earlier one.

use quash_core::ids::GrantId;
use quash_core::session::grant::{Grant, SharedSignIn};
use quash_core::session::policy::ReplacedBy;
use quash_core::session::session::Session;

use super::Transaction;
use super::open::sign_in_details;
use super::replace::Places;
use crate::ports::{Act, AuditFact, Idempotency, Opened, StoreError, action};
use crate::rows::request::Outcome;
use crate::tables::{Read, Table, Write, keys};

impl<T: Read> Transaction<'_, T> {
    /// The grants that `client` of `grant` holds of `session` on the same device already.
    fn former_grants(
        &self,
        session: &Session,
        own: &SharedSignIn,
        grant: &Grant,
    ) -> Result<Vec<GrantId>, StoreError> {
        let grants = self.grants_of(&session.id)?.into_iter();
        let same = grants.filter(|held| {
            held.client == grant.client && held.sign_in_of(session).device.id == own.device.id
        });
        Ok(same.map(|held| held.id).collect())
    }
}

impl<T: Write> Transaction<'_, T> {
    /// Gives `grant`, which was made for `newcomer`, to the `session` that lives. It is a use of that session.
    ///
    /// INVARIANT: the grant stands where the newcomer stood, so what cut the newcomer off would cut it off; and the
    /// session's limits stay as they are.
    pub(super) fn share(
        &mut self,
        mut session: Session,
        newcomer: Session,
        mut grant: Grant,
        places: Places,
        idempotency: Option<Idempotency>,
        act: &Act,
    ) -> Result<Opened, StoreError> {
        let now = newcomer.opened_at;
        let by = ReplacedBy::on(&newcomer.device, session.id.clone());
        let own = SharedSignIn { authenticated_at: newcomer.authenticated_at, device: newcomer.device };
        let former = self.former_grants(&session, &own, &grant)?;
        grant.session = session.id.clone();
        grant.sign_in = Some(Box::new(own));
        session.last_used_at = session.last_used_at.max(now);

        // Everything below writes.
        let replaced = self.take(places, &by, act)?;
        // INVARIANT: their keys in the index are those of the grant that takes their place: one client, one device.
        for id in former {
            self.tables.remove(Table::Grants, id.as_str().as_bytes())?;
            self.tables.remove(Table::SessionGrants, &keys::pair(session.id.as_str(), id.as_str()))?;
        }
        self.put_session(&session)?;
        self.add_grant(&grant)?;
        let about = sign_in_details(&grant.sign_in_of(&session), &grant);
        self.note(&AuditFact::new(act, action::SESSION_SHARED, about))?;
        if let Some(idempotency) = idempotency {
            let outcome = Outcome::Opened { session: session.id.clone(), grant: grant.id.clone() };
            self.remember(idempotency, now, outcome)?;
        }
        Ok(Opened::Shared { session: Box::new(session), grant: Box::new(grant), replaced })
    }
}
