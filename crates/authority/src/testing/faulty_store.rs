//! A store that fails when it is told to.

use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use quash_core::ids::{ClientId, CredentialId, GrantId, ScheduleId, SessionId, Subject};
use quash_core::lease::Instance;
use quash_core::position::{Checksum, Head, Position};
use quash_core::revocation::entry::{Entry, NewEntry};
use quash_core::session::ban::{Ban, Service};
use quash_core::session::grant::Grant;
use quash_core::session::last_use::LastUse;
use quash_core::session::renewal::Renewal;
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

use super::Pace;

/// When a [`FaultyStore`] fails.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum WhenToFail {
    /// Never.
    #[default]
    Never,
    /// At every call, before anything is done.
    Always,
    /// At the call of this number, counted from when the plan was set, before anything is done.
    Before(u64),
    /// At the call of this number, after it was done: the reply is lost.
    After(u64),
}

/// A store that hands every call on, and fails when it is told to. Every call lets other tasks run first, or stands where
/// a test wants it to.
#[derive(Debug)]
pub struct FaultyStore<S> {
    inner: S,
    pace: Option<Arc<Pace>>,
    plan: Mutex<WhenToFail>,
    calls: AtomicU64,
}

enum Fault {
    None,
    Before,
    After,
}

impl<S> FaultyStore<S> {
    /// `inner`, not failing yet.
    pub const fn new(inner: S) -> Self {
        Self { inner, pace: None, plan: Mutex::new(WhenToFail::Never), calls: AtomicU64::new(0) }
    }

    /// `inner`, whose calls go at `pace`.
    pub fn paced(inner: S, pace: Arc<Pace>) -> Self {
        Self { pace: Some(pace), ..Self::new(inner) }
    }

    /// Sets when to fail from now on. Calls are counted anew, from zero.
    pub fn fail(&self, when: WhenToFail) {
        *self.plan.lock().unwrap_or_else(PoisonError::into_inner) = when;
        self.calls.store(0, Ordering::SeqCst);
    }

    /// How many calls came since the plan was set.
    pub fn calls(&self) -> u64 {
        self.calls.load(Ordering::SeqCst)
    }

    /// The store behind it, which does not fail.
    pub const fn inner(&self) -> &S {
        &self.inner
    }

    fn fault(&self) -> Fault {
        let call = self.calls.fetch_add(1, Ordering::SeqCst);
        match *self.plan.lock().unwrap_or_else(PoisonError::into_inner) {
            WhenToFail::Always => Fault::Before,
            WhenToFail::Before(number) if number == call => Fault::Before,
            WhenToFail::After(number) if number == call => Fault::After,
            _ => Fault::None,
        }
    }

    async fn call<T>(
        &self,
        call: impl Future<Output = Result<T, StoreError>> + Send,
    ) -> Result<T, StoreError> {
        let fault = self.fault();
        let call = async {
            let failure = || Err(StoreError::Unavailable("told to fail".into()));
            match fault {
                Fault::Before => failure(),
                Fault::After => call.await.and_then(|_| failure()),
                Fault::None => call.await,
            }
        };
        if let Some(pace) = &self.pace {
            return pace.around(call).await;
        }
        // Others get their turn before every call: races happen in tests as they do over a disk or a network.
        tokio::task::yield_now().await;
        call.await
    }
}

#[async_trait]
impl<S: Store> RevocationLog for FaultyStore<S> {
    async fn identity(&self) -> Result<LogIdentity, StoreError> {
        self.call(self.inner.identity()).await
    }

    async fn head(&self) -> Result<Head, StoreError> {
        self.call(self.inner.head()).await
    }

    fn head_changes(&self) -> watch::Receiver<Position> {
        self.inner.head_changes()
    }

    async fn append(&self, append: Append) -> Result<Appended, StoreError> {
        self.call(self.inner.append(append)).await
    }

    async fn undo(&self, undo: Undo) -> Result<Undone, StoreError> {
        self.call(self.inner.undo(undo)).await
    }

    async fn undone(&self, first: Position, last: Position) -> Result<Vec<(Position, Position)>, StoreError> {
        self.call(self.inner.undone(first, last)).await
    }

    async fn live_after(
        &self,
        after: Position,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<Entry>, StoreError> {
        self.call(self.inner.live_after(after, now, limit)).await
    }

    async fn feed_after(
        &self,
        after: Position,
        now: Timestamp,
        limit: usize,
    ) -> Result<FeedPage, StoreError> {
        self.call(self.inner.feed_after(after, now, limit)).await
    }

    async fn checksum_at(&self, position: Position) -> Result<Option<Checksum>, StoreError> {
        self.call(self.inner.checksum_at(position)).await
    }

    async fn entries_before(&self, before: Option<Position>, limit: usize) -> Result<Vec<Entry>, StoreError> {
        self.call(self.inner.entries_before(before, limit)).await
    }

    async fn count_matching(&self, entry: &NewEntry) -> Result<u64, StoreError> {
        self.call(self.inner.count_matching(entry)).await
    }
}

#[async_trait]
impl<S: Store> SessionRegistry for FaultyStore<S> {
    async fn open(&self, session: NewSession) -> Result<Opened, StoreError> {
        self.call(self.inner.open(session)).await
    }

    async fn join(&self, join: Join) -> Result<Joined, StoreError> {
        self.call(self.inner.join(join)).await
    }

    async fn renew(&self, grant: &GrantId, renewal: Renewal) -> Result<Option<Renewed>, StoreError> {
        self.call(self.inner.renew(grant, renewal)).await
    }

    async fn use_session(&self, used: SessionUse) -> Result<Option<Used>, StoreError> {
        self.call(self.inner.use_session(used)).await
    }

    async fn note_uses(&self, uses: Vec<LastUse>, now: Timestamp) -> Result<Noted, StoreError> {
        self.call(self.inner.note_uses(uses, now)).await
    }

    async fn session(&self, id: &SessionId) -> Result<Option<Listed>, StoreError> {
        self.call(self.inner.session(id)).await
    }

    async fn grant(&self, id: &GrantId) -> Result<Option<(Grant, Listed)>, StoreError> {
        self.call(self.inner.grant(id)).await
    }

    async fn sessions(&self, filter: &Filter, page: &PageRequest) -> Result<Page<Listed>, StoreError> {
        self.call(self.inner.sessions(filter, page)).await
    }

    async fn devices(
        &self,
        subject: &Subject,
        client: Option<&ClientId>,
        now: Timestamp,
    ) -> Result<Vec<DeviceUse>, StoreError> {
        self.call(self.inner.devices(subject, client, now)).await
    }
}

#[async_trait]
impl<S: Store> KeyRingStore for FaultyStore<S> {
    async fn key_ring(&self) -> Result<KeyRing, StoreError> {
        self.call(self.inner.key_ring()).await
    }

    async fn replace_key_ring(
        &self,
        expected: u64,
        keys: Vec<StoredKey>,
        act: Act,
    ) -> Result<Replaced, StoreError> {
        self.call(self.inner.replace_key_ring(expected, keys, act)).await
    }
}

#[async_trait]
impl<S: Store> CredentialStore for FaultyStore<S> {
    async fn credentials(&self) -> Result<Vec<StoredCredential>, StoreError> {
        self.call(self.inner.credentials()).await
    }

    async fn put_credential(&self, credential: StoredCredential, act: Act) -> Result<(), StoreError> {
        self.call(self.inner.put_credential(credential, act)).await
    }

    async fn delete_credential(&self, id: &CredentialId, act: Act) -> Result<bool, StoreError> {
        self.call(self.inner.delete_credential(id, act)).await
    }
}

#[async_trait]
impl<S: Store> VerifierRegistry for FaultyStore<S> {
    async fn verifiers(&self) -> Result<Vec<StoredVerifier>, StoreError> {
        self.call(self.inner.verifiers()).await
    }

    async fn put_verifier(&self, verifier: StoredVerifier) -> Result<(), StoreError> {
        self.call(self.inner.put_verifier(verifier)).await
    }

    async fn delete_verifier(&self, instance: &Instance) -> Result<bool, StoreError> {
        self.call(self.inner.delete_verifier(instance)).await
    }
}

#[async_trait]
impl<S: Store> ScheduleStore for FaultyStore<S> {
    async fn schedules(&self) -> Result<Vec<StoredSchedule>, StoreError> {
        self.call(self.inner.schedules()).await
    }

    async fn put_schedule(
        &self,
        schedule: StoredSchedule,
        most: usize,
        act: Act,
    ) -> Result<bool, StoreError> {
        self.call(self.inner.put_schedule(schedule, most, act)).await
    }

    async fn delete_schedule(&self, id: &ScheduleId, act: Act) -> Result<bool, StoreError> {
        self.call(self.inner.delete_schedule(id, act)).await
    }

    async fn fire(&self, fire: Fire) -> Result<Option<Position>, StoreError> {
        self.call(self.inner.fire(fire)).await
    }
}

#[async_trait]
impl<S: Store> OneTimeTokens for FaultyStore<S> {
    async fn spend(&self, spend: Spend) -> Result<Spent, StoreError> {
        self.call(self.inner.spend(spend)).await
    }
}

#[async_trait]
impl<S: Store> Bans for FaultyStore<S> {
    async fn ban(&self, put: PutBan) -> Result<BanPut, StoreError> {
        self.call(self.inner.ban(put)).await
    }

    async fn lift_ban(
        &self,
        subject: &Subject,
        service: &Service,
        act: Act,
    ) -> Result<Option<Ban>, StoreError> {
        self.call(self.inner.lift_ban(subject, service, act)).await
    }

    async fn bans(&self, subject: &Subject) -> Result<Vec<StandingBan>, StoreError> {
        self.call(self.inner.bans(subject)).await
    }
}

#[async_trait]
impl<S: Store> Aliases for FaultyStore<S> {
    async fn change_alias(&self, alias: NewAlias) -> Result<Aliased, StoreError> {
        self.call(self.inner.change_alias(alias)).await
    }

    async fn alias(&self, subject: &Subject) -> Result<Option<Alias>, StoreError> {
        self.call(self.inner.alias(subject)).await
    }
}

#[async_trait]
impl<S: Store> AuditLog for FaultyStore<S> {
    async fn audit(&self, query: AuditQuery) -> Result<AuditPage, StoreError> {
        self.call(self.inner.audit(query)).await
    }

    async fn purge_audit(&self, now: Timestamp, keep: Duration) -> Result<u64, StoreError> {
        self.call(self.inner.purge_audit(now, keep)).await
    }
}

#[async_trait]
impl<S: Store> Allowlist for FaultyStore<S> {
    async fn register_open(&self, register: RegisterOpen) -> Result<Option<Position>, StoreError> {
        self.call(self.inner.register_open(register)).await
    }

    async fn is_allowlist_whole(&self) -> Result<bool, StoreError> {
        self.call(self.inner.is_allowlist_whole()).await
    }

    async fn set_allowlist_whole(&self, whole: bool) -> Result<(), StoreError> {
        self.call(self.inner.set_allowlist_whole(whole)).await
    }
}

#[async_trait]
impl<S: Store> UserKeys for FaultyStore<S> {
    async fn user_key_generation(&self, subject: &Subject) -> Result<Position, StoreError> {
        self.call(self.inner.user_key_generation(subject)).await
    }
}

#[async_trait]
impl<S: Store> Maintenance for FaultyStore<S> {
    async fn raise_horizons(&self, configured: Horizons) -> Result<Horizons, StoreError> {
        self.call(self.inner.raise_horizons(configured)).await
    }

    async fn ratchet(&self) -> Result<Timestamp, StoreError> {
        self.call(self.inner.ratchet()).await
    }

    async fn purge(&self, now: Timestamp, keep_ended: Duration) -> Result<Purged, StoreError> {
        self.call(self.inner.purge(now, keep_ended)).await
    }
}
