//! A bug between the authority and the store.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use quash_core::ids::{ClientId, CredentialId, GrantId, ScheduleId, SessionId, Subject};
use quash_core::lease::Instance;
use quash_core::position::{Checksum, Head, Position};
use quash_core::revocation::entry::{Entry, NewEntry};
use quash_core::session::ban::{Ban, Service};
use quash_core::session::grant::Grant;
use quash_core::session::last_use::LastUse;
use quash_core::session::renewal::{Renewal, Verdict};
use quash_core::time::Timestamp;
use quash_storage::ports::{
    Act, Alias, Aliased, Aliases, Allowlist, Append, Appended, AuditLog, AuditPage, AuditQuery, BanPut, Bans,
    CredentialStore, DeviceUse, FeedPage, Filter, Fire, Horizons, Join, Joined, KeyRing, KeyRingStore,
    Listed, LogIdentity, Maintenance, NewAlias, NewSession, Noted, OneTimeTokens, Opened, Page, PageRequest,
    Purged, PutBan, RegisterOpen, Renewed, Replaced, RevocationLog, ScheduleStore, SessionRegistry,
    SessionUse, Spend, Spent, StandingBan, Store, StoreError, StoredCredential, StoredKey, StoredSchedule,
    StoredVerifier, Undo, Undone, Used, UserKeys, VerifierRegistry,
};
use tokio::sync::watch;

use super::Planted;
use crate::world::Changing;

/// How long an access token lives, unless settings say otherwise.
const ONE_LIFE: Duration = Duration::from_secs(600);

pub(super) struct Faulty {
    pub(super) inner: Arc<dyn Store>,
    pub(super) planted: Option<Planted>,
    pub(super) changing: Arc<Changing>,
}

impl Faulty {
    fn has(&self, planted: Planted) -> bool {
        self.planted == Some(planted)
    }
}

#[async_trait]
impl RevocationLog for Faulty {
    async fn identity(&self) -> Result<LogIdentity, StoreError> {
        self.inner.identity().await
    }

    async fn head(&self) -> Result<Head, StoreError> {
        self.inner.head().await
    }

    fn head_changes(&self) -> watch::Receiver<Position> {
        self.inner.head_changes()
    }

    async fn append(&self, mut append: Append) -> Result<Appended, StoreError> {
        let entry = &mut append.entry;
        if self.has(Planted::RetainsTooShort) {
            entry.retain_until = entry.recorded_at.plus(Duration::from_secs(1));
        }
        if self.has(Planted::EnforcesTooShort) {
            entry.enforce_until = entry.retain_until;
        }
        self.inner.append(append).await
    }

    async fn undo(&self, undo: Undo) -> Result<Undone, StoreError> {
        if self.has(Planted::TakesAllBack) {
            return self.take_all_back(undo).await;
        }
        self.inner.undo(undo).await
    }

    async fn undone(&self, first: Position, last: Position) -> Result<Vec<(Position, Position)>, StoreError> {
        self.inner.undone(first, last).await
    }

    async fn live_after(
        &self,
        after: Position,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<Entry>, StoreError> {
        self.inner.live_after(after, now, limit).await
    }

    async fn feed_after(
        &self,
        after: Position,
        now: Timestamp,
        limit: usize,
    ) -> Result<FeedPage, StoreError> {
        self.inner.feed_after(after, now, limit).await
    }

    async fn checksum_at(&self, position: Position) -> Result<Option<Checksum>, StoreError> {
        self.inner.checksum_at(position).await
    }

    async fn entries_before(&self, before: Option<Position>, limit: usize) -> Result<Vec<Entry>, StoreError> {
        self.inner.entries_before(before, limit).await
    }

    async fn count_matching(&self, entry: &NewEntry) -> Result<u64, StoreError> {
        self.inner.count_matching(entry).await
    }
}

#[async_trait]
impl SessionRegistry for Faulty {
    async fn open(&self, mut session: NewSession) -> Result<Opened, StoreError> {
        if self.has(Planted::IgnoresAsOf) {
            session.as_of = None;
        }
        if let Some(registering) = &mut session.registration
            && self.has(Planted::RegistersForOneLife)
        {
            registering.retain_until = session.session.opened_at.plus(ONE_LIFE);
        }
        if self.has(Planted::JudgesLimitOutside) {
            return self.open_judging_outside(session).await;
        }
        self.inner.open(session).await
    }

    async fn join(&self, join: Join) -> Result<Joined, StoreError> {
        self.inner.join(join).await
    }

    async fn renew(&self, grant: &GrantId, renewal: Renewal) -> Result<Option<Renewed>, StoreError> {
        let renewed = self.inner.renew(grant, renewal).await?;
        match renewed {
            Some(Renewed { verdict: Verdict::Repeat, grant: row, .. }) if self.has(Planted::RotatesAgain) => {
                self.inner.renew(grant, Renewal { presented: row.generation, ..renewal }).await
            }
            Some(renewed) if self.has(Planted::ReadsHeadAfterRenewal) => {
                self.read_head_after(renewed).await.map(Some)
            }
            renewed => Ok(renewed),
        }
    }

    async fn use_session(&self, used: SessionUse) -> Result<Option<Used>, StoreError> {
        self.inner.use_session(used).await
    }

    async fn note_uses(&self, uses: Vec<LastUse>, now: Timestamp) -> Result<Noted, StoreError> {
        self.inner.note_uses(uses, now).await
    }

    async fn session(&self, id: &SessionId) -> Result<Option<Listed>, StoreError> {
        self.inner.session(id).await
    }

    async fn grant(&self, id: &GrantId) -> Result<Option<(Grant, Listed)>, StoreError> {
        self.inner.grant(id).await
    }

    async fn sessions(&self, filter: &Filter, page: &PageRequest) -> Result<Page<Listed>, StoreError> {
        self.inner.sessions(filter, page).await
    }

    async fn devices(
        &self,
        subject: &Subject,
        client: Option<&ClientId>,
        now: Timestamp,
    ) -> Result<Vec<DeviceUse>, StoreError> {
        self.inner.devices(subject, client, now).await
    }
}

#[async_trait]
impl KeyRingStore for Faulty {
    async fn key_ring(&self) -> Result<KeyRing, StoreError> {
        self.inner.key_ring().await
    }

    async fn replace_key_ring(
        &self,
        expected: u64,
        keys: Vec<StoredKey>,
        act: Act,
    ) -> Result<Replaced, StoreError> {
        let _under_way = self.changing.begin();
        self.inner.replace_key_ring(expected, keys, act).await
    }
}

#[async_trait]
impl CredentialStore for Faulty {
    async fn credentials(&self) -> Result<Vec<StoredCredential>, StoreError> {
        self.inner.credentials().await
    }

    async fn put_credential(&self, credential: StoredCredential, act: Act) -> Result<(), StoreError> {
        self.inner.put_credential(credential, act).await
    }

    async fn delete_credential(&self, id: &CredentialId, act: Act) -> Result<bool, StoreError> {
        self.inner.delete_credential(id, act).await
    }
}

#[async_trait]
impl VerifierRegistry for Faulty {
    async fn verifiers(&self) -> Result<Vec<StoredVerifier>, StoreError> {
        self.inner.verifiers().await
    }

    async fn put_verifier(&self, verifier: StoredVerifier) -> Result<(), StoreError> {
        self.inner.put_verifier(verifier).await
    }

    async fn delete_verifier(&self, instance: &Instance) -> Result<bool, StoreError> {
        self.inner.delete_verifier(instance).await
    }
}

#[async_trait]
impl ScheduleStore for Faulty {
    async fn schedules(&self) -> Result<Vec<StoredSchedule>, StoreError> {
        self.inner.schedules().await
    }

    async fn put_schedule(
        &self,
        schedule: StoredSchedule,
        most: usize,
        act: Act,
    ) -> Result<bool, StoreError> {
        self.inner.put_schedule(schedule, most, act).await
    }

    async fn delete_schedule(&self, id: &ScheduleId, act: Act) -> Result<bool, StoreError> {
        self.inner.delete_schedule(id, act).await
    }

    async fn fire(&self, fire: Fire) -> Result<Option<Position>, StoreError> {
        if self.has(Planted::FiresWhatIsGone) {
            return self.fire_judging_outside(fire).await;
        }
        self.inner.fire(fire).await
    }
}

#[async_trait]
impl OneTimeTokens for Faulty {
    async fn spend(&self, spend: Spend) -> Result<Spent, StoreError> {
        self.inner.spend(spend).await
    }
}

#[async_trait]
impl Bans for Faulty {
    async fn ban(&self, put: PutBan) -> Result<BanPut, StoreError> {
        if self.has(Planted::KeepsNoBan) {
            return self.ban_without_a_row(put).await;
        }
        self.inner.ban(put).await
    }

    async fn lift_ban(
        &self,
        subject: &Subject,
        service: &Service,
        act: Act,
    ) -> Result<Option<Ban>, StoreError> {
        self.inner.lift_ban(subject, service, act).await
    }

    async fn bans(&self, subject: &Subject) -> Result<Vec<StandingBan>, StoreError> {
        self.inner.bans(subject).await
    }
}

#[async_trait]
impl Aliases for Faulty {
    async fn change_alias(&self, alias: NewAlias) -> Result<Aliased, StoreError> {
        self.inner.change_alias(alias).await
    }

    async fn alias(&self, subject: &Subject) -> Result<Option<Alias>, StoreError> {
        self.inner.alias(subject).await
    }
}

#[async_trait]
impl AuditLog for Faulty {
    async fn audit(&self, query: AuditQuery) -> Result<AuditPage, StoreError> {
        self.inner.audit(query).await
    }

    async fn purge_audit(&self, now: Timestamp, keep: Duration) -> Result<u64, StoreError> {
        self.inner.purge_audit(now, keep).await
    }
}

#[async_trait]
impl Allowlist for Faulty {
    async fn register_open(&self, register: RegisterOpen) -> Result<Option<Position>, StoreError> {
        if self.has(Planted::LeavesOpenOut) {
            return Ok(None);
        }
        self.inner.register_open(register).await
    }

    async fn is_allowlist_whole(&self) -> Result<bool, StoreError> {
        self.inner.is_allowlist_whole().await
    }

    async fn set_allowlist_whole(&self, whole: bool) -> Result<(), StoreError> {
        self.inner.set_allowlist_whole(whole).await
    }
}

#[async_trait]
impl UserKeys for Faulty {
    async fn user_key_generation(&self, subject: &Subject) -> Result<Position, StoreError> {
        self.inner.user_key_generation(subject).await
    }
}

#[async_trait]
impl Maintenance for Faulty {
    async fn raise_horizons(&self, configured: Horizons) -> Result<Horizons, StoreError> {
        self.inner.raise_horizons(configured).await
    }

    async fn ratchet(&self) -> Result<Timestamp, StoreError> {
        if self.has(Planted::ForgetsRatchet) { Ok(Timestamp::EPOCH) } else { self.inner.ratchet().await }
    }

    async fn purge(&self, now: Timestamp, keep_ended: Duration) -> Result<Purged, StoreError> {
        if self.has(Planted::PurgesNothing) {
            return Ok(Purged::default());
        }
        self.inner.purge(now, keep_ended).await
    }
}
