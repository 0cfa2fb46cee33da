//! How many sessions a subject may have (S23, S24): judged by the store, in the transaction that opens one.

use quash_core::time::Timestamp;
use quash_storage::ports::{PlacesTaken, SessionLimit};

use crate::authority::Authority;
use crate::caller::Caller;
use crate::error::Error;
use crate::settings::ClientProfile;

/// A sign-in that the limit leaves no room for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LimitReached {
    /// How many sessions of the subject live and count.
    pub live: usize,
    /// How many there may be.
    pub max: u32,
}

impl LimitReached {
    pub(crate) fn of(live: usize, limit: Option<&SessionLimit>) -> Self {
        Self { live, max: limit.map_or(0, |limit| limit.policy.max.get()) }
    }
}

impl Authority {
    /// The limit for sign-ins through the client of `profile`, if there is one.
    pub(crate) fn session_limit(
        &self,
        caller: &Caller,
        profile: &ClientProfile,
        now: Timestamp,
    ) -> Option<SessionLimit> {
        let (policy, clients) = self.settings.session_policy(profile)?;
        let retain_until = self.session_end_retained_until(now);
        Some(SessionLimit { policy, clients, retain_until, actor: caller.id().as_str().into() })
    }

    /// Returns once this server refuses what was replaced.
    pub(crate) async fn enforce_replacements(&self, taken: Option<PlacesTaken>) -> Result<(), Error> {
        let Some(PlacesTaken { sessions, through }) = taken else { return Ok(()) };
        self.counters.sessions_replaced.add(sessions);
        self.counters.revocations.add(sessions);
        Ok(self.enforce_up_to(through).await?)
    }

    /// The same for a sign-in that is repeated: the first time may have been interrupted in between.
    pub(crate) async fn enforce_head(&self) -> Result<(), Error> {
        let head = self.store.head().await?;
        Ok(self.enforce_up_to(head.position).await?)
    }
}
