//! The devices of a subject.

use std::collections::BTreeMap;

use quash_core::ids::{ClientId, DeviceId, Subject};
use quash_core::session::device::Device;
use quash_core::session::grant::Grant;
use quash_core::session::session::{Session, SessionState};
use quash_core::time::Timestamp;

use super::Transaction;
use crate::ports::{DeviceUse, StoreError};
use crate::tables::Read;

impl<T: Read> Transaction<'_, T> {
    /// The devices of a subject, in the order of their ids: those with a grant of `client`, where one is named.
    pub(crate) fn devices(
        &self,
        subject: &Subject,
        client: Option<&ClientId>,
        now: Timestamp,
    ) -> Result<Vec<DeviceUse>, StoreError> {
        let mut devices = BTreeMap::new();
        // The oldest first, so that the newest says what the device is called.
        for id in self.sessions_of(subject)? {
            let Some(session) = self.session_row(&id)? else { continue };
            self.note_devices(&session, client, now, &mut devices)?;
        }
        Ok(devices.into_values().collect())
    }

    /// Notes the devices of one session. A session counts once for each device that signed in to it.
    fn note_devices(
        &self,
        session: &Session,
        client: Option<&ClientId>,
        now: Timestamp,
        devices: &mut BTreeMap<DeviceId, DeviceUse>,
    ) -> Result<(), StoreError> {
        let over = session.over(now).is_some();
        let ended = !matches!(session.state, SessionState::Active);
        let mut noted: BTreeMap<DeviceId, DeviceUse> = BTreeMap::new();
        for grant in self.grants_of(&session.id)? {
            if client.is_some_and(|client| grant.client != *client) {
                continue;
            }
            let open = !ended && self.cut(session, &grant)?.is_none();
            let seen = DeviceUse {
                live_sessions: u64::from(open && !over),
                open_sessions: u64::from(open),
                ..seen(session, &grant)
            };
            match noted.get_mut(&seen.device.id) {
                Some(held) => held.join(&seen),
                None => drop(noted.insert(seen.device.id.clone(), seen)),
            }
        }
        for (id, seen) in noted {
            match devices.get_mut(&id) {
                Some(held) => held.add(seen),
                None => drop(devices.insert(id, seen)),
            }
        }
        Ok(())
    }
}

/// What one grant says of its device.
fn seen(session: &Session, grant: &Grant) -> DeviceUse {
    let (device, opened_at): (&Device, _) = match grant.sign_in.as_deref() {
        Some(own) => (&own.device, grant.opened_at),
        None => (&session.device, session.opened_at),
    };
    let own = device.id == session.device.id;
    DeviceUse {
        device: device.clone(),
        user_agent: session.user_agent.clone().filter(|_| own),
        ip: session.ip.clone().filter(|_| own),
        place: session.place.clone().filter(|_| own),
        first_seen_at: opened_at,
        last_seen_at: session.last_used_at,
        sessions: 1,
        live_sessions: 0,
        open_sessions: 0,
    }
}

impl DeviceUse {
    /// Another grant of the same session on the same device.
    fn join(&mut self, other: &Self) {
        self.first_seen_at = self.first_seen_at.min(other.first_seen_at);
        self.live_sessions = self.live_sessions.max(other.live_sessions);
        self.open_sessions = self.open_sessions.max(other.open_sessions);
    }

    /// A later session on the same device.
    fn add(&mut self, later: Self) {
        *self = Self {
            device: Device {
                id: later.device.id,
                name: later.device.name.or_else(|| self.device.name.take()),
                kind: later.device.kind.or_else(|| self.device.kind.take()),
            },
            user_agent: later.user_agent.or_else(|| self.user_agent.take()),
            ip: later.ip.or_else(|| self.ip.take()),
            place: later.place.or_else(|| self.place.take()),
            first_seen_at: self.first_seen_at.min(later.first_seen_at),
            last_seen_at: self.last_seen_at.max(later.last_seen_at),
            sessions: self.sessions + later.sessions,
            live_sessions: self.live_sessions + later.live_sessions,
            open_sessions: self.open_sessions + later.open_sessions,
        };
    }
}
