//! A use of a session without its refresh token.

use std::time::Duration;

use quash_core::session::grant::Grant;
use quash_core::session::session::Session;

use super::Transaction;
use crate::ports::{SessionUse, StoreError, Used};
use crate::tables::{Read, Write};

/// Uses closer together than this are one.
const APART: Duration = Duration::from_secs(1);

impl<T: Read> Transaction<'_, T> {
    /// A grant by which the session may be used, if there is one.
    fn usable_grant(&self, session: &Session, used: &SessionUse) -> Result<Option<Grant>, StoreError> {
        for grant in self.grants_of(&session.id)? {
            let named = grant.client == used.client && grant.sign_in_of(session).device.id == used.device;
            if named && self.cut(session, &grant)?.is_none() {
                return Ok(Some(grant));
            }
        }
        Ok(None)
    }
}

impl<T: Write> Transaction<'_, T> {
    /// Notes a use of a live session.
    pub(crate) fn use_session(&mut self, used: &SessionUse) -> Result<Option<Used>, StoreError> {
        let Some(mut session) = self.session_row(&used.session)? else { return Ok(None) };
        let banned = self.refusing_ban(&session.subject, &used.client, used.now)?.is_some();
        if banned || session.over(used.now).is_some() {
            return Ok(None);
        }
        let Some(grant) = self.usable_grant(&session, used)? else { return Ok(None) };
        if used.now >= session.last_used_at.plus(APART) {
            session.last_used_at = used.now;
            self.put_session(&session)?;
        }
        Ok(Some(Used { session, grant, position: self.head.position }))
    }
}
