//! The ports over the file. Changes go through the writer; look-ups read a snapshot: those of a few rows in
//! place, those that may walk on a thread of their own.
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

use super::EmbeddedStore;
use crate::ports::{
    Act, Alias, Aliased, Aliases, Allowlist, Append, Appended, AuditLog, AuditPage, AuditQuery, BanPut, Bans,
    CredentialStore, DeviceUse, FeedPage, Filter, Fire, Horizons, Join, Joined, KeyRing, KeyRingStore,
    Listed, LogIdentity, Maintenance, NewAlias, NewSession, Noted, OneTimeTokens, Opened, Page, PageRequest,
    Purged, PutBan, RegisterOpen, Renewed, Replaced, RevocationLog, ScheduleStore, SessionRegistry,
    SessionUse, Spend, Spent, StandingBan, StoreError, StoredCredential, StoredKey, StoredSchedule,
    StoredVerifier, Undo, Undone, Used, UserKeys, VerifierRegistry,
};
use crate::transaction::head_of;

#[async_trait]
impl RevocationLog for EmbeddedStore {
    async fn identity(&self) -> Result<LogIdentity, StoreError> {
        Ok(self.shared.constants.identity)
    }

    async fn head(&self) -> Result<Head, StoreError> {
        let head = self.shared.recent().head();
        Ok(head_of(&self.shared.constants, &head))
    }

    fn head_changes(&self) -> watch::Receiver<Position> {
        self.shared.head.subscribe()
    }

    async fn append(&self, append: Append) -> Result<Appended, StoreError> {
        self.write(|tables| tables.append(append)).await
    }

    async fn undo(&self, undo: Undo) -> Result<Undone, StoreError> {
        self.write(|tables| tables.undo(undo)).await
    }

    async fn undone(&self, first: Position, last: Position) -> Result<Vec<(Position, Position)>, StoreError> {
        self.walk(move |shared| shared.read(|tables| tables.undone(first, last))).await
    }

    async fn live_after(
        &self,
        after: Position,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<Entry>, StoreError> {
        let recent = self.shared.recent().live_after(after, now, limit);
        match recent {
            Some(entries) => Ok(entries),
            None => {
                self.walk(move |shared| shared.read_log(|tables| tables.live_after(after, now, limit))).await
            }
        }
    }

    async fn live_records_after(
        &self,
        after: Position,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<Record>, StoreError> {
        let recent = self.shared.recent().live_records_after(after, now, limit);
        if let Some(records) = recent {
            return Ok(records);
        }
        self.walk(move |shared| shared.read_log(|tables| tables.live_records_after(after, now, limit))).await
    }

    async fn entries_held(&self) -> Result<u64, StoreError> {
        self.shared.read(|tables| tables.entries_held())
    }

    async fn feed_after(
        &self,
        after: Position,
        now: Timestamp,
        limit: usize,
    ) -> Result<FeedPage, StoreError> {
        let recent = self.shared.recent().feed_after(after, now, limit);
        match recent {
            Some(page) => Ok(page),
            None => {
                self.walk(move |shared| shared.read_log(|tables| tables.feed_after(after, now, limit))).await
            }
        }
    }

    async fn checksum_at(&self, position: Position) -> Result<Option<Checksum>, StoreError> {
        let recent = self.shared.recent().checksum_at(position);
        match recent {
            Some(checksum) => Ok(Some(checksum)),
            None => self.shared.read_log(|tables| tables.checksum_at(position)),
        }
    }

    async fn entries_before(&self, before: Option<Position>, limit: usize) -> Result<Vec<Entry>, StoreError> {
        self.walk(move |shared| shared.read_log(|tables| tables.entries_before(before, limit))).await
    }

    async fn count_matching(&self, entry: &NewEntry) -> Result<u64, StoreError> {
        let entry = entry.clone();
        self.walk(move |shared| shared.read(|tables| tables.count_matching(&entry))).await
    }
}

#[async_trait]
impl SessionRegistry for EmbeddedStore {
    async fn open(&self, session: NewSession) -> Result<Opened, StoreError> {
        self.write(|tables| tables.open(session)).await
    }

    async fn join(&self, join: Join) -> Result<Joined, StoreError> {
        self.write(|tables| tables.join(join)).await
    }

    async fn renew(&self, grant: &GrantId, renewal: Renewal) -> Result<Option<Renewed>, StoreError> {
        let grant = grant.clone();
        #[cfg(feature = "planted")]
        if self.bug == Some(crate::planted::Bug::WriteSessionBackWhole) {
            let stale = self.shared.read(|tables| tables.grant(&grant))?.map(|(_, listed)| listed.session);
            return self
                .write(move |tables| tables.renew_and_write_back(&grant, renewal, stale.as_ref()))
                .await;
        }
        self.write(move |tables| tables.renew(&grant, renewal)).await
    }

    async fn use_session(&self, used: SessionUse) -> Result<Option<Used>, StoreError> {
        self.write(move |tables| tables.use_session(&used)).await
    }

    async fn note_uses(&self, uses: Vec<LastUse>, now: Timestamp) -> Result<Noted, StoreError> {
        self.write(move |tables| tables.note_uses(&uses, now)).await
    }

    async fn session(&self, id: &SessionId) -> Result<Option<Listed>, StoreError> {
        self.shared.read(|tables| tables.session(id))
    }

    async fn grant(&self, id: &GrantId) -> Result<Option<(Grant, Listed)>, StoreError> {
        self.shared.read(|tables| tables.grant(id))
    }

    async fn sessions(&self, filter: &Filter, page: &PageRequest) -> Result<Page<Listed>, StoreError> {
        let (filter, page) = (filter.clone(), page.clone());
        self.walk(move |shared| shared.read(|tables| tables.sessions(&filter, &page))).await
    }

    async fn devices(
        &self,
        subject: &Subject,
        client: Option<&ClientId>,
        now: Timestamp,
    ) -> Result<Vec<DeviceUse>, StoreError> {
        let (subject, client) = (subject.clone(), client.cloned());
        self.walk(move |shared| shared.read(|tables| tables.devices(&subject, client.as_ref(), now))).await
    }
}

#[async_trait]
impl KeyRingStore for EmbeddedStore {
    async fn key_ring(&self) -> Result<KeyRing, StoreError> {
        self.shared.read(|tables| tables.key_ring())
    }

    async fn replace_key_ring(
        &self,
        expected: u64,
        keys: Vec<StoredKey>,
        act: Act,
    ) -> Result<Replaced, StoreError> {
        self.write(move |tables| tables.replace_key_ring(expected, &keys, &act)).await
    }
}

#[async_trait]
impl CredentialStore for EmbeddedStore {
    async fn credentials(&self) -> Result<Vec<StoredCredential>, StoreError> {
        self.shared.read(|tables| tables.credentials())
    }

    async fn put_credential(&self, credential: StoredCredential, act: Act) -> Result<(), StoreError> {
        self.write(move |tables| tables.put_credential(&credential, &act)).await
    }

    async fn delete_credential(&self, id: &CredentialId, act: Act) -> Result<bool, StoreError> {
        let id = id.clone();
        self.write(move |tables| tables.delete_credential(&id, &act)).await
    }
}

#[async_trait]
impl VerifierRegistry for EmbeddedStore {
    async fn verifiers(&self) -> Result<Vec<StoredVerifier>, StoreError> {
        self.shared.read(|tables| tables.verifiers())
    }

    async fn put_verifier(&self, verifier: StoredVerifier) -> Result<(), StoreError> {
        self.write(move |tables| tables.put_verifier(&verifier)).await
    }

    async fn delete_verifier(&self, instance: &Instance) -> Result<bool, StoreError> {
        let instance = *instance;
        self.write(move |tables| tables.delete_verifier(&instance)).await
    }
}

#[async_trait]
impl OneTimeTokens for EmbeddedStore {
    async fn spend(&self, spend: Spend) -> Result<Spent, StoreError> {
        self.write(move |tables| tables.spend(spend)).await
    }
}

#[async_trait]
impl ScheduleStore for EmbeddedStore {
    async fn schedules(&self) -> Result<Vec<StoredSchedule>, StoreError> {
        self.shared.read(|tables| tables.schedules())
    }

    async fn put_schedule(
        &self,
        schedule: StoredSchedule,
        most: usize,
        act: Act,
    ) -> Result<bool, StoreError> {
        self.write(move |tables| tables.put_schedule(&schedule, most, &act)).await
    }

    async fn delete_schedule(&self, id: &ScheduleId, act: Act) -> Result<bool, StoreError> {
        let id = id.clone();
        self.write(move |tables| tables.delete_schedule(&id, &act)).await
    }

    async fn fire(&self, fire: Fire) -> Result<Option<Position>, StoreError> {
        self.write(move |tables| tables.fire(fire)).await
    }
}

#[async_trait]
impl Bans for EmbeddedStore {
    async fn ban(&self, put: PutBan) -> Result<BanPut, StoreError> {
        self.write(move |tables| tables.ban(&put)).await
    }

    async fn lift_ban(
        &self,
        subject: &Subject,
        service: &Service,
        act: Act,
    ) -> Result<Option<Ban>, StoreError> {
        let (subject, service) = (subject.clone(), service.clone());
        self.write(move |tables| tables.lift_ban(&subject, &service, &act)).await
    }

    async fn bans(&self, subject: &Subject) -> Result<Vec<StandingBan>, StoreError> {
        self.shared.read(|tables| tables.bans(subject))
    }
}

#[async_trait]
impl Aliases for EmbeddedStore {
    async fn change_alias(&self, alias: NewAlias) -> Result<Aliased, StoreError> {
        self.write(move |tables| tables.change_alias(&alias)).await
    }

    async fn alias(&self, subject: &Subject) -> Result<Option<Alias>, StoreError> {
        self.shared.read(|tables| tables.alias(subject))
    }
}

#[async_trait]
impl AuditLog for EmbeddedStore {
    async fn audit(&self, query: AuditQuery) -> Result<AuditPage, StoreError> {
        self.walk(move |shared| shared.read(|tables| tables.audit(&query))).await
    }

    async fn purge_audit(&self, now: Timestamp, keep: Duration) -> Result<u64, StoreError> {
        self.write(move |tables| tables.purge_audit(now, keep)).await
    }
}

#[async_trait]
impl Allowlist for EmbeddedStore {
    async fn register_open(&self, register: RegisterOpen) -> Result<Option<Position>, StoreError> {
        self.write(move |tables| tables.register_open(register)).await
    }

    async fn is_allowlist_whole(&self) -> Result<bool, StoreError> {
        self.shared.read(|tables| tables.is_allowlist_whole())
    }

    async fn set_allowlist_whole(&self, whole: bool) -> Result<(), StoreError> {
        self.write(move |tables| tables.set_allowlist_whole(whole)).await
    }
}

#[async_trait]
impl UserKeys for EmbeddedStore {
    async fn user_key_generation(&self, subject: &Subject) -> Result<Position, StoreError> {
        self.shared.read(|tables| tables.user_key_generation(subject))
    }
}

#[async_trait]
impl Maintenance for EmbeddedStore {
    async fn raise_horizons(&self, configured: Horizons) -> Result<Horizons, StoreError> {
        self.write(move |tables| tables.raise_horizons(configured)).await
    }

    async fn ratchet(&self) -> Result<Timestamp, StoreError> {
        self.shared.read(|tables| tables.ratchet())
    }

    async fn purge(&self, now: Timestamp, keep_ended: Duration) -> Result<Purged, StoreError> {
        self.write(move |tables| tables.purge(now, keep_ended)).await
    }
}
