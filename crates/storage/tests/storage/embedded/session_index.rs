//! The index of sessions in the file: what its rows are, that it is made for older files and backups, and that nothing is
//! left of it when the sessions are gone (S31).

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use quash_core::ids::{ClientId, DeviceId};
use quash_core::revocation::entry::{Effect, NewEntry};
use quash_core::revocation::reason::Reason;
use quash_core::revocation::target::Target;
use quash_core::revocation::undo::Undoer;
use quash_core::session::last_use::{LastUse, UsedBy};
use quash_core::session::policy::Overflow;
use quash_core::session::session::Session;
use quash_storage::contract::sample::{self, at, sign_in};
use quash_storage::crash::Disk;
use quash_storage::embedded::{OpenOptions, RestoreGuard, restore};
use quash_storage::ports::{
    Append, ClaimsChange, Filter, Join, Opened, PageRequest, SessionRegistry, Store, StoreError, Undo,
};
use redb::{Database, ReadableDatabase, ReadableTable, ReadableTableMetadata, TableDefinition, TableHandle};
use tempfile::TempDir;

use super::format::{golden, readable};
use super::open;
use crate::crash::Random;

const INDEX: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("session_index");

/// The keys in the file.
fn keys(path: &Path) -> Vec<Vec<u8>> {
    let database = redb::ReadOnlyDatabase::open(path).unwrap();
    let table = database.begin_read().unwrap().open_table(INDEX).unwrap();
    table.iter().unwrap().map(|row| row.unwrap().0.value().to_vec()).collect()
}

fn has_index(path: &Path) -> bool {
    let database = redb::ReadOnlyDatabase::open(path).unwrap();
    let transaction = database.begin_read().unwrap();
    transaction.list_tables().unwrap().any(|table| table.name() == INDEX.name())
}

fn copy_of(name: &str) -> (TempDir, std::path::PathBuf) {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("quash.redb");
    std::fs::copy(golden(name), &path).unwrap();
    (directory, path)
}

/// Makes the file one that is older than the index.
fn remove_index(path: &Path) {
    let database = Database::open(path).unwrap();
    let transaction = database.begin_write().unwrap();
    assert!(transaction.delete_table(INDEX).unwrap());
    transaction.commit().unwrap();
}

/// What the one session of the golden files is searched by: its device, client, address, and the hour of its last use.
fn of_the_golden_session() -> Vec<Vec<u8>> {
    let hour = u32::try_from(at(1).seconds() / 3600).unwrap().to_be_bytes();
    let address: std::net::Ipv6Addr = "::ffff:192.0.2.1".parse().unwrap();
    vec![
        b"\x01phone\0ses_1".to_vec(),
        b"\x02web\0ses_1".to_vec(),
        [b"\x03".as_slice(), &address.octets(), b"ses_1"].concat(),
        [b"\x05".as_slice(), &hour, b"ses_1"].concat(),
    ]
}

#[tokio::test]
async fn a_file_that_is_older_than_the_index_gets_it_when_it_is_opened() {
    for name in ["format-1.redb", "format-1-verifiers.redb"] {
        let (_directory, path) = copy_of(name);
        assert!(!has_index(&path), "{name}: or it proves nothing");
        let store = open(&path);
        let filter = Filter { ip: Some("192.0.2.0/24".parse().unwrap()), ..Filter::default() };
        let request = PageRequest { after: None, limit: 9, now: at(2) };
        assert_eq!(store.sessions(&filter, &request).await.unwrap().items.len(), 1);
        store.check().await.unwrap();
        store.close();
        let keys = keys(&path);
        assert_eq!(
            keys,
            of_the_golden_session(),
            "{:?}",
            keys.iter().map(|key| readable(key)).collect::<Vec<_>>()
        );
    }
}

#[tokio::test]
async fn a_damaged_row_keeps_no_older_file_from_being_opened_and_no_other_session_from_being_found() {
    for (table, key) in [("sessions", "ses_0"), ("sessions", "ses_2"), ("grants", "gra_1")] {
        let (_directory, path) = copy_of("format-1.redb");
        let database = Database::open(&path).unwrap();
        let transaction = database.begin_write().unwrap();
        let definition: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new(table);
        let before = transaction.open_table(definition).unwrap().len().unwrap();
        transaction.open_table(definition).unwrap().insert(key.as_bytes(), &[0xFF][..]).unwrap();
        let after = transaction.open_table(definition).unwrap().len().unwrap();
        assert_eq!(after - before, u64::from(table == "sessions"), "{key}: or another row is meant");
        transaction.commit().unwrap();
        drop(database);
        let store = open(&path);
        let filter = Filter { ip: Some("192.0.2.0/24".parse().unwrap()), ..Filter::default() };
        let request = PageRequest { after: None, limit: 9, now: at(2) };
        if table == "sessions" {
            assert_eq!(store.sessions(&filter, &request).await.unwrap().items.len(), 1, "{key}");
        }
        assert!(matches!(store.check().await, Err(StoreError::Corrupt(_))), "{key}: a check says so");
    }
}

#[test]
fn a_file_of_another_issuer_is_left_as_it_is() {
    let (_directory, path) = copy_of("format-1.redb");
    assert!(OpenOptions::file(&path, sample::other_issuer()).open(at(0), [7; 36]).is_err());
    assert!(!has_index(&path));
}

#[tokio::test]
async fn a_backup_that_is_older_than_the_index_is_restored_with_it() {
    for guard in [RestoreGuard::EndEverything, RestoreGuard::KeepSessions] {
        let (directory, backup) = copy_of("format-1.redb");
        let into = directory.path().join("restored.redb");
        restore(&backup, &into, at(100), [9; 36], guard, &[]).unwrap();
        assert_eq!(keys(&into), of_the_golden_session());
        open(&into).check().await.unwrap();
    }
}

#[tokio::test]
async fn many_sessions_are_indexed_when_an_older_file_is_opened() {
    // More than one batch of them, some with a grant that shares.
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("quash.redb");
    let store: Arc<dyn Store> = Arc::new(open(&path));
    let mut opening = tokio::task::JoinSet::new();
    for number in 0..2_300 {
        let store = Arc::clone(&store);
        opening
            .spawn(async move { sample::open(&store, sign_in(&format!("user-{number}"), at(number))).await });
    }
    opening.join_all().await;
    let limit = |device: &str| {
        let mut new = quash_storage::contract::limits::on(device, 1, Overflow::Share, at(9));
        new.session.place = Some("Wien".into());
        new
    };
    for device in ["a", "b"] {
        store.open(limit(device)).await.unwrap();
    }
    drop(store);
    let before = keys(&path);
    remove_index(&path);
    let store = open(&path);
    store.check().await.unwrap();
    store.close();
    assert!(before.len() > 9_000, "{}", before.len());
    assert_eq!(keys(&path), before);
}

#[tokio::test]
async fn a_power_loss_while_an_older_file_gets_its_index_leaves_all_of_it_to_the_next_start() {
    // I3
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("quash.redb");
    let store: Arc<dyn Store> = Arc::new(open(&path));
    for number in 0..40 {
        sample::open(&store, sign_in(&format!("user-{number}"), at(number))).await;
    }
    drop(store);
    remove_index(&path);
    let bytes = std::fs::read(&path).unwrap();
    let opens = |disk: &Disk| {
        OpenOptions::backend(disk.backend(), sample::own_issuer()).cache_bytes(1 << 20).open(at(50), [7; 36])
    };
    let everybody = PageRequest { after: None, limit: 200, now: at(50) };
    let range = Filter { ip: Some("0.0.0.0/0".parse().unwrap()), ..Filter::default() };
    let (mut failed, mut operation) = (0, 1);
    loop {
        let disk = Disk::of(bytes.clone());
        disk.lose_power_at(operation);
        let lost = opens(&disk).is_err();
        for seed in 0..4 {
            let store = opens(&disk.after_power_loss(seed)).unwrap();
            store.check().await.unwrap();
            let found = store.sessions(&range, &everybody).await.unwrap();
            assert_eq!(found.items.len(), 40, "operation {operation}, seed {seed}");
        }
        if !lost {
            break;
        }
        (failed, operation) = (failed + 1, operation + 1);
    }
    assert!(failed > 5, "{failed}: or there was nothing to interrupt");
}

/// One change of what alice has, in hour `hour`.
async fn change(store: &Arc<dyn Store>, random: &mut Random, hour: u64, opened: &mut Vec<Session>) {
    let now = at(3_600 * hour);
    let device = |random: &mut Random| format!("d{}", random.below(5));
    let index = usize::try_from(random.below(opened.len() as u64 + 1)).unwrap();
    let Some(session) = opened.get(index).cloned() else {
        let share = random.below(3) > 0;
        let (max, overflow) = if share { (1, Overflow::Share) } else { (3, Overflow::ReplaceIdleFirst) };
        let mut new = quash_storage::contract::limits::on(&device(random), max, overflow, now);
        new.session.idle_limit = Duration::from_secs(3_600 * 30);
        new.session.absolute_end = at(3_600 * 1_000);
        new.session.place = Some(format!("place {}", random.below(2)).into());
        new.grant.client = ClientId::new(["web", "app"][usize::try_from(random.below(2)).unwrap()]).unwrap();
        if let Opened::Open { session, .. } = store.open(new).await.unwrap() {
            opened.push(*session);
        }
        return;
    };
    let subject = session.subject.clone();
    match random.below(8) {
        0..2 => {
            let by =
                UsedBy { session: session.id.clone(), client: ClientId::new("web").unwrap(), device: None };
            store.note_uses(vec![LastUse { by, at: now }], now).await.unwrap();
        }
        2 => {
            let (grant, act) = (sample::grant(&session.id, "shop", now), sample::act(now));
            store.join(Join { grant, limit: None, act }).await.unwrap();
        }
        3 => {
            let id = DeviceId::new(device(random)).unwrap();
            sample::append(store, sample::entry(Target::Device { subject, device: id }, now)).await;
        }
        4 => {
            let position = sample::append(store, sample::entry(Target::Session(session.id), now)).await;
            let undoer = Undoer {
                at: now,
                reason: Reason::known(Reason::ADMIN),
                actor: "cred_suite".into(),
                cause: "undo".into(),
            };
            let undo = Undo { position, undoer, window: Duration::from_secs(1_000), idempotency: None };
            store.undo(undo).await.unwrap();
        }
        5 => {
            let members = serde_json::json!({"roles": [hour.to_string()]}).as_object().unwrap().clone();
            let claims = Some(ClaimsChange { subject, members, budget: 100 });
            let refresh = NewEntry { effect: Effect::Refresh, ..sample::about("alice", now) };
            store.append(Append { claims, ..Append::new(refresh) }).await.unwrap();
        }
        6 => drop(sample::append(store, sample::entry(Target::Session(session.id), now)).await),
        _ => drop(store.purge(now, Duration::ZERO).await.unwrap()),
    }
}

#[tokio::test]
async fn the_index_agrees_with_the_sessions_whatever_became_of_them() {
    // S31: share, replace, join, use, end, undo, changed claims and purge, in any order.
    for seed in 0..6 {
        let directory = TempDir::new().unwrap();
        let embedded = Arc::new(open(&directory.path().join("quash.redb")));
        let store: Arc<dyn Store> = embedded.clone();
        let (mut random, mut opened) = (Random(seed), Vec::new());
        for hour in 0..120 {
            change(&store, &mut random, hour, &mut opened).await;
            let checked = embedded.check().await;
            assert!(checked.is_ok(), "seed {seed}, hour {hour}: {checked:?}");
        }
        assert!(opened.len() > 10, "seed {seed}");
    }
}

#[tokio::test]
async fn nothing_is_left_in_the_index_when_the_sessions_are_gone() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("quash.redb");
    let store: Arc<dyn Store> = Arc::new(open(&path));
    quash_storage::contract::search::what_is_purged_is_found_by_nothing(Arc::clone(&store)).await;
    drop(store);
    assert_eq!(keys(&path), Vec::<Vec<u8>>::new());
}

#[tokio::test]
async fn a_use_rewrites_the_index_once_an_hour() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("quash.redb");
    let store: Arc<dyn Store> = Arc::new(open(&path));
    let mut new = sign_in("alice", at(0));
    new.session.idle_limit = Duration::from_secs(100_000);
    new.session.absolute_end = at(1_000_000);
    let (_, grant) = sample::open(&store, new).await;
    let hour = |seconds: u64| u32::try_from(at(seconds).seconds() / 3600).unwrap().to_be_bytes();
    for (generation, seconds) in (0..).zip([10, 3_599, 3_600, 7_300]) {
        sample::renewed(&store, &grant, generation, at(seconds)).await;
    }
    drop(store);
    let last_use: Vec<Vec<u8>> = keys(&path).into_iter().filter(|key| key[0] == 5).collect();
    assert_eq!(last_use.len(), 1);
    assert_eq!(last_use[0][1..5], hour(7_300));
}

#[tokio::test]
async fn an_index_that_does_not_agree_is_noticed_by_a_check() {
    for (change, text) in [(true, "a session is not in the index"), (false, "a row of no session")] {
        let directory = TempDir::new().unwrap();
        let path = directory.path().join("quash.redb");
        let store: Arc<dyn Store> = Arc::new(open(&path));
        sample::signed_in(&store, "alice", at(0)).await;
        drop(store);
        let database = Database::open(&path).unwrap();
        let transaction = database.begin_write().unwrap();
        {
            let mut table = transaction.open_table(INDEX).unwrap();
            assert_eq!(table.len().unwrap(), 4);
            if change {
                let key = table.first().unwrap().unwrap().0.value().to_vec();
                table.remove(key.as_slice()).unwrap();
            } else {
                table.insert(b"\x01phone\0ses_none".as_slice(), b"".as_slice()).unwrap();
            }
        }
        transaction.commit().unwrap();
        drop(database);
        let checked = open(&path).check().await;
        assert!(matches!(&checked, Err(StoreError::Corrupt(what)) if what.contains(text)), "{checked:?}");
    }
}
