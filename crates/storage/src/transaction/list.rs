//! Looking at sessions.

use std::ops::{Bound, ControlFlow};

use quash_core::ids::{ClientId, DeviceId, GrantId, SessionId, Subject};
use quash_core::revocation::entry::Entry;
use quash_core::session::device::Device;
use quash_core::session::grant::Grant;
use quash_core::session::session::Session;
use quash_core::time::Timestamp;

use super::Transaction;
use super::sessions::session_in;
use crate::ports::{Filter, Listed, Page, PageRequest, StateFilter, StoreError};
use crate::rows;
use crate::tables::{Direction, Read, Table, keys};

/// The most sessions on one page.
const LONGEST_PAGE: usize = 200;

impl<T: Read> Transaction<'_, T> {
    /// One session.
    pub(crate) fn session(&self, id: &SessionId) -> Result<Option<Listed>, StoreError> {
        self.session_row(id)?.map(|session| self.listed(session)).transpose()
    }

    /// A grant and its session; the cutoff shown is one that ended this grant.
    pub(crate) fn grant(&self, id: &GrantId) -> Result<Option<(Grant, Listed)>, StoreError> {
        let Some(grant) = self.grant_row(id)? else { return Ok(None) };
        let session = self.session_of(&grant)?;
        let cut_by = self.cut(&session, &grant)?;
        let clients = self.client_names(&session.id)?;
        let shared_with = self.shared_with(&session)?;
        Ok(Some((grant, Listed { session, clients, shared_with, cut_by })))
    }

    /// A page of sessions, newest first.
    pub(crate) fn sessions(&self, filter: &Filter, page: &PageRequest) -> Result<Page<Listed>, StoreError> {
        let limit = page.limit.clamp(1, LONGEST_PAGE);
        let mut items = Vec::new();
        let mut more = false;
        let mut take = |session: Session| {
            if let Some(listed) = self.filtered(session, filter, page.now)? {
                more = items.len() == limit;
                if !more {
                    items.push(listed);
                }
            }
            Ok(if more { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
        };
        match &filter.subject {
            Some(subject) => self.walk_subject(subject, page.after.as_ref(), &mut take)?,
            None => self.walk_all(page.after.as_ref(), &mut take)?,
        }
        Ok(Page { items, more })
    }

    fn walk_subject(
        &self,
        subject: &Subject,
        after: Option<&SessionId>,
        take: &mut dyn FnMut(Session) -> Result<ControlFlow<()>, StoreError>,
    ) -> Result<(), StoreError> {
        let (from, end) = keys::all_of(subject.as_str());
        let to = after.map_or(end, |after| keys::pair(subject.as_str(), after.as_str()));
        let range = keys::between(&from, &to);
        self.tables.scan(Table::SubjectSessions, range, Direction::Down, &mut |key, _| {
            let session = self.session_row(&session_in(key)?)?;
            session.map_or(Ok(ControlFlow::Continue(())), &mut *take)
        })
    }

    fn walk_all(
        &self,
        after: Option<&SessionId>,
        take: &mut dyn FnMut(Session) -> Result<ControlFlow<()>, StoreError>,
    ) -> Result<(), StoreError> {
        let to = after.map_or(Bound::Unbounded, |after| Bound::Excluded(after.as_str().as_bytes()));
        self.tables.scan(Table::Sessions, (Bound::Unbounded, to), Direction::Down, &mut |_, row| {
            take(rows::session::read(row)?)
        })
    }

    /// The session as a list shows it, if the filter lets it through. The cheap questions come first.
    fn filtered(
        &self,
        session: Session,
        filter: &Filter,
        now: Timestamp,
    ) -> Result<Option<Listed>, StoreError> {
        let device = match &filter.device {
            Some(device) => self.is_on(&session, device)?,
            None => true,
        };
        let ip = filter.ip.as_ref().is_none_or(|ip| Some(ip) == session.ip.as_ref());
        if !device || !ip {
            return Ok(None);
        }
        let over = session.over(now).is_some();
        let listed = self.listed(session)?;
        let ended = over || listed.cut_by.is_some();
        let state = match filter.state {
            StateFilter::Any => true,
            StateFilter::Active => !ended,
            StateFilter::Ended => ended,
        };
        let client = filter.client.as_ref().is_none_or(|client| listed.clients.contains(client));
        Ok((state && client).then_some(listed))
    }

    /// Whether a sign-in on `device` holds a grant of the session.
    fn is_on(&self, session: &Session, device: &DeviceId) -> Result<bool, StoreError> {
        if session.device.id == *device {
            return Ok(true);
        }
        let shares = |grant: &Grant| grant.sign_in.as_deref().is_some_and(|own| own.device.id == *device);
        Ok(self.grants_of(&session.id)?.iter().any(shares))
    }

    fn listed(&self, session: Session) -> Result<Listed, StoreError> {
        let clients = self.client_names(&session.id)?;
        let cut_by = self.session_cut(&session)?;
        let shared_with = self.shared_with(&session)?;
        Ok(Listed { session, clients, shared_with, cut_by })
    }

    /// The other devices on which the session goes on.
    fn shared_with(&self, session: &Session) -> Result<Vec<Device>, StoreError> {
        let mut devices: Vec<Device> = Vec::new();
        for grant in self.grants_of(&session.id)? {
            let Some(own) = &grant.sign_in else { continue };
            let known =
                own.device.id == session.device.id || devices.iter().any(|held| held.id == own.device.id);
            if !known && self.cut(session, &grant)?.is_none() {
                devices.push(own.device.clone());
            }
        }
        Ok(devices)
    }

    fn client_names(&self, id: &SessionId) -> Result<Vec<ClientId>, StoreError> {
        let mut clients: Vec<ClientId> = self.clients_of(id)?.into_iter().map(|(_, client)| client).collect();
        clients.sort_unstable();
        clients.dedup();
        Ok(clients)
    }

    /// What ended the whole session: a session is cut off when each of its grants is.
    fn session_cut(&self, session: &Session) -> Result<Option<Entry>, StoreError> {
        let mut latest: Option<Entry> = None;
        for grant in self.grants_of(&session.id)? {
            let Some(entry) = self.cut(session, &grant)? else { return Ok(None) };
            if latest.as_ref().is_none_or(|held| entry.position > held.position) {
                latest = Some(entry);
            }
        }
        Ok(latest)
    }
}
