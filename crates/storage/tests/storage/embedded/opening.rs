//! Opening: once, by one, and only what is a store.

use std::sync::Arc;

use quash_core::session::last_use::LastUse;
use quash_storage::contract::sample::{self, about, at, sign_in};
use quash_storage::contract::uses::by;
use quash_storage::embedded::{OpenError, RestoreGuard, restore};
use quash_storage::ports::{Append, Appended, Noted, RevocationLog, SessionRegistry, Store, StoreError};
use redb::TableDefinition;
use tempfile::TempDir;

use super::{open, try_open};

const META: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("meta");

#[tokio::test]
async fn what_was_acknowledged_is_there_after_a_restart() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("quash.redb");
    let store: Arc<dyn Store> = Arc::new(open(&path));
    let (session, grant) = sample::signed_in(&store, "alice", at(0)).await;
    let position = sample::append(&store, about("bob", at(1))).await;
    let (identity, head) = (store.identity().await.unwrap(), store.head().await.unwrap());
    drop(store);

    let store = open(&path);
    assert_eq!(store.identity().await.unwrap(), identity);
    assert_eq!(store.head().await.unwrap(), head);
    assert_eq!(*store.head_changes().borrow(), position);
    assert_eq!(store.session(&session.id).await.unwrap().unwrap().session, session);
    assert_eq!(store.grant(&grant.id).await.unwrap().unwrap().0, grant);
    assert_eq!(store.live_after(identity.origin, at(1), 10).await.unwrap().len(), 1);
}

#[tokio::test]
async fn the_rows_of_each_table_are_counted() {
    let directory = TempDir::new().unwrap();
    let store = Arc::new(open(&directory.path().join("quash.redb")));
    let rows = |table: &str| {
        let rows = store.rows().unwrap();
        rows.into_iter().find(|(name, _)| *name == table).unwrap().1
    };
    assert_eq!((rows("sessions"), rows("entries")), (0, 0));
    let port: Arc<dyn Store> = Arc::<quash_storage::embedded::EmbeddedStore>::clone(&store);
    sample::signed_in(&port, "alice", at(0)).await;
    sample::append(&port, about("bob", at(1))).await;
    sample::append(&port, about("carol", at(1))).await;
    assert_eq!((rows("sessions"), rows("grants"), rows("entries")), (1, 1, 2));
}

#[cfg(unix)]
#[tokio::test]
async fn whatever_file_is_made_its_owner_alone_can_read() {
    // The directory may be older than the store, and open to others.
    use std::os::unix::fs::PermissionsExt;
    let directory = TempDir::new().unwrap();
    let path = |name: &str| directory.path().join(name);
    let store = open(&path("quash.redb"));
    store.backup_to(path("backup")).await.unwrap();
    restore(&path("backup"), &path("restored"), at(100), [9; 36], RestoreGuard::EndEverything, &[]).unwrap();
    for name in ["quash.redb", "backup", "restored"] {
        let mode = std::fs::metadata(path(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
}

#[tokio::test]
async fn calls_that_wait_are_answered_before_the_store_closes() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("quash.redb");
    let store = open(&path);
    let appends = (0..20).map(|_| {
        let append = Append::new(about("alice", at(0)));
        store.append(append)
    });
    let appended = futures_util::future::join_all(appends).await;
    assert!(appended.iter().all(|outcome| matches!(outcome, Ok(Appended::At { .. }))));
    let head = store.head().await.unwrap();
    store.close();
    assert_eq!(open(&path).head().await.unwrap(), head);
}

#[test]
fn a_second_opening_is_refused_while_the_first_stands() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("quash.redb");
    let first = open(&path);
    assert_eq!(try_open(&path, sample::own_issuer()).unwrap_err(), OpenError::InUse);
    first.close();
    open(&path).close();
}

#[test]
fn a_store_belongs_to_the_issuer_that_it_was_made_for() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("quash.redb");
    open(&path).close();
    let refused = try_open(&path, sample::other_issuer()).unwrap_err();
    assert_eq!(refused, OpenError::OtherIssuer { stored: sample::own_issuer().as_str().into() });
    assert_eq!(open(&path).own_issuer(), &sample::own_issuer());
}

#[test]
fn a_later_format_is_refused_and_named() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("quash.redb");
    open(&path).close();
    let database = redb::Database::open(&path).unwrap();
    let transaction = database.begin_write().unwrap();
    // 2 as CBOR (RFC 8949 section 3.1).
    transaction.open_table(META).unwrap().insert(&b"format"[..], &[2_u8][..]).unwrap();
    transaction.commit().unwrap();
    drop(database);
    let refused = try_open(&path, sample::own_issuer()).unwrap_err();
    assert_eq!(refused, OpenError::UnknownFormat { found: 2, known: 1 });
    assert_eq!(refused.to_string(), "the store has format 2, this version reads format 1 only");
}

#[test]
fn what_is_no_store_is_refused_and_left_alone() {
    let directory = TempDir::new().unwrap();
    let text = directory.path().join("notes.txt");
    let content = "not a database. ".repeat(1_000);
    std::fs::write(&text, &content).unwrap();
    assert_eq!(try_open(&text, sample::own_issuer()).unwrap_err(), OpenError::NotAStore);
    assert_eq!(std::fs::read_to_string(&text).unwrap(), content);

    let other = directory.path().join("other.redb");
    let database = redb::Database::create(&other).unwrap();
    let transaction = database.begin_write().unwrap();
    transaction.open_table(TableDefinition::<u64, u64>::new("cats")).unwrap();
    transaction.commit().unwrap();
    drop(database);
    assert_eq!(try_open(&other, sample::own_issuer()).unwrap_err(), OpenError::NotAStore);
}

#[test]
fn a_directory_that_is_not_there_is_the_environments_fault() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("missing").join("quash.redb");
    let refused = try_open(&path, sample::own_issuer()).unwrap_err();
    assert!(matches!(refused, OpenError::Store(StoreError::Unavailable(_))), "{refused:?}");
}

#[tokio::test]
async fn a_damaged_row_is_reported_and_harms_no_other_call() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("quash.redb");
    let store: Arc<dyn Store> = Arc::new(open(&path));
    let (session, grant) = sample::signed_in(&store, "alice", at(0)).await;
    let (whole, _) = sample::signed_in(&store, "eve", at(0)).await;
    drop(store);
    let sessions: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("sessions");
    let database = redb::Database::open(&path).unwrap();
    let transaction = database.begin_write().unwrap();
    let key = session.id.as_str().as_bytes();
    transaction.open_table(sessions).unwrap().insert(key, &b"?"[..]).unwrap();
    transaction.commit().unwrap();
    drop(database);

    let store = open(&path);
    let renewal = quash_core::session::renewal::Renewal {
        presented: grant.generation,
        now: at(1),
        grace: sample::GRACE,
    };
    let append = Append::new(about("bob", at(1)));
    let (refused, opened, appended) = tokio::join!(
        store.renew(&grant.id, renewal),
        store.open(sign_in("carol", at(1))),
        store.append(append)
    );
    let damaged = StoreError::Corrupt("a row of `sessions` does not read".into());
    assert_eq!(refused.unwrap_err(), damaged);
    assert!(opened.is_ok() && appended.is_ok());
    let uses = [&session, &whole].map(|session| LastUse { by: by(session), at: at(1) });
    let noted = store.note_uses(uses.to_vec(), at(2)).await.unwrap();
    assert_eq!(noted, Noted { noted: 1, ignored: 1 });
    assert_eq!(store.check().await.unwrap_err(), damaged);
    assert!(!damaged.is_retryable());
}
