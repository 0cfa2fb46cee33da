//! One use of a refresh token.

use quash_core::ids::GrantId;
use quash_core::session::renewal::{Renewal, Verdict, judge};

use super::Transaction;
use crate::ports::{Renewed, StoreError};
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
        if let Verdict::Rotate { grant: rotated, .. } = &verdict {
            grant = rotated.clone();
            // A clock that goes back must not shorten the idle limit.
            session.last_used_at = session.last_used_at.max(renewal.now);
            self.put_grant(&grant)?;
            self.put_session(&session)?;
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
