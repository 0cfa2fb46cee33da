//! Joining a client to a session.

use quash_core::session::grant::Grant;
use quash_core::session::policy::ReplacedBy;
use quash_core::session::session::Session;

use super::Transaction;
use super::open::sign_in_details;
use crate::ports::{AuditFact, Join, Joined, SessionLimit, StoreError, action};
use crate::tables::{Read, Write};

impl<T: Write> Transaction<'_, T> {
    /// Adds a client to a live session, or says why not.
    pub(crate) fn join(&mut self, join: Join) -> Result<Joined, StoreError> {
        let Join { mut grant, limit, act } = join;
        let now = act.at;
        let Some(session) = self.session_row(&grant.session)? else { return Ok(Joined::Unknown) };
        if let Some(ban) = self.refusing_ban(&session.subject, &grant.client, now)? {
            return Ok(Joined::Banned(Box::new(ban)));
        }
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
                Joined::Open { session: Box::new(session), grant: Box::new(held), replaced: None }
            } else {
                Joined::Unknown
            });
        }
        grant.opened_position = self.head.position;
        let limit = self.unless_counted(&session, limit)?;
        let mut places = match self.places(&session, limit, now)? {
            Ok(places) => places,
            Err(live) => return Ok(Joined::LimitReached { live }),
        };
        // Who joins names a session and can not be given another.
        let live = places.live();
        if places.shared().is_some() {
            return Ok(Joined::LimitReached { live });
        }

        // Everything below writes.
        let replaced = self.take(places, &ReplacedBy::of(&session), &act)?;
        self.add_grant(&grant)?;
        let about = sign_in_details(&session, &grant);
        self.note(&AuditFact::new(&act, action::CLIENT_JOINED, about))?;
        Ok(Joined::Open { session: Box::new(session), grant: Box::new(grant), replaced })
    }
}

impl<T: Read> Transaction<'_, T> {
    /// A session that counts already needs no room.
    fn unless_counted(
        &self,
        session: &Session,
        limit: Option<SessionLimit>,
    ) -> Result<Option<SessionLimit>, StoreError> {
        let Some(limit) = limit else { return Ok(None) };
        Ok((!self.counts(session, &limit)?).then_some(limit))
    }
}
