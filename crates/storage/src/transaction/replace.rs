//! Making room for one more session of a subject.

use std::collections::HashMap;

use quash_core::ids::SessionId;
use quash_core::position::Position;
use quash_core::revocation::entry::{Effect, Entry, NewEntry};
use quash_core::revocation::reason::Reason;
use quash_core::revocation::target::Target;
use quash_core::session::policy::{ReplacedBy, Room};
use quash_core::session::session::{Ending, Session};
use quash_core::time::Timestamp;

use super::Transaction;
use super::audit::details;
use crate::ports::{Act, AuditFact, PlacesTaken, SessionLimit, StoreError};
use crate::tables::{Read, Write};

/// The places that a session takes, found before anything is written.
#[derive(Default)]
pub(super) struct Places {
    limit: Option<SessionLimit>,
    ends: Vec<Session>,
    /// The session that lives on and is shared.
    shared: Option<Session>,
}

/// The most grants of a shared session.
const MOST_SHARING: usize = 100;

impl Places {
    /// The session to share, where the newcomer gets no place of its own.
    pub(super) const fn shared(&mut self) -> Option<Session> {
        self.shared.take()
    }

    /// How many sessions live where there may be one.
    pub(super) fn live(&self) -> usize {
        self.ends.len() + usize::from(self.shared.is_some())
    }
}

impl<T: Read> Transaction<'_, T> {
    /// The places that `newcomer` takes, or how many sessions live where it gets none. Costs the sessions of the
    /// subject that are still stored.
    pub(super) fn places(
        &self,
        newcomer: &Session,
        limit: Option<SessionLimit>,
        now: Timestamp,
    ) -> Result<Result<Places, usize>, StoreError> {
        let Some(limit) = limit else { return Ok(Ok(Places::default())) };
        let live = self.counted(newcomer, &limit, now)?;
        let (ends, shared) = match limit.policy.room(newcomer, &live) {
            Room::After(ends) => (ends, None),
            Room::Sharing { session, after } => self.shared_or_ended(session, after)?,
            Room::None { live } => return Ok(Err(live)),
        };
        self.position_after(ends.len())?;
        let mut live: HashMap<_, _> = live.into_iter().map(|session| (session.id.clone(), session)).collect();
        let ends = ends.iter().filter_map(|id| live.remove(id)).collect();
        let shared = shared.and_then(|id| live.remove(&id));
        Ok(Ok(Places { limit: Some(limit), ends, shared }))
    }

    /// A session that many share already ends like the others.
    fn shared_or_ended(
        &self,
        session: SessionId,
        mut ends: Vec<SessionId>,
    ) -> Result<(Vec<SessionId>, Option<SessionId>), StoreError> {
        if self.clients_of(&session)?.len() < MOST_SHARING {
            return Ok((ends, Some(session)));
        }
        ends.push(session);
        Ok((ends, None))
    }

    /// The other sessions of the same subject that live and count.
    fn counted(
        &self,
        newcomer: &Session,
        limit: &SessionLimit,
        now: Timestamp,
    ) -> Result<Vec<Session>, StoreError> {
        let mut counted = Vec::new();
        for id in self.sessions_of(&newcomer.subject)? {
            if id != newcomer.id
                && let Some(session) = self.session_row(&id)?
                && session.over(now).is_none()
                && self.counts(&session, limit)?
            {
                counted.push(session);
            }
        }
        Ok(counted)
    }

    /// Whether a client of the limit holds a grant of `session` that no cutoff has ended.
    pub(super) fn counts(&self, session: &Session, limit: &SessionLimit) -> Result<bool, StoreError> {
        for (grant, client) in self.clients_of(&session.id)? {
            if limit.clients.contains(&client)
                && let Some(grant) = self.grant_row(&grant)?
                && self.cut(session, &grant)?.is_none()
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The position that `count` more entries reach.
    pub(super) fn position_after(&self, count: usize) -> Result<Position, StoreError> {
        let count = u64::try_from(count).unwrap_or(u64::MAX);
        let reached = self.head.position.number().checked_add(count);
        reached.and_then(|number| Position::new(number).ok()).ok_or(StoreError::LogFull)
    }
}

impl<T: Write> Transaction<'_, T> {
    /// Ends what a sign-in takes the place of.
    ///
    /// INVARIANT: one entry for each session, never a cutoff of the subject that spares the newcomer: such a cutoff
    /// would also hit the next sign-in, where that one read the head before this one was made.
    pub(super) fn take(
        &mut self,
        places: Places,
        by: &ReplacedBy,
        act: &Act,
    ) -> Result<Option<PlacesTaken>, StoreError> {
        let Places { limit: Some(limit), ends, .. } = places else { return Ok(None) };
        let mut taken = None;
        for (sessions, session) in (1..).zip(ends) {
            let position = self.head.position.next().ok_or(StoreError::LogFull)?;
            let fact = self.replacement(&session.id, &by.session, &limit, act.at);
            let ending = Ending {
                at: act.at,
                reason: fact.reason.clone(),
                by: fact.actor.clone(),
                replaced_by: Some(Box::new(by.clone())),
            };
            let subject = session.subject.clone();
            let known = details([("subject", subject.as_str()), ("replaced_by", by.session.as_str())]);
            let entry = Entry { position, fact };
            let audit = AuditFact { cause: act.cause.clone(), ..self.audit_of(&entry, known) };
            self.end_session(session, ending)?;
            self.put_entry(entry, Some(&audit))?;
            taken = Some(PlacesTaken { sessions, through: position });
        }
        Ok(taken)
    }

    fn replacement(
        &self,
        session: &SessionId,
        newcomer: &SessionId,
        limit: &SessionLimit,
        now: Timestamp,
    ) -> NewEntry {
        NewEntry {
            recorded_at: now,
            issuer: self.constants.own_issuer.clone(),
            target: Target::Session(session.clone()),
            effect: Effect::End,
            spread: None,
            window: None,
            exception: None,
            retain_until: limit.retain_until,
            // The row is ended with the entry, so the store needs the entry no longer than verifiers do.
            enforce_until: limit.retain_until,
            reason: Reason::known(Reason::REPLACED),
            actor: limit.actor.clone(),
            cause: newcomer.as_str().into(),
            undoes: None,
        }
    }
}
