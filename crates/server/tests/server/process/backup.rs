//! `quash backup` beside a running server, `quash restore` with its guard.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::json;

use super::answer::text;
use super::running::{ADMIN_KEY, ISSUER, Running};

fn quash(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_quash"));
    command
        .env("QUASH_ADMIN_KEY", ADMIN_KEY)
        .env("QUASH_TOKENS_ISSUER", ISSUER)
        .args(arguments)
        .output()
        .unwrap()
}

fn path(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// A data directory with the master secrets of `from` and a store restored from `backup`.
fn restore(from: &Path, backup: &Path, into: &Path, more: &[&str]) {
    std::fs::create_dir_all(into).unwrap();
    std::fs::copy(from.join("master.secrets"), into.join("master.secrets")).unwrap();
    let mut arguments = vec!["restore", "--dev", "--from", path(backup), "--data", path(into)];
    arguments.extend(more);
    let restored = quash(&arguments);
    assert!(restored.status.success(), "{restored:?}");
    // Deleted ones come back too: whoever restores is told to look.
    assert!(String::from_utf8_lossy(&restored.stdout).contains("credentials_restored"), "{restored:?}");
}

/// A one-time token.
fn one_time(server: &Running) -> String {
    let made = server.post("/v1/one-time-tokens", &json!({"subject": "alice", "purpose": "reset"}));
    assert_eq!(made.status, 201, "{made:?}");
    made.text_of("token").to_owned()
}

/// The status of its use.
fn spend(server: &Running, token: &str) -> u16 {
    server.post("/v1/one-time-tokens/spend", &json!({"token": token, "purpose": "reset"})).status
}

#[test]
fn a_backup_is_taken_while_the_server_runs_and_a_restore_ends_what_it_can_not_vouch_for() {
    // Design section 2: a log that comes back shorter is a new log. I6: nothing is revived.
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let backup = directory.path().join("copy.redb");
    let server = Running::dev(&data);
    let (early, late) = (server.sign_in("alice"), server.sign_in("bob"));
    server.revoke(&json!({"type": "session", "id": text(&early, "session_id")}));
    let (used, unused) = (one_time(&server), one_time(&server));
    assert_eq!(spend(&server, &used), 200);
    let taken = quash(&["backup", "--dev", "--data", path(&data), "--to", path(&backup)]);
    assert!(taken.status.success(), "{taken:?}");
    // This one is not in the backup.
    server.revoke(&json!({"type": "session", "id": text(&late, "session_id")}));
    let keys = server.get("/.well-known/jwks.json").body;
    let head = server.get("/v1/head").body["position"].as_u64().unwrap();
    server.kill();

    let guarded = directory.path().join("guarded");
    restore(&data, &backup, &guarded, &[]);
    let server = Running::dev(&guarded);
    assert!(
        server.get("/v1/head").body["position"].as_u64().unwrap() > head,
        "a new log starts above the old one"
    );
    for session in [&early, &late] {
        assert_eq!(server.check(text(session, "access_token")), 401);
        assert_eq!(server.refresh(text(session, "refresh_token")).status, 400);
    }
    // S30: whether it was used after the backup nobody knows.
    assert_eq!([spend(&server, &used), spend(&server, &unused)], [409, 409]);
    // I6: a signing key that was given up after the backup is not back.
    assert_ne!(server.get("/.well-known/jwks.json").body, keys);
    let fresh = server.sign_in("alice");
    assert_eq!(server.check(text(&fresh, "access_token")), 200);
    drop(server);

    let trusting = directory.path().join("trusting");
    restore(&data, &backup, &trusting, &["--keep-sessions"]);
    let server = Running::dev(&trusting);
    assert_eq!(server.check(text(&early, "access_token")), 401, "what the backup knows stays refused");
    assert_eq!(server.check(text(&late, "access_token")), 200, "what it does not know was asked for");
    assert_eq!([spend(&server, &used), spend(&server, &unused)], [409, 200], "S30");
}

#[test]
fn a_restore_overwrites_no_store_and_a_backup_no_file() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let backup = directory.path().join("copy.redb");
    drop(Running::dev(&data));
    let taken = quash(&["backup", "--dev", "--data", path(&data), "--to", path(&backup)]);
    assert!(taken.status.success(), "without a server the store is read at rest: {taken:?}");
    let bytes = std::fs::read(&backup).unwrap();
    let again = quash(&["backup", "--dev", "--data", path(&data), "--to", path(&backup)]);
    assert_eq!(again.status.code(), Some(1), "{again:?}");
    assert_eq!(std::fs::read(&backup).unwrap(), bytes);
    let over = quash(&["restore", "--dev", "--from", path(&backup), "--data", path(&data)]);
    assert_eq!(over.status.code(), Some(1), "{over:?}");
}
