//! `quash audit`, against a real server, a backup of it, and the store that it leaves behind (I12).

use std::path::Path;
use std::process::{Command, Output};

use redb::{Database, ReadableDatabase, TableDefinition};
use serde_json::{Value as Json, json};

use super::answer::text;
use super::running::{ADMIN_KEY, Running};

const AUDIT: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("audit");

fn audit(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_quash"));
    command.env("QUASH_ADMIN_KEY", ADMIN_KEY).args(["audit", "-o", "json"]).args(arguments).output().unwrap()
}

/// What a chain that holds is said to be.
fn verified(arguments: &[&str]) -> Json {
    let ran = audit(&[&["verify"], arguments].concat());
    assert!(ran.status.success(), "{ran:?}");
    serde_json::from_slice(&ran.stdout).unwrap()
}

/// What is said of one that does not.
fn broken(arguments: &[&str]) -> String {
    let ran = audit(&[&["verify"], arguments].concat());
    assert_eq!(ran.status.code(), Some(1), "{ran:?}");
    String::from_utf8(ran.stderr).unwrap()
}

fn change(store: &Path, number: u64) {
    let database = Database::open(store).unwrap();
    let key = number.to_be_bytes();
    let row = {
        let table = database.begin_read().unwrap().open_table(AUDIT).unwrap();
        let row = table.get(&key[..]).unwrap().unwrap().value().to_vec();
        String::from_utf8_lossy(&row).contains("alice").then_some(row).unwrap()
    };
    let at = row.windows(5).position(|window| window == b"alice").unwrap();
    let mut changed = row;
    changed[at..at + 5].copy_from_slice(b"malet");
    put(&database, number, &changed);
}

fn put(database: &Database, number: u64, row: &[u8]) {
    let transaction = database.begin_write().unwrap();
    transaction.open_table(AUDIT).unwrap().insert(&number.to_be_bytes()[..], row).unwrap();
    transaction.commit().unwrap();
}

/// I12: where rows do not read or are missing, each command comes to its end and says which; what comes before is exported.
#[test]
fn a_log_that_does_not_read_is_named_by_a_running_server_too() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let server = Running::dev(&data);
    for number in 0..5 {
        server.revoke(&json!({"type": "subject", "id": format!("user{number}")}));
    }
    let last = verified(&["--url", &server.url])["last"].as_u64().unwrap();
    server.stop();
    let store = data.join("quash.redb");
    put(&Database::open(&store).unwrap(), 3, b"nothing");
    let server = Running::dev(&data);
    let found = broken(&["--url", &server.url]);
    assert!(found.contains("entry 3"), "{found}");
    let exported = audit(&["export", "--url", &server.url]);
    assert_eq!(exported.status.code(), Some(2), "{exported:?}");
    assert_eq!(exported.stdout.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).count(), 2);
    server.stop();

    let database = Database::open(&store).unwrap();
    let transaction = database.begin_write().unwrap();
    transaction.open_table(AUDIT).unwrap().retain(|key, _| key < &3_u64.to_be_bytes()[..]).unwrap();
    transaction.commit().unwrap();
    drop(database);
    let server = Running::dev(&data);
    let found = broken(&["--url", &server.url]);
    assert!(last > 3 && found.contains("entry 3"), "{found}");
    assert_eq!(audit(&["export", "--url", &server.url]).status.code(), Some(2), "it comes to an end");
}

#[test]
fn the_chain_is_verified_at_a_server_and_in_files_and_a_change_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let (data, backup) = (directory.path().join("data"), directory.path().join("copy.redb"));
    let server = Running::dev(&data);
    let at_server = ["--url", server.url.as_str()];
    let session = server.sign_in("alice");
    server.revoke(&json!({"type": "session", "id": text(&session, "session_id")}));
    let noted = verified(&at_server);
    assert_eq!((&noted["entries"], &noted["first"], &noted["last"]), (&json!(3), &json!(1), &json!(3)));
    let head = noted["head"].as_str().unwrap().to_owned();

    // More than a page, and a head of before.
    for number in 0..230 {
        server.revoke(&json!({"type": "subject", "id": format!("user{number}")}));
    }
    let later = verified(&[&at_server[..], &["--expect", &head]].concat());
    assert_eq!((&later["entries"], &later["as_expected"]), (&json!(233), &json!(true)));
    let last = later["head"].as_str().unwrap().to_owned();
    let (_, other) = last.split_once(':').unwrap();
    let forged = format!("3:{other}");
    assert!(broken(&[&at_server[..], &["--expect", &forged]].concat()).contains("entry 3"));
    let longer = format!("234:{other}");
    assert!(broken(&[&at_server[..], &["--expect", &longer]].concat()).contains("ends before entry 234"));

    let exported = audit(&["export", "--url", &server.url, "--subject", "alice"]);
    let lines: Vec<Json> = String::from_utf8(exported.stdout)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let actions: Vec<&str> = lines.iter().map(|line| text(line, "action")).collect();
    assert_eq!(actions, ["session_opened", "revoked"]);
    assert!(!format!("{lines:?}").contains(text(&session, "access_token")), "I13");

    let taken = Command::new(env!("CARGO_BIN_EXE_quash"))
        .args(["backup", "--dev", "--data", data.to_str().unwrap(), "--to", backup.to_str().unwrap()])
        .env("QUASH_ADMIN_KEY", ADMIN_KEY)
        .output()
        .unwrap();
    assert!(taken.status.success(), "{taken:?}");
    assert_eq!(verified(&["--file", backup.to_str().unwrap(), "--expect", &last])["last"], json!(233));

    // The chain goes on over a restart.
    server.stop();
    let server = Running::dev(&data);
    server.revoke(&json!({"type": "subject", "id": "bob"}));
    assert_eq!(verified(&["--url", &server.url, "--expect", &last])["last"], json!(234));
    let store = data.join("quash.redb");
    let in_use = broken(&["--file", store.to_str().unwrap()]);
    assert!(in_use.contains("quash.redb"), "{in_use}");
    server.stop();
    assert_eq!(verified(&["--file", store.to_str().unwrap()])["last"], json!(234));

    change(&store, 3);
    let found = broken(&["--file", store.to_str().unwrap()]);
    assert!(found.contains("entry 3"), "{found}");
    let server = Running::dev(&data);
    assert!(broken(&["--url", &server.url]).contains("entry 3"), "a server shows what it has");
}
