//! One use of a refresh token.

use quash_core::ids::GrantId;
use quash_core::session::grant::Grant;
use quash_core::session::renewal::{Renewal, Verdict, judge};
use quash_core::session::session::Session;

use super::Transaction;
use super::open::sign_in_details;
use crate::ports::{Act, AuditFact, Renewed, StoreError, action};
use crate::tables::Write;

impl<T: Write> Transaction<'_, T> {
    /// Judges it, and writes what the verdict says.
    pub(crate) fn renew(&mut self, grant: &GrantId, renewal: Renewal) -> Result<Option<Renewed>, StoreError> {
        let Some(mut grant) = self.grant_row(grant)? else { return Ok(None) };
        let mut session = self.session_of(&grant)?;
        let ban = self.refusing_ban(&session.subject, &grant.client, renewal.now)?;
        let verdict = if let Some(ban) = ban {
            Verdict::Banned(Box::new(ban))
        } else {
            let cut_by = self.cut(&session, &grant)?;
            judge(&renewal, &session, grant.clone(), cut_by)
        };
        if let Verdict::Rotate { grant: rotated, alarm } = &verdict {
            let stored = std::mem::replace(&mut grant, rotated.clone());
            // A clock that goes back must not shorten the idle limit.
            session.last_used_at = session.last_used_at.max(renewal.now);
            self.put_grant(&grant)?;
            self.put_session(&session)?;
            if *alarm {
                self.note(&adopted(&session, &stored, &renewal))?;
            }
        }
        Ok(Some(Renewed { verdict, session, grant, position: self.head.position }))
    }
    /// The bug [`WriteSessionBackWhole`](crate::planted::Bug::WriteSessionBackWhole).
    #[cfg(feature = "planted")]
    pub(crate) fn renew_and_write_back(
        &mut self,
        grant: &GrantId,
        renewal: Renewal,
        stale: Option<&quash_core::session::session::Session>,
    ) -> Result<Option<Renewed>, StoreError> {
        let renewed = self.renew(grant, renewal)?;
        stale.into_iter().try_for_each(|session| self.put_session(session))?;
        Ok(renewed)
    }
}

/// A token of a generation that the store has lost was adopted.
fn adopted(session: &Session, stored: &Grant, renewal: &Renewal) -> AuditFact {
    let mut about = sign_in_details(&stored.sign_in_of(session), stored);
    about.insert("presented_generation".into(), renewal.presented.0.to_string().into());
    about.insert("stored_generation".into(), stored.generation.0.to_string().into());
    about.insert("grant".into(), stored.id.as_str().into());
    let act = Act { at: renewal.now, actor: stored.client.as_str().into(), cause: "renewal".into() };
    AuditFact::new(&act, action::RENEWAL_ADOPTED, about)
}
