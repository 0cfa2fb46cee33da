//! Putting and lifting bans, and asking for them.

use std::ops::ControlFlow;

use quash_core::ids::{ClientId, SessionId, Subject};
use quash_core::position::Position;
use quash_core::revocation::entry::{Effect, NewEntry};
use quash_core::revocation::reason::Reason;
use quash_core::revocation::target::Target;
use quash_core::session::ban::{Ban, Service};
use quash_core::session::session::SessionState;
use quash_core::time::Timestamp;

use super::Transaction;
use super::audit::details;
use crate::ports::{Act, Append, Appended, AuditFact, BanPut, PutBan, StandingBan, StoreError, action};
use crate::rows;
use crate::tables::{Direction, Read, Table, Write, keys};

/// So many are forgotten a call, for the calls behind it are waiting.
const FORGOTTEN_AT_ONCE: u64 = 256;

impl<T: Read> Transaction<'_, T> {
    /// The ban that refuses `subject` at `client`, if there is one: the one that is everywhere first.
    pub(super) fn refusing_ban(
        &self,
        subject: &Subject,
        client: &ClientId,
        now: Timestamp,
    ) -> Result<Option<Ban>, StoreError> {
        for service in [Service::EVERYWHERE, client.as_str()] {
            let ban = self.ban_row(subject, service)?.filter(|ban| ban.refuses(now));
            if ban.is_some() {
                return Ok(ban);
            }
        }
        Ok(None)
    }

    /// The bans of a subject.
    pub(crate) fn bans(&self, subject: &Subject) -> Result<Vec<StandingBan>, StoreError> {
        let (from, to) = keys::all_of(subject.as_str());
        let mut bans = Vec::new();
        self.tables.scan(Table::Bans, keys::between(&from, &to), Direction::Up, &mut |key, row| {
            let service = ClientId::new(keys::inner(key)?).map_err(|_| rows::corrupt("bans"))?;
            bans.push(StandingBan { service: service.into(), ban: rows::ban::read(row)? });
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(bans)
    }

    fn ban_row(&self, subject: &Subject, service: &str) -> Result<Option<Ban>, StoreError> {
        let row = self.tables.get(Table::Bans, &keys::pair(subject.as_str(), service))?;
        row.map(|row| rows::ban::read(&row)).transpose()
    }

    /// What a ban ends. At one client it costs the sessions of the subject that are still stored.
    fn reach(&self, put: &PutBan) -> Result<Vec<Target>, StoreError> {
        if !put.ban.refuses(put.ban.at) {
            return Ok(Vec::new());
        }
        let Service::Client(client) = &put.service else {
            return Ok(vec![Target::Subject(put.subject.clone())]);
        };
        let mut named = Vec::new();
        for id in self.sessions_of(&put.subject)? {
            if self.has_to_end(&id, client)? {
                named.push(Target::Session(id));
            }
        }
        Ok(named)
    }

    /// Whether a session that no entry about it ended has a grant of `client`. One that only ran out is named too: its
    /// access tokens live on to their own end.
    fn has_to_end(&self, id: &SessionId, client: &ClientId) -> Result<bool, StoreError> {
        let active = self.session_row(id)?.is_some_and(|session| session.state == SessionState::Active);
        Ok(active && self.clients_of(id)?.iter().any(|(_, held_by)| held_by == client))
    }
}

impl<T: Write> Transaction<'_, T> {
    /// Puts a ban and ends what it reaches.
    ///
    /// INVARIANT: entries and ban are one change, so that a sign-in or a renewal is either before both, and ended, or
    /// after both, and refused.
    pub(crate) fn ban(&mut self, put: &PutBan) -> Result<BanPut, StoreError> {
        if let Some(alias) = self.alias(&put.subject)? {
            return Ok(BanPut::Aliased(alias));
        }
        let reach = self.reach(put)?;
        self.position_after(reach.len())?;

        // Everything below writes.
        let mut through = None;
        for target in reach {
            through = Some(self.end_by_ban(put, target)?);
        }
        self.remove_ban(&put.subject, &put.service)?;
        self.put_ban(&put.subject, &put.service, &put.ban)?;
        let act = Act { at: put.ban.at, actor: put.ban.by.clone(), cause: put.cause.clone() };
        let fact = of_ban(&act, action::BANNED, &put.subject, &put.service, &put.ban);
        self.note(&AuditFact { position: through, ..fact })?;
        Ok(BanPut::Put { through })
    }

    /// Writes a ban down where none is.
    pub(super) fn put_ban(
        &mut self,
        subject: &Subject,
        service: &Service,
        ban: &Ban,
    ) -> Result<(), StoreError> {
        let key = keys::pair(subject.as_str(), service.as_str());
        self.tables.put(Table::Bans, &key, &rows::ban::write(ban))?;
        self.tables.put(Table::BanEnds, &keys::due(ban.until, &key), &[])
    }

    /// Takes a ban away before its end.
    pub(crate) fn lift_ban(
        &mut self,
        subject: &Subject,
        service: &Service,
        act: &Act,
    ) -> Result<Option<Ban>, StoreError> {
        let lifted = self.remove_ban(subject, service)?;
        // One that was over already refused nobody.
        if let Some(ban) = lifted.as_ref().filter(|ban| ban.holds(act.at)) {
            self.note(&of_ban(act, action::BAN_LIFTED, subject, service, ban))?;
        }
        Ok(lifted)
    }

    /// Takes a ban away.
    pub(super) fn remove_ban(
        &mut self,
        subject: &Subject,
        service: &Service,
    ) -> Result<Option<Ban>, StoreError> {
        let Some(ban) = self.ban_row(subject, service.as_str())? else { return Ok(None) };
        let key = keys::pair(subject.as_str(), service.as_str());
        self.tables.remove(Table::Bans, &key)?;
        self.tables.remove(Table::BanEnds, &keys::due(ban.until, &key))?;
        Ok(Some(ban))
    }

    /// Forgets bans that are over; how many.
    pub(super) fn purge_bans(&mut self, now: Timestamp) -> Result<u64, StoreError> {
        let mut removed = 0;
        for due in self.due(Table::BanEnds, now)? {
            if removed >= FORGOTTEN_AT_ONCE {
                break;
            }
            let (_, key) = keys::read_due(&due)?;
            removed += u64::from(self.tables.remove(Table::Bans, key)?);
            self.tables.remove(Table::BanEnds, &due)?;
        }
        Ok(removed)
    }

    fn end_by_ban(&mut self, put: &PutBan, target: Target) -> Result<Position, StoreError> {
        let identity = target.kind().is_identity();
        let entry = NewEntry {
            recorded_at: put.ban.at,
            issuer: self.constants.own_issuer.clone(),
            target,
            effect: Effect::End,
            spread: None,
            window: None,
            exception: None,
            retain_until: put.retain_until,
            // A session's row is ended with its entry, so the store needs the entry no longer than verifiers do.
            enforce_until: if identity { put.retain_until } else { put.enforce_until },
            reason: Reason::known(Reason::BANNED),
            actor: put.ban.by.clone(),
            cause: put.cause.clone(),
            undoes: None,
        };
        let evidence = details([("subject", put.subject.as_str())]);
        match self.append(Append { evidence, ..Append::new(entry) })? {
            Appended::At { position, .. } => Ok(position),
            _ => Err(StoreError::LogFull),
        }
    }
}

/// A change of a ban, as the audit log says it.
fn of_ban(act: &Act, action: &str, subject: &Subject, service: &Service, ban: &Ban) -> AuditFact {
    let level = ban.level.number().to_string();
    let until = ban.until.milliseconds().to_string();
    let about = [("subject", subject.as_str()), ("service", service.as_str()), ("level", &level)];
    let mut about = details(about);
    if ban.until != Timestamp::FOREVER {
        about.insert("until".into(), until.into());
    }
    AuditFact { reason: Some(ban.reason.as_str().into()), ..AuditFact::new(act, action, about) }
}
