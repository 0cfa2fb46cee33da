//! The format of the file, as `docs/store-format.md` describes it: an old file opens, and its rows are what the
//! document says. There are two golden files of format 1: `format-1.redb` is older than the table `verifiers`,
//! `format-1-verifiers.redb` has it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use quash_core::ids::{
    ClientId, CredentialId, DeviceId, GrantId, KeyId, ScheduleId, SessionId, Subject, TokenId,
};
use quash_core::lease::Instance;
use quash_core::position::{Checksum, LogId, Position};
use quash_core::revocation::entry::{Effect, Exception, NewEntry, Window};
use quash_core::revocation::reason::Reason;
use quash_core::revocation::target::Target;
use quash_core::revocation::target_key::TargetKey;
use quash_core::revocation::undo::Undoer;
use quash_core::session::ban::{Ban, BanLevel};
use quash_core::session::device::Device;
use quash_core::session::grant::{Generation, Grant, MasterId};
use quash_core::session::session::{Session, SessionState};
use quash_core::time::Timestamp;
use quash_core::verified::TokenDigest;
use quash_storage::contract::sample::{self, at, own_issuer};
use quash_storage::embedded::{EmbeddedStore, OpenOptions};
use quash_storage::ports::{
    Aliased, Aliases, Append, BanPut, Bans, CredentialStore, Details, Horizons, Idempotency, KeyRingStore,
    KeyStage, LogIdentity, Maintenance, NewAlias, NewSession, OneTimeTokens, PutBan, RevocationLog, Role,
    ScheduleStore, SessionRegistry, Spend, Spent, Store, StoreError, StoredCredential, StoredKey,
    StoredSchedule, StoredVerifier, Undo, Undone, VerifierRegistry,
};
use redb::{Database, ReadableDatabase, ReadableTable, TableDefinition};
use tempfile::TempDir;

use super::open;

pub(super) fn golden(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests").join("golden").join(name)
}

fn random() -> [u8; 36] {
    std::array::from_fn(|index| u8::try_from(index).unwrap())
}

fn target_entries() -> Vec<NewEntry> {
    let alice = Subject::new("alice").unwrap();
    let targets = [
        Target::Token(TokenId::new("tok_1").unwrap()),
        Target::TokenDigest(TokenDigest([0xAB; 32])),
        Target::Session(SessionId::new("ses_2").unwrap()),
        Target::Key(KeyId::new("key_1").unwrap()),
        Target::Subject(alice.clone()),
        Target::Device { subject: alice, device: DeviceId::new("phone").unwrap() },
        Target::Client(ClientId::new("web").unwrap()),
        Target::Claim { name: "role".into(), value: "admin".into() },
        Target::Issuer,
    ];
    let mut entries: Vec<NewEntry> = targets.map(|target| sample::entry(target, at(1))).into();
    entries.push(NewEntry {
        effect: Effect::Refresh,
        window: Some(Window::new(at(0), at(1), at(1)).unwrap()),
        exception: Some(Exception::Token(TokenId::new("tok_2").unwrap())),
        retain_until: Timestamp::FOREVER,
        issuer: sample::other_issuer(),
        reason: Reason::known(Reason::STALE_CLAIMS),
        ..entries[4].clone()
    });
    entries
}

fn session() -> Session {
    Session {
        id: SessionId::new("ses_1").unwrap(),
        subject: Subject::new("alice").unwrap(),
        state: SessionState::Active,
        authenticated_at: at(0),
        opened_at: at(1),
        opened_position: Position::ZERO,
        idle_limit: Duration::from_secs(1_000_000),
        absolute_end: at(9_000_000),
        last_used_at: at(1),
        claims: serde_json::from_str(r#"{"role":["admin","user"]}"#).unwrap(),
        claims_changed: BTreeMap::new(),
        methods: vec!["pwd".into(), "otp".into()],
        device: Device { id: DeviceId::new("phone").unwrap(), name: Some("A phone".into()), kind: None },
        ip: Some("192.0.2.1".into()),
        user_agent: None,
        place: None,
    }
}

fn grant() -> Grant {
    Grant {
        id: GrantId::new("gra_1").unwrap(),
        session: SessionId::new("ses_1").unwrap(),
        client: ClientId::new("web").unwrap(),
        scope: "read".into(),
        master: MasterId(1),
        opened_at: at(1),
        opened_position: Position::ZERO,
        generation: Generation(0),
        rotations: Vec::new(),
        sign_in: None,
    }
}

fn signing_key() -> StoredKey {
    StoredKey {
        id: KeyId::new("key_1").unwrap(),
        algorithm: "ES256".into(),
        stage: KeyStage::Retired { until: at(700) },
        created_at: at(0),
        public_jwk: "{}".into(),
        wrapped: vec![1, 2, 3],
        master: MasterId(1),
    }
}

fn credential() -> StoredCredential {
    StoredCredential {
        id: CredentialId::new("cred_1").unwrap(),
        name: "backend".into(),
        digest: [0xCD; 32],
        roles: vec![Role::Admin, Role::Auditor],
        client: Some(ClientId::new("web").unwrap()),
        created_at: at(0),
    }
}

fn verifier() -> StoredVerifier {
    StoredVerifier {
        instance: Instance::from_random(std::array::from_fn(|index| u8::try_from(index).unwrap())),
        name: "edge-1".into(),
        lease: Duration::from_millis(10_000),
        unfenced: true,
        relay: false,
        seen_at: at(1),
    }
}

/// Writes the golden file of the present format where there is none yet, which is a failure all the same: somebody
/// must look at it and check it in.
async fn write_missing_golden() {
    let (file, text) = (golden("format-1-verifiers.redb"), golden("format-1-verifiers.txt"));
    if file.exists() && text.exists() {
        return;
    }
    let _absent = std::fs::remove_file(&file);
    fill(OpenOptions::file(&file, own_issuer()).open(at(0), random()).unwrap()).await;
    Database::open(&file).unwrap().compact().unwrap();
    std::fs::write(&text, rows(&file)).unwrap();
    panic!("there was no golden file: look at the new one");
}

/// Makes the store whose file is kept as the golden one. What it holds stands in the functions above.
async fn fill(store: EmbeddedStore) {
    let new = NewSession {
        session: session(),
        grant: grant(),
        as_of: None,
        limit: None,
        registration: None,
        idempotency: Some(Idempotency { key: "cred_1/open".into(), request: [1; 32] }),
        act: sample::act(at(1)),
    };
    store.open(new).await.unwrap();
    for (number, entry) in (0_u8..).zip(target_entries()) {
        let idempotency = Idempotency { key: format!("cred_1/{number}").into(), request: [number; 32] };
        store.append(Append { idempotency: Some(idempotency), ..Append::new(entry) }).await.unwrap();
    }
    store.replace_key_ring(0, vec![signing_key()], sample::act(at(9))).await.unwrap();
    store.put_credential(credential(), sample::act(at(9))).await.unwrap();
    store.put_verifier(verifier()).await.unwrap();
    let horizons = Horizons { access_token: Duration::from_secs(600), session: Duration::from_secs(9_000) };
    store.raise_horizons(horizons).await.unwrap();
    // Verifiers forget all but the last entry; the store enforces all of them.
    store.purge(at(1_000), Duration::from_secs(1)).await.unwrap();
    store.close();
}

/// Every row of a file, as text, but for the index of sessions, which follows from the rest (`session_index.rs`). A
/// table without rows is as good as none.
fn rows(path: &std::path::Path) -> String {
    use std::fmt::Write;
    let database = redb::ReadOnlyDatabase::open(path).unwrap();
    let transaction = database.begin_read().unwrap();
    let mut names: Vec<_> = transaction.list_tables().unwrap().collect();
    names.sort_by(|one, other| redb::TableHandle::name(one).cmp(redb::TableHandle::name(other)));
    let mut text = String::new();
    // The audit log is looked at elsewhere: every change adds to it.
    let elsewhere = ["audit", "session_index"];
    for name in names.iter().filter(|name| !elsewhere.contains(&redb::TableHandle::name(*name))) {
        let name = redb::TableHandle::name(name).to_owned();
        let table: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new(&name);
        for (place, row) in transaction.open_table(table).unwrap().iter().unwrap().enumerate() {
            if place == 0 {
                writeln!(text, "{name}").unwrap();
            }
            let (key, value) = row.unwrap();
            if key.value() == b"audit" {
                continue;
            }
            writeln!(text, "  {} = {}", readable(key.value()), hex(value.value())).unwrap();
        }
    }
    text
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

pub(super) fn readable(key: &[u8]) -> String {
    match std::str::from_utf8(key) {
        Ok(text) if !text.chars().any(char::is_control) => text.to_owned(),
        _ => hex(key),
    }
}

/// A copy of a golden file, opened.
fn open_golden(name: &str) -> (TempDir, EmbeddedStore) {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("quash.redb");
    std::fs::copy(golden(name), &path).unwrap();
    let store = open(&path);
    (directory, store)
}

#[tokio::test]
async fn a_store_of_format_1_opens_and_holds_what_was_put_in() {
    for name in ["format-1.redb", "format-1-verifiers.redb"] {
        let (_directory, store) = open_golden(name);
        holds_what_was_put_in(store).await;
    }
}

#[tokio::test]
async fn a_file_older_than_the_table_of_verifiers_has_none_and_takes_some() {
    let (directory, store) = open_golden("format-1.redb");
    assert_eq!(store.verifiers().await.unwrap(), []);
    assert_eq!(store.check().await.unwrap().verifiers, 0);
    store.backup_to(directory.path().join("backup")).await.unwrap();
    assert!(!store.delete_verifier(&verifier().instance).await.unwrap());
    store.put_verifier(verifier()).await.unwrap();
    assert_eq!(store.verifiers().await.unwrap(), [verifier()]);
    store.close();
    let store = open(&directory.path().join("quash.redb"));
    assert_eq!(store.check().await.unwrap().verifiers, 1);
    let (_directory, store) = open_golden("format-1-verifiers.redb");
    assert_eq!(store.verifiers().await.unwrap(), [verifier()]);
}

#[tokio::test]
async fn a_use_of_a_one_time_token_is_three_rows_in_a_file_that_had_no_table_for_it() {
    let (directory, store) = open_golden("format-1.redb");
    let token = TargetKey::from_halves([0x0102_0304_0506_0708, 0x1112_1314_1516_1718]);
    let spend =
        Spend { token, act: sample::act(at(2_000)), about: Details::new(), until: at(2_600), most: 10 };
    assert_eq!(store.spend(spend).await.unwrap(), Spent::Now);
    store.close();
    let text = rows(&directory.path().join("quash.redb"));
    let added = [
        "  spent = 8101\n",
        "spent\n  01020304050607081112131415161718 = 821b000001a3187ad4801b000001a31883fc40\n",
        "spent_ends\n  000001a31883fc4001020304050607081112131415161718 = \n",
    ];
    for rows in added {
        assert!(text.contains(rows), "{rows} in {text}");
    }
    let rest = added.iter().fold(text, |text, rows| text.replacen(rows, "", 1));
    assert_eq!(rest, std::fs::read_to_string(golden("format-1.txt")).unwrap(), "the rest is what it was");
}

#[tokio::test]
async fn a_ban_is_two_rows_in_a_file_that_had_no_table_for_it() {
    let (directory, store) = open_golden("format-1.redb");
    let ban = Ban {
        level: BanLevel::new(2).unwrap(),
        reason: Reason::new("spam").unwrap(),
        at: at(2_000),
        until: at(2_600),
        by: "cred_1".into(),
    };
    let put = PutBan {
        subject: Subject::new("zoe").unwrap(),
        service: ClientId::new("web").unwrap().into(),
        ban,
        retain_until: at(3_000),
        enforce_until: at(3_000),
        cause: "req_1".into(),
    };
    assert_eq!(store.ban(put).await.unwrap(), BanPut::Put { through: None });
    store.close();
    let text = rows(&directory.path().join("quash.redb"));
    let added = [
        "ban_ends\n  000001a31883fc407a6f6500776562 = \n",
        "bans\n  7a6f6500776562 = 8502647370616d1b000001a3187ad4801b000001a31883fc4066637265645f31\n",
    ];
    for rows in added {
        assert!(text.contains(rows), "{rows} in {text}");
    }
    let rest = added.iter().fold(text, |text, rows| text.replacen(rows, "", 1));
    assert_eq!(rest, std::fs::read_to_string(golden("format-1.txt")).unwrap(), "the rest is what it was");
}

#[tokio::test]
async fn a_changed_id_is_a_row_beside_its_entry_in_a_file_that_had_no_table_for_it() {
    let (directory, store) = open_golden("format-1.redb");
    let alias = NewAlias {
        old: Subject::new("zoe").unwrap(),
        new: Subject::new("zoey").unwrap(),
        at: at(2_000),
        by: "cred_1".into(),
        retain_until: at(3_000),
        enforce_until: at(3_000),
        cause: "req_1".into(),
    };
    let Aliased::At(position) = store.change_alias(alias).await.unwrap() else { panic!("not changed") };
    store.close();
    let text = rows(&directory.path().join("quash.redb"));
    let row = "  zoe = 84647a6f65791b000001a3187ad48066637265645f311b";
    let expected = format!("aliases\n{row}{:016x}\n", position.number());
    assert!(text.contains(&expected), "{expected} in {text}");
}

#[tokio::test]
async fn an_undo_is_an_entry_and_a_row_in_a_file_that_had_no_table_for_it() {
    let (directory, store) = open_golden("format-1-verifiers.redb");
    let head = store.head().await.unwrap().position;
    let role = Position::new(head.number() - 2).unwrap();
    let undoer = Undoer {
        at: at(2),
        reason: Reason::known(Reason::ADMIN),
        actor: "cred_1".into(),
        cause: "req_1".into(),
    };
    let undo = Undo { position: role, undoer, window: Duration::from_secs(1_000_000), idempotency: None };
    assert_eq!(store.undo(undo).await.unwrap(), Undone::At(head.next().unwrap()));
    assert!(store.check().await.is_ok());
    store.close();
    let text = rows(&directory.path().join("quash.redb"));
    let before = std::fs::read_to_string(golden("format-1-verifiers.txt")).unwrap();
    let gone: Vec<_> = before.lines().filter(|line| !text.contains(line)).collect();
    let added: Vec<_> = text.lines().filter(|line| !before.contains(line)).collect();
    let expected_gone = [
        "  head = 831b0006b49d2001222d50660649687caa5b704f7915b996c2985401",
        "  1efd45ceabac1ad0e693cb549cb63f520006b49d2001222b = ",
    ];
    let expected_added = [
        concat!(
            "  0006b49d2001222e = 3bd88888e00d251c9eca622b4e788db1",
            "921b0006b49d2001222e1b000001a3185c57d07668747470733a2f2f6973737565722e6578616d706c65",
            "0864726f6c656561646d696ef602f6f6f6f61b000001a3186750681b000001a31e531f48",
            "6561646d696e66637265645f31657265715f31",
            "1b0006b49d2001222b",
        ),
        "  000001a3186750680006b49d2001222e = ",
        "  head = 831b0006b49d2001222e503bd88888e00d251c9eca622b4e788db100",
        "undone",
        "  0006b49d2001222b = 0006b49d2001222e",
    ];
    assert_eq!(gone, expected_gone, "the head, and the entry's place in the index");
    assert_eq!(added, expected_added, "the undo, when it ends, the head, and what was undone");
}

#[tokio::test]
async fn a_schedule_is_one_row_in_a_file_that_had_no_table_for_it() {
    let (directory, store) = open_golden("format-1-verifiers.redb");
    let schedule = StoredSchedule {
        id: ScheduleId::new("sch_1").unwrap(),
        due_at: at(100),
        every: Some(Duration::from_secs(60)),
        entry: target_entries()[8].clone(),
    };
    assert!(store.put_schedule(schedule.clone(), 1, sample::act(at(9))).await.unwrap());
    assert_eq!(store.schedules().await.unwrap(), [schedule]);
    store.close();
    let text = rows(&directory.path().join("quash.redb"));
    let before = std::fs::read_to_string(golden("format-1-verifiers.txt")).unwrap();
    let added: Vec<_> = text.lines().filter(|line| !before.contains(line)).collect();
    let row = concat!(
        "  sch_1 = 831b000001a3185dd6a019ea605858",
        "91001b000001a3185c53e87668747470733a2f2f6973737565722e6578616d706c65",
        "09f6f6f602f6f6f6f61b000001a3186666081b000001a31e5234e8",
        "6561646d696e6a637265645f7375697465697265715f7375697465",
    );
    assert_eq!(added, ["schedules", row]);
}

#[test]
fn a_table_that_every_file_has_is_missed_when_it_is_gone() {
    // Only what was added later may be absent: a file without its entries is damaged, not empty.
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("quash.redb");
    std::fs::copy(golden("format-1.redb"), &path).unwrap();
    let database = Database::open(&path).unwrap();
    let transaction = database.begin_write().unwrap();
    transaction.delete_table(TableDefinition::<'_, &[u8], &[u8]>::new("credentials")).unwrap();
    transaction.commit().unwrap();
    drop(database);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let missed = runtime.block_on(open(&path).credentials());
    assert!(matches!(missed, Err(StoreError::Corrupt(_))), "{missed:?}");
}

async fn holds_what_was_put_in(store: EmbeddedStore) {
    let store = Arc::new(store);
    let identity = LogIdentity::from_random(at(0), random());
    assert_eq!(store.identity().await.unwrap(), identity);
    let first = identity.origin.next().unwrap();
    let mut entries = store.entries_before(None, 100).await.unwrap();
    entries.reverse();
    assert_eq!(entries[0].position, first);
    let facts: Vec<NewEntry> = entries.into_iter().map(|entry| entry.fact).collect();
    assert_eq!(facts, target_entries());
    let live = store.live_after(identity.origin, at(1), 100).await.unwrap();
    assert_eq!(live.len(), 1);
    let records = store.live_records_after(identity.origin, at(1), 100).await.unwrap();
    assert_eq!(records, [live[0].record(&identity.key)]);

    let opened_position = identity.origin;
    let (held, listed) = store.grant(&grant().id).await.unwrap().unwrap();
    assert_eq!(held, Grant { opened_position, ..grant() });
    assert_eq!(listed.session, Session { opened_position, ..session() });
    assert_eq!(store.key_ring().await.unwrap().keys, [signing_key()]);
    assert_eq!(store.credentials().await.unwrap(), [credential()]);
    assert_eq!(store.ratchet().await.unwrap(), at(1_000));
    let horizons = store.raise_horizons(Horizons::default()).await.unwrap();
    assert_eq!(horizons.access_token, Duration::from_secs(600));
    let port: Arc<dyn Store> = Arc::<EmbeddedStore>::clone(&store);
    assert!(sample::cut(&port, &grant(), at(2_000)).await.is_some());
    let checked = store.check().await.unwrap();
    assert_eq!((checked.entries, checked.chained), (10, 10));
}

#[tokio::test]
async fn todays_code_writes_format_1_to_the_byte() {
    write_missing_golden().await;
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("quash.redb");
    let options = OpenOptions::file(&path, own_issuer());
    fill(options.open(at(0), random()).unwrap()).await;
    let copy = directory.path().join("golden.redb");
    std::fs::copy(golden("format-1-verifiers.redb"), &copy).unwrap();
    assert_eq!(rows(&path), rows(&copy));
    let text = std::fs::read_to_string(golden("format-1-verifiers.txt")).unwrap();
    assert_eq!(rows(&path), text);
    let (older, _) = text.split_once("verifiers\n").unwrap();
    assert_eq!(older, std::fs::read_to_string(golden("format-1.txt")).unwrap(), "the rest is what it was");
}

#[tokio::test]
async fn the_checksum_chain_is_the_documented_one() {
    // Computed here from the document's words alone, with the canonical bytes as the golden file has them.
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("golden.redb");
    std::fs::copy(golden("format-1.redb"), &path).unwrap();
    let identity = LogIdentity::from_random(at(0), random());
    assert_eq!(identity.log, LogId::from_random(std::array::from_fn(|index| random()[index])));
    let sha = |parts: &[&[u8]]| {
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &parts.concat());
        Checksum(digest.as_ref()[..16].try_into().unwrap())
    };
    let mut checksum = sha(&[b"quash log", identity.log.bytes(), &identity.origin.number().to_be_bytes()]);
    let database = redb::ReadOnlyDatabase::open(&path).unwrap();
    let transaction = database.begin_read().unwrap();
    for name in ["old_entries", "entries"] {
        let table: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new(name);
        for row in transaction.open_table(table).unwrap().iter().unwrap() {
            let value = row.unwrap().1.value().to_vec();
            checksum = sha(&[&checksum.0, &value[16..]]);
            assert_eq!(checksum.0, value[..16]);
        }
    }
    drop((transaction, database));
    assert_eq!(open(&path).head().await.unwrap().checksum, checksum);
}
