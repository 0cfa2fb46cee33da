//! The audit log in the file: its bytes, as `docs/audit-format.md` describes them, and what a look at it finds out (I12).

use std::path::{Path, PathBuf};
use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use quash_storage::contract::sample::{self, about, at};
use quash_storage::embedded::{AuditFile, RestoreGuard, restore};
use quash_storage::ports::{AuditEntry, AuditLog, AuditPoint, AuditQuery, Store, StoreError, action};
use redb::{Database, ReadableDatabase, ReadableTable, TableDefinition};
use tempfile::TempDir;

use super::open;

const AUDIT: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("audit");
const META: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("meta");

type Rows = Vec<(Vec<u8>, Vec<u8>)>;

/// A store with an entry about each of `count` subjects, closed.
async fn store_of(count: u64) -> (TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("quash.redb");
    let store: Arc<dyn Store> = Arc::new(open(&path));
    for number in 0..count {
        sample::append(&store, about(&format!("user{number}"), at(number))).await;
    }
    drop(store);
    (directory, path)
}

fn rows(path: &Path) -> Rows {
    let database = Database::open(path).unwrap();
    let table = database.begin_read().unwrap().open_table(AUDIT).unwrap();
    table
        .iter()
        .unwrap()
        .map(|row| {
            let (key, value) = row.unwrap();
            (key.value().to_vec(), value.value().to_vec())
        })
        .collect()
}

/// Puts `rows` in the place of the audit log.
fn replace(path: &Path, rows: &Rows) {
    let database = Database::open(path).unwrap();
    let transaction = database.begin_write().unwrap();
    transaction.delete_table(AUDIT).unwrap();
    {
        let mut table = transaction.open_table(AUDIT).unwrap();
        for (key, value) in rows {
            table.insert(&key[..], &value[..]).unwrap();
        }
    }
    transaction.commit().unwrap();
}

/// What walking from the anchor to the head, entry by entry, finds out.
fn walked(path: &Path) -> Result<AuditPoint, String> {
    let file = AuditFile::open(path).map_err(|error| error.to_string())?;
    let start = file.audit(&AuditQuery::after(0, 1)).map_err(|error| error.to_string())?.anchor;
    let mut point = start;
    loop {
        let page = file.audit(&AuditQuery::after(point.sequence, 3)).map_err(|error| error.to_string())?;
        for entry in &page.entries {
            point = point.follow(entry).map_err(|error| error.to_string())?;
        }
        if page.entries.is_empty() {
            return if point == page.head { Ok(point) } else { Err("it ends early".into()) };
        }
    }
}

/// What the store's own check says: only ever the audit log is broken here.
async fn checked(path: &Path) -> Result<u64, StoreError> {
    let store = open(path);
    let checked = store.check().await.map(|checked| checked.audit);
    store.close();
    checked
}

async fn is_found_out(path: &Path, rows: &Rows, what: &str) -> String {
    replace(path, rows);
    let checked = checked(path).await;
    assert!(matches!(checked, Err(StoreError::Corrupt(_))), "{what}: {checked:?}");
    walked(path).err().unwrap_or_else(|| panic!("{what}: the walk found nothing"))
}

/// I12: whatever byte of whatever entry is changed.
#[tokio::test]
async fn a_change_of_any_byte_is_found_out_and_named() {
    let (_directory, path) = store_of(3).await;
    let sound = rows(&path);
    assert_eq!(checked(&path).await.unwrap(), 3);
    assert_eq!(walked(&path).unwrap().sequence, 3);
    // Each on a copy of its own would take minutes: the second entry stands for all, in the file and out of it.
    let (_, value) = &sound[1];
    for at in 0..value.len() {
        let mut changed = sound.clone();
        changed[1].1[at] ^= 1;
        let said = is_found_out(&path, &changed, &format!("byte {at}")).await;
        // Its own hash is what the next one follows from.
        assert!(said.contains("entry 2") || said.contains("entry 3"), "byte {at}: {said}");
    }
    replace(&path, &sound);
    assert_eq!(checked(&path).await.unwrap(), 3);
}

/// I12: entries taken out, swapped, put in twice, cut off at the front and at the end.
#[tokio::test]
async fn entries_that_are_moved_or_missing_are_found_out() {
    let (_directory, path) = store_of(5).await;
    let sound = rows(&path);
    let mut without = sound.clone();
    without.remove(2);
    assert!(is_found_out(&path, &without, "one is missing").await.contains("entry 3"));
    let mut swapped = sound.clone();
    let second = swapped[1].1.clone();
    swapped[1].1 = std::mem::replace(&mut swapped[2].1, second);
    assert!(is_found_out(&path, &swapped, "two are swapped").await.contains("entry 2"));
    let mut twice = sound.clone();
    twice[3].1 = twice[2].1.clone();
    assert!(is_found_out(&path, &twice, "one is there twice").await.contains("entry 4"));
    assert!(is_found_out(&path, &sound[2..].to_vec(), "the front is gone").await.contains("entry 1"));
    assert!(is_found_out(&path, &sound[..4].to_vec(), "the end is gone").await.contains("entry 5"));
    is_found_out(&path, &Rows::new(), "everything is gone").await;
}

/// Who can write the file can also shorten the log and say so everywhere in it: that is seen only by comparing with a head
/// that was noted elsewhere.
#[tokio::test]
async fn a_log_that_is_shortened_with_its_head_is_another_one_than_was_noted() {
    let (_directory, path) = store_of(5).await;
    let noted = walked(&path).unwrap();
    let (_other, shorter) = store_of(4).await;
    let fourth = walked(&shorter).unwrap();
    replace(&path, &rows(&shorter));
    let database = Database::open(&path).unwrap();
    let head = Database::open(&shorter).unwrap().begin_read().unwrap().open_table(META).unwrap();
    let head = head.get(&b"audit"[..]).unwrap().unwrap().value().to_vec();
    let transaction = database.begin_write().unwrap();
    transaction.open_table(META).unwrap().insert(&b"audit"[..], &head[..]).unwrap();
    transaction.commit().unwrap();
    drop(database);
    assert_eq!(checked(&path).await.unwrap(), 4, "in itself it is sound");
    assert_eq!(walked(&path).unwrap(), fourth);
    assert_ne!(fourth, noted);
}

/// Every part of the description in `docs/audit-format.md`, done anew: nothing of the store's own code hashes here.
#[tokio::test]
async fn the_bytes_are_those_of_the_description() {
    let (_directory, path) = store_of(2).await;
    let mut previous = {
        let identity = sample_identity();
        digest(&SHA256, &[b"quash audit log".as_slice(), &identity, b"https://issuer.example"].concat())
            .as_ref()
            .to_vec()
    };
    for (sequence, (key, value)) in (1_u64..).zip(rows(&path)) {
        assert_eq!(key, sequence.to_be_bytes());
        let (hash, bytes) = value.split_at(32);
        let milliseconds = at(sequence - 1).milliseconds();
        let subject = format!("user{}", sequence - 1);
        let position = bytes_of_position(bytes);
        // An array of eight: 88. Texts: 6X. A map of three: a3. Null: f6. 64-bit integers: 1b.
        let mut expected = vec![0x88, u8::try_from(sequence).unwrap(), 0x1b];
        expected.extend(milliseconds.to_be_bytes());
        for word in ["revoked", "cred_suite", "req_suite", "admin"] {
            text(&mut expected, word);
        }
        expected.push(0x1b);
        expected.extend(position);
        expected.push(0xa3);
        for word in ["effect", "end", "subject", &subject, "target", "subject"] {
            text(&mut expected, word);
        }
        assert_eq!(hex(bytes), hex(&expected));
        let whole = [b"quash audit entry".as_slice(), &previous, bytes].concat();
        previous = digest(&SHA256, &whole).as_ref().to_vec();
        assert_eq!(hex(hash), hex(&previous));
    }
    assert_eq!(hex(&previous), GOLDEN_HEAD, "what the document shows");
}

/// The hash of the second entry, as `docs/audit-format.md` shows it.
const GOLDEN_HEAD: &str = "f72fc72e4494e781a44c3b4503ee7d7c637f64cdef1eeb33c444820f48bbccfa";

/// The id of the log: the first 16 of the random bytes that it was made of.
fn sample_identity() -> [u8; 16] {
    [7; 16]
}

fn bytes_of_position(bytes: &[u8]) -> [u8; 8] {
    let after = bytes.windows(6).position(|window| window == b"eadmin").unwrap() + 7;
    bytes[after..after + 8].try_into().unwrap()
}

fn text(bytes: &mut Vec<u8>, text: &str) {
    bytes.push(0x60 + u8::try_from(text.len()).unwrap());
    bytes.extend(text.as_bytes());
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

/// A restored backup goes on with the chain of the store that it was made of, and says that it was restored.
#[tokio::test]
async fn a_restored_backup_continues_the_chain() {
    for (guard, made) in [(RestoreGuard::EndEverything, 3), (RestoreGuard::KeepSessions, 1)] {
        let (directory, path) = store_of(3).await;
        let (backup, into) = (directory.path().join("backup"), directory.path().join("restored"));
        let store = open(&path);
        store.backup_to(&backup).await.unwrap();
        store.close();
        assert_eq!(walked(&backup).unwrap(), walked(&path).unwrap(), "a backup is checked like a store");
        restore(&backup, &into, at(100), [9; 36], guard, &[]).unwrap();
        assert_eq!(checked(&into).await.unwrap(), 3 + made);
        let store = open(&into);
        let page = store.audit(AuditQuery::after(0, 9)).await.unwrap();
        let restored: Vec<&AuditEntry> =
            page.entries.iter().filter(|entry| &*entry.fact.action == action::RESTORED).collect();
        assert_eq!((restored.len(), restored[0].sequence, restored[0].fact.at), (1, 4, at(100)));
        assert_eq!(restored[0].previous, walked(&backup).unwrap().hash);
        store.close();
    }
}

/// A file that is older than the audit log has none, and begins one.
#[tokio::test]
async fn an_older_file_begins_a_chain() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("quash.redb");
    let golden = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden/format-1.redb");
    std::fs::copy(golden, &path).unwrap();
    assert_eq!(walked(&path).unwrap().sequence, 0);
    assert_eq!(checked(&path).await.unwrap(), 0);
    let store: Arc<dyn Store> = Arc::new(open(&path));
    sample::append(&store, about("alice", at(3_000))).await;
    drop(store);
    assert_eq!(checked(&path).await.unwrap(), 1);
    assert_eq!(walked(&path).unwrap().sequence, 1);
}

/// Whoever turns pages comes to an end, or hears which entry is in the way, once they were shown what comes before it.
#[tokio::test]
async fn no_page_leads_back_to_itself() {
    let (_directory, path) = store_of(5).await;
    let sound = rows(&path);
    let mut unreadable = sound.clone();
    unreadable[2].1.truncate(40);
    let mut without = sound.clone();
    without.remove(2);
    for (rows, after, through, then) in [
        (sound[..3].to_vec(), 0, Some(3), "entry 4"),
        (sound[..3].to_vec(), 3, None, "entry 4"),
        (Rows::new(), 0, None, "entry 1"),
        (unreadable, 0, Some(2), "entry 3"),
        (without, 3, None, "entry 3"),
    ] {
        replace(&path, &rows);
        let file = AuditFile::open(&path).unwrap();
        let page = file.audit(&AuditQuery::after(after, 9));
        if let Some(through) = through {
            let page = page.unwrap();
            assert_eq!((page.through, page.entries.len()), (through, usize::try_from(through).unwrap()));
            let next = file.audit(&AuditQuery::after(page.through, 9)).unwrap_err();
            assert!(next.to_string().contains(then), "{next}");
        } else {
            assert!(page.as_ref().unwrap_err().to_string().contains(then), "{page:?}");
        }
    }
}

/// Nor is a row that does not read, and the rest of the maintenance goes on.
#[tokio::test]
async fn a_purge_stops_at_what_does_not_read() {
    let (_directory, path) = store_of(4).await;
    let mut changed = rows(&path);
    changed[2].1.truncate(40);
    replace(&path, &changed);
    let store = open(&path);
    assert_eq!(store.purge_audit(at(9_000), std::time::Duration::ZERO).await.unwrap(), 2);
    assert_eq!(store.purge_audit(at(9_000), std::time::Duration::ZERO).await.unwrap(), 0);
    store.close();
}

/// A break is not purged away: it is evidence.
#[tokio::test]
async fn a_purge_stops_at_a_break() {
    let (_directory, path) = store_of(4).await;
    let mut changed = rows(&path);
    let last = changed[2].1.len() - 1;
    changed[2].1[last] ^= 1;
    replace(&path, &changed);
    let store = open(&path);
    assert_eq!(store.purge_audit(at(9_000), std::time::Duration::ZERO).await.unwrap(), 2);
    assert_eq!(store.purge_audit(at(9_000), std::time::Duration::ZERO).await.unwrap(), 0);
    store.close();
    assert!(walked(&path).unwrap_err().contains("entry 3"));
}
