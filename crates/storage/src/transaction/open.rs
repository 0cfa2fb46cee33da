//! Opening a session.

use quash_core::ids::{GrantId, SessionId};
use quash_core::session::grant::Grant;
use quash_core::session::policy::ReplacedBy;
use quash_core::session::session::Session;

use super::Transaction;
use super::audit::details;
use super::sessions::over_at;
use crate::ports::{AuditFact, Details, NewSession, Opened, StoreError, action};
use crate::rows::request::Outcome;
use crate::tables::{Read, Table, Write, keys};

impl<T: Read> Transaction<'_, T> {
    /// Both rows as they are now, if both are there and belong together.
    fn rows_of(&self, session: &SessionId, grant: &GrantId) -> Result<Option<(Session, Grant)>, StoreError> {
        let (session, grant) = (self.session_row(session)?, self.grant_row(grant)?);
        Ok(session.zip(grant).filter(|(session, grant)| grant.session == session.id))
    }
}

impl<T: Write> Transaction<'_, T> {
    /// Opens a session, or says why not.
    pub(crate) fn open(&mut self, new: NewSession) -> Result<Opened, StoreError> {
        let NewSession { mut session, mut grant, as_of, limit, registration, idempotency, act } = new;
        if let Some(done) = self.done_before(idempotency.as_ref(), session.opened_at)? {
            let (true, Outcome::Opened { session, grant }) = (done.matches, done.outcome) else {
                return Ok(Opened::KeyUsedOtherwise);
            };
            return Ok(before(self.rows_of(&session, &grant)?));
        }
        let head = self.head.position;
        if as_of.is_some_and(|as_of| as_of > head) {
            return Ok(Opened::AheadOfHead { head });
        }
        if self.session_row(&session.id)?.is_some() || self.grant_row(&grant.id)?.is_some() {
            return Ok(before(self.rows_of(&session.id, &grant.id)?));
        }
        let now = session.opened_at;
        if let Some(alias) = self.alias(&session.subject)? {
            return Ok(Opened::Aliased(Box::new(alias)));
        }
        if let Some(ban) = self.refusing_ban(&session.subject, &grant.client, now)? {
            return Ok(Opened::Banned(Box::new(ban)));
        }
        session.opened_position = as_of.unwrap_or(head);
        grant.opened_position = session.opened_position;
        grant.session = session.id.clone();
        // What a cutoff hits at once does not live, and takes nobody's place.
        let lives = self.cut(&session, &grant)?.is_none();
        let (limit, registration) = if lives { (limit, registration) } else { (None, None) };
        if let (Some(as_of), Some(_)) = (as_of, &registration) {
            session.opened_position = self.stand_of_registered(as_of, &session, &grant)?;
            grant.opened_position = session.opened_position;
        }
        let mut places = match self.places(&session, limit, now)? {
            Ok(places) => places,
            Err(live) => return Ok(Opened::LimitReached { live }),
        };
        if let Some(shared) = places.shared() {
            return self.share(shared, session, grant, places, idempotency, &act);
        }

        if registration.is_some() {
            self.position_after(places.live() + 1)?;
        }

        // Everything below writes.
        let replaced = self.take(places, &ReplacedBy::of(&session), &act)?;
        let mut opened = AuditFact::new(&act, action::SESSION_OPENED, sign_in_details(&session, &grant));
        if let Some(registration) = registration {
            let position = self.register(&session, registration, now)?;
            opened.position = Some(position);
            // INVARIANT: nothing lies between the head that the opening found and this entry but what made room for it.
            if session.opened_position == head {
                session.opened_position = position;
                grant.opened_position = position;
            }
        }
        self.put_session(&session)?;
        let by_subject = keys::pair(session.subject.as_str(), session.id.as_str());
        self.tables.put(Table::SubjectSessions, &by_subject, &[])?;
        self.watch_session(over_at(&session), &session.id)?;
        self.add_grant(&grant)?;
        self.note(&opened)?;
        if let Some(idempotency) = idempotency {
            let outcome = Outcome::Opened { session: session.id.clone(), grant: grant.id.clone() };
            self.remember(idempotency, session.opened_at, outcome)?;
        }
        Ok(Opened::Open { session: Box::new(session), grant: Box::new(grant), replaced })
    }
}

/// Who signed in, where and on what: no address and no user agent, which the log need not keep for so long.
pub(super) fn sign_in_details(session: &Session, grant: &Grant) -> Details {
    details([
        ("subject", session.subject.as_str()),
        ("session", session.id.as_str()),
        ("client", grant.client.as_str()),
        ("device", session.device.id.as_str()),
    ])
}

/// A repeated request finds its rows; where they are purged or are another's, the request is not repeated.
fn before(rows: Option<(Session, Grant)>) -> Opened {
    match rows {
        Some((session, grant)) => Opened::Before { session: Box::new(session), grant: Box::new(grant) },
        None => Opened::KeyUsedOtherwise,
    }
}
