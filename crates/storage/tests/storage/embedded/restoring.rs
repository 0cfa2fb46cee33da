//! Restore: a new log, behind its guard (I6).

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use quash_core::ids::{CredentialId, Issuer, KeyId};
use quash_core::position::Position;
use quash_core::revocation::entry::{Effect, NewEntry};
use quash_core::revocation::target::Target;
use quash_core::session::grant::{Grant, MasterId};
use quash_core::session::renewal::Verdict;
use quash_core::session::session::Session;
use quash_core::time::Timestamp;
use quash_storage::contract::sample::{self, about, at};
use quash_storage::embedded::{EmbeddedStore, OpenError, RestoreError, RestoreGuard, restore};
use quash_storage::ports::{
    Allowlist, CredentialStore, Horizons, KeyRing, KeyRingStore, KeyStage, LogIdentity, Maintenance,
    NewSession, Registering, RevocationLog, Role, Store, StoredCredential, StoredKey, VerifierRegistry,
};
use tempfile::TempDir;

use super::open;

/// A store that was backed up, in which things were then revoked and renewed, and that was then lost.
struct Lost {
    directory: TempDir,
    identity: LogIdentity,
    /// The head when it was lost.
    last: Position,
    /// An entry of before the backup.
    kept: Position,
    session: Session,
    grant: Grant,
}

impl Lost {
    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn restored(&self, guard: RestoreGuard) -> EmbeddedStore {
        let (backup, into) = (self.path("backup"), self.path("restored"));
        let head = restore(&backup, &into, at(100), [9; 36], guard, &[]).unwrap().head;
        let store = open(&into);
        assert_eq!(futures_util::FutureExt::now_or_never(store.head()).unwrap().unwrap(), head);
        store
    }
}

fn signing_key() -> StoredKey {
    StoredKey {
        id: KeyId::new("key_before").unwrap(),
        algorithm: "ES256".into(),
        stage: KeyStage::Active,
        created_at: at(0),
        public_jwk: r#"{"kty":"EC"}"#.into(),
        wrapped: vec![1],
        master: MasterId(1),
    }
}

fn credential() -> StoredCredential {
    StoredCredential {
        id: CredentialId::new("cred_before").unwrap(),
        name: "backend".into(),
        digest: [9; 32],
        roles: vec![Role::Issuer],
        client: None,
        created_at: at(0),
    }
}

async fn lost() -> Lost {
    let directory = TempDir::new().unwrap();
    let store = Arc::new(open(&directory.path().join("lost")));
    let port: Arc<dyn Store> = Arc::<EmbeddedStore>::clone(&store);
    let horizons = Horizons { access_token: Duration::from_secs(600), session: Duration::from_secs(10_000) };
    store.raise_horizons(horizons).await.unwrap();
    let kept = sample::append(&port, about("bob", at(0))).await;
    let foreign = NewEntry { issuer: sample::other_issuer(), ..about("eve", at(0)) };
    sample::append(&port, foreign).await;
    store.replace_key_ring(0, vec![signing_key()], sample::act(at(9))).await.unwrap();
    store.put_credential(credential(), sample::act(at(9))).await.unwrap();
    let (session, grant) = sample::signed_in(&port, "alice", at(1)).await;
    store.backup_to(directory.path().join("backup")).await.unwrap();
    // None of this is in the backup.
    sample::renewed(&port, &grant, 0, at(2)).await;
    sample::renewed(&port, &grant, 1, at(3)).await;
    let last = sample::append(&port, about("alice", at(4))).await;
    Lost { identity: store.identity().await.unwrap(), directory, last, kept, session, grant }
}

#[tokio::test]
async fn a_restored_store_is_a_new_log_above_everything_the_old_one_reached() {
    let lost = lost().await;
    let store = lost.restored(RestoreGuard::KeepSessions);
    let identity = store.identity().await.unwrap();
    assert_ne!(identity.log, lost.identity.log);
    assert_eq!(identity.key, lost.identity.key, "digests stay what they were");
    assert!(identity.origin > lost.last);
    assert_eq!(store.head().await.unwrap().position, identity.origin);
    // What was live is live, under its old position, and hits what it hit.
    let live = store.live_after(Position::ZERO, at(100), 10).await.unwrap();
    assert_eq!(live[0].position, lost.kept);
    let port: Arc<dyn Store> = Arc::new(store);
    assert_eq!(sample::append(&port, about("carol", at(100))).await, identity.origin.next().unwrap());
}

#[tokio::test]
async fn a_key_that_was_announced_in_the_backup_never_signs() {
    // I6: it may have signed since, and been given up since. What it signed is kept as the guard says.
    let directory = TempDir::new().unwrap();
    let path = |name: &str| directory.path().join(name);
    let store = open(&path("lost"));
    let announced =
        StoredKey { id: KeyId::new("key_next").unwrap(), stage: KeyStage::Announced, ..signing_key() };
    store.replace_key_ring(0, vec![signing_key(), announced.clone()], sample::act(at(9))).await.unwrap();
    let horizons = Horizons { access_token: Duration::from_secs(600), session: Duration::from_secs(10_000) };
    store.raise_horizons(horizons).await.unwrap();
    store.backup_to(path("backup")).await.unwrap();
    restore(&path("backup"), &path("restored"), at(100), [9; 36], RestoreGuard::KeepSessions, &[]).unwrap();
    let keys = open(&path("restored")).key_ring().await.unwrap().keys;
    // The longest life of an access token and ten minutes.
    let retired = StoredKey { stage: KeyStage::Retired { until: at(1_300) }, ..announced };
    assert_eq!(keys, [signing_key(), retired]);
}

#[tokio::test]
async fn leases_granted_after_the_backup_are_counted_by_one_that_stands_for_all() {
    // Design section 3: who waits until a revocation is in force everywhere waits out what can not be known.
    let lost = lost().await;
    let verifiers = lost.restored(RestoreGuard::KeepSessions).verifiers().await.unwrap();
    let known = lost.identity.key;
    assert_eq!(verifiers.len(), 1);
    assert_eq!((verifiers[0].lease, verifiers[0].unfenced), (quash_core::lease::LONGEST, false));
    assert_ne!(verifiers[0].instance.bytes(), known.expose(), "nothing secret names it");
}

#[tokio::test]
async fn by_default_everything_issued_before_a_restore_is_over() {
    let lost = lost().await;
    let store: Arc<dyn Store> = Arc::new(lost.restored(RestoreGuard::default()));
    let cut = sample::cut(&store, &lost.grant, at(101)).await.unwrap();
    assert_eq!((&cut.fact.target, cut.fact.effect), (&Target::Issuer, Effect::End));
    assert!(sample::listed(&store, &lost.session).await.cut_by.is_some());
    // Verifiers of this issuer's tokens and of every issuer that the backup knows are told.
    let origin = store.identity().await.unwrap().origin;
    let guards = store.live_after(origin, at(100), 10).await.unwrap();
    let [rotation, guards @ ..] = &guards[..] else { panic!() };
    // S20, I6: for ever, and before what else is known of the issuer.
    assert_eq!((&rotation.fact.target, rotation.fact.effect), (&Target::UserKeys, Effect::End));
    assert_eq!(rotation.fact.retain_until, Timestamp::FOREVER);
    let generation = store.user_key_generation(&lost.session.subject).await.unwrap();
    assert_eq!(generation, rotation.position);
    let issuers: Vec<_> = guards.iter().map(|entry| entry.fact.issuer.clone()).collect();
    assert_eq!(issuers, [sample::own_issuer(), sample::other_issuer()]);
    for guard in guards {
        assert_eq!(guard.fact.target, Target::Issuer);
        assert!(guard.fact.retain_until > at(100).plus(Duration::from_secs(660)));
        assert!(guard.fact.enforce_until > at(100).plus(Duration::from_secs(10_000)));
    }
    // How long the tokens of another issuer live is nowhere in the backup: its guard is never forgotten.
    let others = guards.iter().find(|guard| guard.fact.issuer == sample::other_issuer()).unwrap();
    assert_eq!(others.fact.retain_until, Timestamp::FOREVER);
    // Whoever signs in now is not hit.
    let (_, grant) = sample::signed_in(&store, "alice", at(100)).await;
    assert_eq!(sample::cut(&store, &grant, at(101)).await, None);
}

#[tokio::test]
async fn no_signing_key_of_a_backup_is_in_force_where_everything_was_ended() {
    // I6: the key may have been rotated away as compromised after the backup was made.
    let lost = lost().await;
    let store = lost.restored(RestoreGuard::EndEverything);
    assert_eq!(store.key_ring().await.unwrap(), KeyRing::default());
}

#[tokio::test]
async fn sessions_that_are_kept_keep_the_keys_of_their_tokens() {
    let lost = lost().await;
    let store = lost.restored(RestoreGuard::KeepSessions);
    assert_eq!(store.key_ring().await.unwrap(), KeyRing { version: 1, keys: vec![signing_key()] });
}

#[tokio::test]
async fn an_issuer_that_only_the_operator_knows_is_ended_too() {
    // A first revocation of its tokens may be among what was lost (I6).
    let lost = lost().await;
    let (backup, into) = (lost.path("backup"), lost.path("restored"));
    let configured =
        [Issuer::new("https://third.example").unwrap(), sample::other_issuer(), sample::own_issuer()];
    restore(&backup, &into, at(100), [9; 36], RestoreGuard::EndEverything, &configured).unwrap();
    let store = open(&into);
    let origin = store.identity().await.unwrap().origin;
    let guards = store.live_after(origin, at(100), 10).await.unwrap();
    let guards: Vec<_> = guards.into_iter().filter(|entry| entry.fact.target == Target::Issuer).collect();
    let mut ended: Vec<_> = guards.iter().map(|entry| entry.fact.issuer.clone()).collect();
    let mut expected = configured.to_vec();
    ended.sort();
    expected.sort();
    assert_eq!(ended, expected, "each once");
    let third = guards.iter().find(|guard| guard.fact.issuer == configured[0]).unwrap();
    assert_eq!((&third.fact.target, third.fact.effect), (&Target::Issuer, Effect::End));
    assert_eq!(third.fact.retain_until, Timestamp::FOREVER);
}

#[tokio::test]
async fn a_restore_says_how_many_credentials_came_back() {
    let lost = lost().await;
    let (backup, into) = (lost.path("backup"), lost.path("restored"));
    let restored = restore(&backup, &into, at(100), [9; 36], RestoreGuard::EndEverything, &[]).unwrap();
    assert_eq!(restored.credentials, 1);
    assert_eq!(open(&into).credentials().await.unwrap().len(), 1);
}

#[tokio::test]
async fn sessions_that_are_kept_adopt_the_tokens_that_the_backup_does_not_know() {
    let lost = lost().await;
    let store: Arc<dyn Store> = Arc::new(lost.restored(RestoreGuard::KeepSessions));
    let renewed = sample::renewed(&store, &lost.grant, 2, at(101)).await;
    assert!(matches!(renewed.verdict, Verdict::Rotate { alarm: true, .. }));
    assert_eq!(renewed.grant.generation.0, 3);
}

#[tokio::test]
async fn a_clock_that_is_behind_restores_above_the_backup_all_the_same() {
    let lost = lost().await;
    let into = lost.path("restored");
    restore(&lost.path("backup"), &into, Timestamp::EPOCH, [0; 36], RestoreGuard::EndEverything, &[])
        .unwrap();
    let store: Arc<dyn Store> = Arc::new(open(&into));
    assert!(store.identity().await.unwrap().origin > lost.last);
    assert!(sample::cut(&store, &lost.grant, at(101)).await.is_some());
}

#[tokio::test]
async fn a_restored_store_agrees_with_itself_and_can_be_restored_again() {
    let lost = lost().await;
    let store = lost.restored(RestoreGuard::EndEverything);
    let checked = store.check().await.unwrap();
    assert_eq!((checked.sessions, checked.grants), (1, 1));
    let second = lost.path("backup2");
    let head = store.backup_to(&second).await.unwrap();
    let again = lost.path("again");
    restore(&second, &again, at(100), [9; 36], RestoreGuard::KeepSessions, &[]).unwrap();
    let again = open(&again);
    assert!(again.head().await.unwrap().position > head.position, "even in the same second");
    again.check().await.unwrap();
}

#[tokio::test]
async fn a_restore_overwrites_nothing_and_leaves_nothing_behind() {
    let lost = lost().await;
    let (backup, into) = (lost.path("backup"), lost.path("restored"));
    std::fs::write(&into, "precious").unwrap();
    let refused = restore(&backup, &into, at(100), [9; 36], RestoreGuard::EndEverything, &[]);
    assert_eq!(refused.unwrap_err(), RestoreError::TargetExists);
    assert_eq!(std::fs::read_to_string(&into).unwrap(), "precious");

    let fresh = lost.path("fresh");
    let refused = restore(&into, &fresh, at(100), [9; 36], RestoreGuard::EndEverything, &[]);
    assert_eq!(refused.unwrap_err(), RestoreError::Backup(OpenError::NotAStore));
    assert!(!fresh.exists());
}

#[tokio::test]
async fn the_guard_is_held_by_verifiers_for_as_long_as_a_session_can_be_registered() {
    // S12, I6: verifiers may know sessions that were registered after the backup.
    let lost = lost().await;
    let store = lost.restored(RestoreGuard::EndEverything);
    let origin = store.identity().await.unwrap().origin;
    let guards = store.live_after(origin, at(100), 10).await.unwrap();
    let own = guards
        .iter()
        .find(|guard| (guard.fact.issuer == sample::own_issuer()) && guard.fact.target == Target::Issuer)
        .unwrap();
    // The longest life of a session, and ten minutes.
    assert_eq!((own.fact.retain_until, own.fact.enforce_until), (at(10_700), at(10_700)));
}

#[tokio::test]
async fn registered_sessions_and_the_word_that_these_are_all_come_back_with_the_backup() {
    // S12
    let directory = TempDir::new().unwrap();
    let path = |name: &str| directory.path().join(name);
    let store = Arc::new(open(&path("lost")));
    let port: Arc<dyn Store> = Arc::<EmbeddedStore>::clone(&store);
    let registration = Some(Registering { retain_until: at(10_060), actor: "cred_suite".into() });
    let new = NewSession { registration, ..sample::sign_in("alice", at(0)) };
    let (session, _) = sample::open(&port, new).await;
    store.set_allowlist_whole(true).await.unwrap();
    store.backup_to(path("backup")).await.unwrap();
    store.set_allowlist_whole(false).await.unwrap();
    restore(&path("backup"), &path("restored"), at(100), [9; 36], RestoreGuard::KeepSessions, &[]).unwrap();
    let store = open(&path("restored"));
    let live = store.live_after(Position::ZERO, at(100), 10).await.unwrap();
    let target = Target::Registration { session: session.id, subject: session.subject };
    assert_eq!(live.into_iter().map(|entry| entry.fact.target).collect::<Vec<_>>(), [target]);
    assert!(store.is_allowlist_whole().await.unwrap());
}
