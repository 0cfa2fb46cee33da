//! A use of a session without its refresh token.

use std::collections::BTreeMap;
use std::time::Duration;

use quash_core::ids::SessionId;
use quash_core::session::grant::Grant;
use quash_core::session::last_use::{LastUse, UsedBy};
use quash_core::session::session::Session;
use quash_core::time::Timestamp;

use super::Transaction;
use crate::ports::{Noted, SessionUse, StoreError, Used};
use crate::tables::{Read, Write};

/// Uses closer together than this are one.
const APART: Duration = Duration::from_secs(1);

impl<T: Read> Transaction<'_, T> {
    /// A grant by which the session may be used, if there is one.
    fn usable_grant(&self, session: &Session, by: &UsedBy) -> Result<Option<Grant>, StoreError> {
        for grant in self.grants_of(&session.id)? {
            let device = &grant.sign_in_of(session).device.id;
            let named = grant.client == by.client && by.device.as_ref().is_none_or(|named| named == device);
            if named && self.cut(session, &grant)?.is_none() {
                return Ok(Some(grant));
            }
        }
        Ok(None)
    }

    /// The session that `by` may use at `now`, and a grant by which it may.
    fn usable(&self, by: &UsedBy, now: Timestamp) -> Result<Option<(Session, Grant)>, StoreError> {
        let Some(session) = self.session_row(&by.session)? else { return Ok(None) };
        let banned = self.refusing_ban(&session.subject, &by.client, now)?.is_some();
        if banned || session.over(now).is_some() {
            return Ok(None);
        }
        Ok(self.usable_grant(&session, by)?.map(|grant| (session, grant)))
    }
}

impl<T: Write> Transaction<'_, T> {
    /// Notes a use of a live session.
    pub(crate) fn use_session(&mut self, used: &SessionUse) -> Result<Option<Used>, StoreError> {
        let SessionUse { by, now } = used;
        let Some((mut session, grant)) = self.usable(by, *now)? else { return Ok(None) };
        if *now >= session.last_used_at.plus(APART) {
            session.last_used_at = *now;
            self.put_session(&session)?;
        }
        Ok(Some(Used { session, grant, position: self.head.position }))
    }

    /// Notes the last uses of sessions that live at `now`.
    ///
    /// INVARIANT: a row is read in the transaction that writes it, and judged at `now`, not at the use: what is over
    /// meanwhile was seen to be over, and stays so.
    pub(crate) fn note_uses(&mut self, uses: &[LastUse], now: Timestamp) -> Result<Noted, StoreError> {
        let mut noted = Noted::default();
        let mut moved = BTreeMap::new();
        for LastUse { by, at } in uses {
            match self.usable(by, now) {
                Ok(Some((session, _))) => {
                    noted.noted += 1;
                    move_to((*at).min(now), session, &mut moved);
                }
                // A damaged row is reported to whoever needs it; it keeps no other session from being noted.
                Ok(None) | Err(StoreError::Corrupt(_)) => noted.ignored += 1,
                Err(error) => return Err(error),
            }
        }
        moved.values().try_for_each(|session| self.put_session(session))?;
        Ok(noted)
    }
}

/// Keeps a session whose last use is later than its row says; the latest counts.
fn move_to(at: Timestamp, session: Session, moved: &mut BTreeMap<SessionId, Session>) {
    if at > session.last_used_at {
        let session = moved.entry(session.id.clone()).or_insert(session);
        session.last_used_at = session.last_used_at.max(at);
    }
}
