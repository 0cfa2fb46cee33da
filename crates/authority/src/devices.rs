//! The devices of a subject: looked at, and ended one at a time (S31, S32).

use quash_core::ids::{DeviceId, Subject};
use quash_core::revocation::reason::Reason;
use quash_core::revocation::target::Target;
use quash_core::verified::VerifiedClaims;
use quash_storage::ports::DeviceUse;

use crate::authority::Authority;
use crate::caller::Caller;
use crate::error::Error;
use crate::list_sessions::check_limit;
use crate::log_out::Ended;
use crate::page::Page;
use crate::permissions::{Verb, authorize};
use crate::revoke::Fact;

/// Which page of devices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DevicePage {
    /// Those whose id comes after this one, byte by byte.
    pub after: Option<DeviceId>,
    /// At most so many, 1 to 200.
    pub limit: usize,
}

impl Default for DevicePage {
    /// The first 50.
    fn default() -> Self {
        Self { after: None, limit: 50 }
    }
}

impl Authority {
    /// The devices of a subject by id, as the sessions that are still stored tell of them. A credential for one client
    /// sees what the grants of that client tell. Costs the sessions of the subject.
    ///
    /// # Errors
    /// [`Error::Forbidden`], [`Error::Request`] for a limit outside 1 to 200, [`Error::Store`].
    pub async fn list_devices(
        &self,
        caller: &Caller,
        subject: &Subject,
        page: DevicePage,
    ) -> Result<Page<DeviceUse>, Error> {
        authorize(caller, Verb::ReadSessions)?;
        check_limit(page.limit)?;
        let devices = self.store.devices(subject, caller.client(), self.now()).await?;
        Ok(page_of(devices, &page))
    }

    /// The devices of the token's subject that have a live session.
    ///
    /// # Errors
    /// [`Error::Request`] for a token that is not our own or a limit outside 1 to 200, [`Error::Store`].
    pub async fn own_devices(
        &self,
        token: &VerifiedClaims,
        page: DevicePage,
    ) -> Result<Page<DeviceUse>, Error> {
        let subject = self.own_subject(token)?;
        check_limit(page.limit)?;
        let mut devices = self.store.devices(&subject, None, self.now()).await?;
        devices.retain(|device| device.live_sessions > 0);
        Ok(page_of(devices, &page))
    }

    /// An administrator, or support, ends every session of one device of a subject: one entry, however many they are.
    /// `None` when no session that is stored was signed in to on such a device. Sessions that an entry ended before need
    /// none. A credential for one client may not: the device is not that client's alone.
    ///
    /// # Errors
    /// [`Error::Forbidden`], [`Error::Store`].
    pub async fn end_device(
        &self,
        caller: &Caller,
        subject: &Subject,
        device: &DeviceId,
        reason: Reason,
    ) -> Result<Option<Ended>, Error> {
        authorize(caller, Verb::EndSession)?;
        if caller.client().is_some() {
            return Err(Error::Forbidden(Verb::EndSession));
        }
        self.end_sessions_on(subject, device, self.doing_of(caller, reason)).await
    }

    /// A user ends every session of one of their devices. `None` when they have no such device.
    ///
    /// # Errors
    /// [`Error::Request`] for a token that is not our own, [`Error::Store`].
    pub async fn end_own_device(
        &self,
        token: &VerifiedClaims,
        device: &DeviceId,
        cause: &str,
    ) -> Result<Option<Ended>, Error> {
        let subject = self.own_subject(token)?;
        let own_device = token.device() == Some(device.as_str());
        let reason = if own_device { Reason::LOGGED_OUT } else { Reason::KICKED };
        self.end_sessions_on(&subject, device, self.own_doing(token, reason, cause)).await
    }

    async fn end_sessions_on(
        &self,
        subject: &Subject,
        device: &DeviceId,
        fact: Fact,
    ) -> Result<Option<Ended>, Error> {
        let devices = self.store.devices(subject, None, fact.now).await?;
        let Some(held) = devices.into_iter().find(|held| held.device.id == *device) else { return Ok(None) };
        if held.open_sessions == 0 {
            return Ok(Some(Ended { position: None }));
        }
        let target = Target::Device { subject: subject.clone(), device: device.clone() };
        let position = self.end_identity(&self.settings.issuer, target, fact).await?;
        Ok(Some(Ended { position: Some(position) }))
    }
}

fn page_of(devices: Vec<DeviceUse>, page: &DevicePage) -> Page<DeviceUse> {
    let after = |held: &DeviceUse| page.after.as_ref().is_none_or(|after| held.device.id > *after);
    let mut devices = devices.into_iter().filter(after);
    let items: Vec<DeviceUse> = devices.by_ref().take(page.limit).collect();
    let last = items.last().filter(|_| devices.next().is_some());
    let next_cursor = last.map(|held| held.device.id.as_str().to_owned());
    Page { items, next_cursor }
}
