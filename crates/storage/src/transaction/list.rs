//! Looking at sessions.

use quash_core::ids::{ClientId, GrantId, SessionId};
use quash_core::revocation::entry::Entry;
use quash_core::session::device::Device;
use quash_core::session::grant::Grant;
use quash_core::session::session::Session;

use super::Transaction;
use crate::ports::{Listed, StoreError};
use crate::tables::Read;

impl<T: Read> Transaction<'_, T> {
    /// One session.
    pub(crate) fn session(&self, id: &SessionId) -> Result<Option<Listed>, StoreError> {
        let Some(session) = self.session_row(id)? else { return Ok(None) };
        let grants = self.grants_of(id)?;
        self.listed(session, &grants).map(Some)
    }

    /// A grant and its session; the cutoff shown is one that ended this grant.
    pub(crate) fn grant(&self, id: &GrantId) -> Result<Option<(Grant, Listed)>, StoreError> {
        let Some(grant) = self.grant_row(id)? else { return Ok(None) };
        let session = self.session_of(&grant)?;
        let cut_by = self.cut(&session, &grant)?;
        let grants = self.grants_of(&session.id)?;
        let listed = self.listed(session, &grants)?;
        Ok(Some((grant, Listed { cut_by, ..listed })))
    }

    /// A session as lists show it, with all its grants.
    pub(super) fn listed(&self, session: Session, grants: &[Grant]) -> Result<Listed, StoreError> {
        let mut cuts = Vec::with_capacity(grants.len());
        for grant in grants {
            cuts.push(self.cut(&session, grant)?);
        }
        let shared_with = shared_with(&session, grants, &cuts);
        Ok(Listed { session, clients: clients(grants), shared_with, cut_by: cut_whole(cuts) })
    }
}

/// The other devices on which the session goes on.
fn shared_with(session: &Session, grants: &[Grant], cuts: &[Option<Entry>]) -> Vec<Device> {
    let mut devices: Vec<Device> = Vec::new();
    for (grant, cut) in grants.iter().zip(cuts) {
        let Some(own) = &grant.sign_in else { continue };
        let known = own.device.id == session.device.id || devices.iter().any(|held| held.id == own.device.id);
        if !known && cut.is_none() {
            devices.push(own.device.clone());
        }
    }
    devices
}

fn clients(grants: &[Grant]) -> Vec<ClientId> {
    let mut clients: Vec<ClientId> = grants.iter().map(|grant| grant.client.clone()).collect();
    clients.sort_unstable();
    clients.dedup();
    clients
}

/// What ended the whole session: a session is cut off when each of its grants is.
fn cut_whole(cuts: Vec<Option<Entry>>) -> Option<Entry> {
    let all: Option<Vec<Entry>> = cuts.into_iter().collect();
    all?.into_iter().max_by_key(|entry| entry.position)
}
