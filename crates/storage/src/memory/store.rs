//! The ports over the maps in memory.
#![expect(
    clippy::redundant_closure_for_method_calls,
    reason = "a path to the method is not general enough over its lifetimes"
)]

use std::time::Duration;

use async_trait::async_trait;
use quash_core::ids::{ClientId, CredentialId, GrantId, ScheduleId, SessionId, Subject};
use quash_core::lease::Instance;
use quash_core::position::{Checksum, Head, Position};
use quash_core::revocation::entry::{Entry, NewEntry};
use quash_core::revocation::record::Record;
use quash_core::session::ban::{Ban, Service};
use quash_core::session::grant::Grant;
use quash_core::session::last_use::LastUse;
use quash_core::session::renewal::Renewal;
use quash_core::time::Timestamp;
use tokio::sync::watch;

use super::MemoryStore;
use crate::ports::{
    Act, Alias, Aliased, Aliases, Allowlist, Append, Appended, AuditLog, AuditPage, AuditQuery, BanPut, Bans,
    CredentialStore, DeviceUse, FeedPage, Filter, Fire, Horizons, Join, Joined, KeyRing, KeyRingStore,
    Listed, LogIdentity, Maintenance, NewAlias, NewSession, Noted, OneTimeTokens, Opened, Page, PageRequest,
    Purged, PutBan, RegisterOpen, Renewed, Replaced, RevocationLog, ScheduleStore, SessionRegistry,
    SessionUse, Spend, Spent, StandingBan, StoreError, StoredCredential, StoredKey, StoredSchedule,
    StoredVerifier, Undo, Undone, Used, UserKeys, VerifierRegistry,
};

#[async_trait]
impl RevocationLog for MemoryStore {
    async fn identity(&self) -> Result<LogIdentity, StoreError> {
        Ok(self.constants.identity)
    }

    async fn head(&self) -> Result<Head, StoreError> {
        self.read(|tables| Ok(tables.head()))
    }

    fn head_changes(&self) -> watch::Receiver<Position> {
        self.head.subscribe()
    }

    async fn append(&self, append: Append) -> Result<Appended, StoreError> {
        self.write(|tables| tables.append(append))
    }

    async fn undo(&self, undo: Undo) -> Result<Undone, StoreError> {
        self.write(|tables| tables.undo(undo))
    }

    async fn undone(&self, first: Position, last: Position) -> Result<Vec<(Position, Position)>, StoreError> {
        self.read(|tables| tables.undone(first, last))
    }

    async fn live_after(
        &self,
        after: Position,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<Entry>, StoreError> {
        self.read(|tables| tables.live_after(after, now, limit))
    }

    async fn live_records_after(
        &self,
        after: Position,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<Record>, StoreError> {
        self.read(|tables| tables.live_records_after(after, now, limit))
    }

    async fn entries_held(&self) -> Result<u64, StoreError> {
        self.read(|tables| tables.entries_held())
    }

    async fn feed_after(
        &self,
        after: Position,
        now: Timestamp,
        limit: usize,
    ) -> Result<FeedPage, StoreError> {
        self.read(|tables| tables.feed_after(after, now, limit))
    }

    async fn checksum_at(&self, position: Position) -> Result<Option<Checksum>, StoreError> {
        self.read(|tables| tables.checksum_at(position))
    }

    async fn entries_before(&self, before: Option<Position>, limit: usize) -> Result<Vec<Entry>, StoreError> {
        self.read(|tables| tables.entries_before(before, limit))
    }

    async fn count_matching(&self, entry: &NewEntry) -> Result<u64, StoreError> {
        self.read(|tables| tables.count_matching(entry))
    }
}

#[async_trait]
impl SessionRegistry for MemoryStore {
    async fn open(&self, session: NewSession) -> Result<Opened, StoreError> {
        self.write(|tables| tables.open(session))
    }

    async fn join(&self, join: Join) -> Result<Joined, StoreError> {
        self.write(|tables| tables.join(join))
    }

    async fn renew(&self, grant: &GrantId, renewal: Renewal) -> Result<Option<Renewed>, StoreError> {
        self.write(|tables| tables.renew(grant, renewal))
    }

    async fn use_session(&self, used: SessionUse) -> Result<Option<Used>, StoreError> {
        self.write(|tables| tables.use_session(&used))
    }

    async fn note_uses(&self, uses: Vec<LastUse>, now: Timestamp) -> Result<Noted, StoreError> {
        self.write(|tables| tables.note_uses(&uses, now))
    }

    async fn session(&self, id: &SessionId) -> Result<Option<Listed>, StoreError> {
        self.read(|tables| tables.session(id))
    }

    async fn grant(&self, id: &GrantId) -> Result<Option<(Grant, Listed)>, StoreError> {
        self.read(|tables| tables.grant(id))
    }

    async fn sessions(&self, filter: &Filter, page: &PageRequest) -> Result<Page<Listed>, StoreError> {
        self.read(|tables| tables.sessions(filter, page))
    }

    async fn devices(
        &self,
        subject: &Subject,
        client: Option<&ClientId>,
        now: Timestamp,
    ) -> Result<Vec<DeviceUse>, StoreError> {
        self.read(|tables| tables.devices(subject, client, now))
    }
}

#[async_trait]
impl KeyRingStore for MemoryStore {
    async fn key_ring(&self) -> Result<KeyRing, StoreError> {
        self.read(|tables| tables.key_ring())
    }

    async fn replace_key_ring(
        &self,
        expected: u64,
        keys: Vec<StoredKey>,
        act: Act,
    ) -> Result<Replaced, StoreError> {
        self.write(|tables| tables.replace_key_ring(expected, &keys, &act))
    }
}

#[async_trait]
impl CredentialStore for MemoryStore {
    async fn credentials(&self) -> Result<Vec<StoredCredential>, StoreError> {
        self.read(|tables| tables.credentials())
    }

    async fn put_credential(&self, credential: StoredCredential, act: Act) -> Result<(), StoreError> {
        self.write(|tables| tables.put_credential(&credential, &act))
    }

    async fn delete_credential(&self, id: &CredentialId, act: Act) -> Result<bool, StoreError> {
        self.write(|tables| tables.delete_credential(id, &act))
    }
}

#[async_trait]
impl VerifierRegistry for MemoryStore {
    async fn verifiers(&self) -> Result<Vec<StoredVerifier>, StoreError> {
        self.read(|tables| tables.verifiers())
    }

    async fn put_verifier(&self, verifier: StoredVerifier) -> Result<(), StoreError> {
        self.write(|tables| tables.put_verifier(&verifier))
    }

    async fn delete_verifier(&self, instance: &Instance) -> Result<bool, StoreError> {
        self.write(|tables| tables.delete_verifier(instance))
    }
}

#[async_trait]
impl OneTimeTokens for MemoryStore {
    async fn spend(&self, spend: Spend) -> Result<Spent, StoreError> {
        self.write(|tables| tables.spend(spend))
    }
}

#[async_trait]
impl ScheduleStore for MemoryStore {
    async fn schedules(&self) -> Result<Vec<StoredSchedule>, StoreError> {
        self.read(|tables| tables.schedules())
    }

    async fn put_schedule(
        &self,
        schedule: StoredSchedule,
        most: usize,
        act: Act,
    ) -> Result<bool, StoreError> {
        self.write(|tables| tables.put_schedule(&schedule, most, &act))
    }

    async fn delete_schedule(&self, id: &ScheduleId, act: Act) -> Result<bool, StoreError> {
        self.write(|tables| tables.delete_schedule(id, &act))
    }

    async fn fire(&self, fire: Fire) -> Result<Option<Position>, StoreError> {
        self.write(|tables| tables.fire(fire))
    }
}

#[async_trait]
impl Bans for MemoryStore {
    async fn ban(&self, put: PutBan) -> Result<BanPut, StoreError> {
        self.write(|tables| tables.ban(&put))
    }

    async fn lift_ban(
        &self,
        subject: &Subject,
        service: &Service,
        act: Act,
    ) -> Result<Option<Ban>, StoreError> {
        self.write(|tables| tables.lift_ban(subject, service, &act))
    }

    async fn bans(&self, subject: &Subject) -> Result<Vec<StandingBan>, StoreError> {
        self.read(|tables| tables.bans(subject))
    }
}

#[async_trait]
impl Aliases for MemoryStore {
    async fn change_alias(&self, alias: NewAlias) -> Result<Aliased, StoreError> {
        self.write(|tables| tables.change_alias(&alias))
    }

    async fn alias(&self, subject: &Subject) -> Result<Option<Alias>, StoreError> {
        self.read(|tables| tables.alias(subject))
    }
}

#[async_trait]
impl AuditLog for MemoryStore {
    async fn audit(&self, query: AuditQuery) -> Result<AuditPage, StoreError> {
        self.read(|tables| tables.audit(&query))
    }

    async fn purge_audit(&self, now: Timestamp, keep: Duration) -> Result<u64, StoreError> {
        self.write(|tables| tables.purge_audit(now, keep))
    }
}

#[async_trait]
impl Allowlist for MemoryStore {
    async fn register_open(&self, register: RegisterOpen) -> Result<Option<Position>, StoreError> {
        self.write(|tables| tables.register_open(register))
    }

    async fn is_allowlist_whole(&self) -> Result<bool, StoreError> {
        self.read(|tables| tables.is_allowlist_whole())
    }

    async fn set_allowlist_whole(&self, whole: bool) -> Result<(), StoreError> {
        self.write(|tables| tables.set_allowlist_whole(whole))
    }
}

#[async_trait]
impl UserKeys for MemoryStore {
    async fn user_key_generation(&self, subject: &Subject) -> Result<Position, StoreError> {
        self.read(|tables| tables.user_key_generation(subject))
    }
}

#[async_trait]
impl Maintenance for MemoryStore {
    async fn raise_horizons(&self, configured: Horizons) -> Result<Horizons, StoreError> {
        self.write(|tables| tables.raise_horizons(configured))
    }

    async fn ratchet(&self) -> Result<Timestamp, StoreError> {
        self.read(|tables| tables.ratchet())
    }

    async fn purge(&self, now: Timestamp, keep_ended: Duration) -> Result<Purged, StoreError> {
        self.write(|tables| tables.purge(now, keep_ended))
    }
}
