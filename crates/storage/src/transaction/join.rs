//! Joining a client to a session.

use quash_core::session::grant::Grant;

use super::Transaction;
use crate::ports::{Join, Joined, StoreError};
use crate::tables::Write;

impl<T: Write> Transaction<'_, T> {
    /// Adds a client to a live session, or says why not.
    pub(crate) fn join(&mut self, join: Join) -> Result<Joined, StoreError> {
        let Join { mut grant, now } = join;
        let Some(session) = self.session_row(&grant.session)? else { return Ok(Joined::Unknown) };
        if let Some(over) = session.over(now) {
            return Ok(Joined::Over(over));
        }
        // INVARIANT: what is judged is the sign-in, so the session's position counts, not today's: a cutoff of
        // this very client after the sign-in asks for a new sign-in too.
        let as_signed_in = Grant { opened_position: session.opened_position, ..grant.clone() };
        if let Some(entry) = self.cut(&session, &as_signed_in)? {
            return Ok(Joined::CutOff(Box::new(entry)));
        }
        if let Some(held) = self.grant_row(&grant.id)? {
            // The same call again; or an id that belongs to another session, which is not this caller's.
            let same = held.session == session.id && held.client == grant.client;
            return Ok(if same {
                Joined::Open { session: Box::new(session), grant: Box::new(held) }
            } else {
                Joined::Unknown
            });
        }
        grant.opened_position = self.head.position;
        self.add_grant(&grant)?;
        Ok(Joined::Open { session: Box::new(session), grant: Box::new(grant) })
    }
}
