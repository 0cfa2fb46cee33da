//! Contract of `AuditLog` (I12).

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use quash_core::ids::{ClientId, CredentialId, DeviceId, KeyId, ScheduleId, SessionId, TokenId};
use quash_core::position::Position;
use quash_core::revocation::entry::{Effect, NewEntry};
use quash_core::revocation::reason::Reason;
use quash_core::revocation::spread::Spread;
use quash_core::revocation::target::Target;
use quash_core::revocation::target_key::TargetKey;
use quash_core::revocation::undo::Undoer;
use quash_core::session::ban::{Ban, BanLevel, Service};
use quash_core::session::last_use::LastUse;
use quash_core::session::policy::Overflow;
use quash_core::time::Timestamp;

use super::limits::limit;
use super::sample::{
    about, act, append, appended, at, entry, grant, key, open, own_issuer, renewed, sign_in, signed_in,
    subject,
};
use super::uses::by;
use crate::ports::{
    Append, Appended, AuditEntry, AuditQuery, ClaimsChange, Details, Fire, Join, NewAlias, NewSession,
    Opened, PutBan, SessionUse, Spend, Store, StoredCredential, StoredSchedule, Undo, Undone, action,
};

/// The whole log, once it was checked from its anchor to its head.
async fn whole(store: &Arc<dyn Store>) -> Vec<AuditEntry> {
    let mut entries = Vec::new();
    let mut after = 0;
    loop {
        let page = store.audit(AuditQuery::after(after, 100)).await.unwrap();
        entries.extend(page.entries.iter().cloned());
        if page.through == after.max(page.anchor.sequence) {
            let reached = entries.iter().fold(page.anchor, |point, entry| point.follow(entry).unwrap());
            assert_eq!(reached, page.head, "the chain leads from the anchor to the head");
            return entries;
        }
        after = page.through;
    }
}

/// What was noted since `before` entries: action, position, and the details that are asked for.
async fn noted(store: &Arc<dyn Store>, before: &mut usize) -> Vec<AuditEntry> {
    let entries = whole(store).await;
    let new = entries[*before..].to_vec();
    *before = entries.len();
    new
}

fn actions(entries: &[AuditEntry]) -> Vec<&str> {
    entries.iter().map(|entry| &*entry.fact.action).collect()
}

fn detail<'e>(entry: &'e AuditEntry, name: &str) -> Option<&'e str> {
    entry.fact.details.get(name).map(|value| &**value)
}

fn undo(position: Position, now: Timestamp) -> Undo {
    Undo {
        position,
        undoer: Undoer {
            at: now,
            reason: Reason::known(Reason::ADMIN),
            actor: "cred_undoer".into(),
            cause: "req_undo".into(),
        },
        window: Duration::from_secs(3_600),
        idempotency: None,
    }
}

fn ban(name: &str, now: Timestamp) -> PutBan {
    PutBan {
        subject: subject(name),
        service: Service::Everywhere,
        ban: Ban {
            level: BanLevel::USUAL,
            reason: Reason::known(Reason::BANNED),
            at: now,
            until: now.plus(Duration::from_secs(60)),
            by: "cred_ban".into(),
        },
        retain_until: now.plus(Duration::from_secs(660)),
        enforce_until: now.plus(Duration::from_secs(100_000)),
        cause: "req_ban".into(),
    }
}

fn limited(name: &str, most: u32, now: Timestamp) -> NewSession {
    let mut new = sign_in(name, now);
    new.session.device.id = DeviceId::new(format!("device {}", now.seconds())).unwrap();
    NewSession { limit: Some(limit(most, Overflow::ReplaceOldest, now)), ..new }
}

/// I12: an entry of the revocation log has one audit entry, which says all that the log's says, and whose session it was.
pub async fn an_entry_of_the_log_is_noted_with_what_it_says(store: Arc<dyn Store>) {
    let mut seen = 0;
    let (session, _) = signed_in(&store, "alice", at(0)).await;
    noted(&store, &mut seen).await;
    let position = append(&store, entry(Target::Session(session.id.clone()), at(1))).await;
    let [revoked] = &noted(&store, &mut seen).await[..] else { panic!("one entry") };
    assert_eq!((&*revoked.fact.action, revoked.fact.at), (action::REVOKED, at(1)));
    assert_eq!((&*revoked.fact.actor, &*revoked.fact.cause), ("cred_suite", "req_suite"));
    assert_eq!(revoked.fact.reason.as_deref(), Some(Reason::ADMIN));
    assert_eq!(revoked.fact.position, Some(position));
    assert_eq!(detail(revoked, "session"), Some(session.id.as_str()));
    assert_eq!(detail(revoked, "subject"), Some("alice"), "the session was hers");
    assert_eq!(detail(revoked, "effect"), Some("end"));
    let Undone::At(by) = store.undo(undo(position, at(2))).await.unwrap() else { panic!("not undone") };
    let [undone] = &noted(&store, &mut seen).await[..] else { panic!("one entry") };
    assert_eq!((&*undone.fact.action, undone.fact.position), (action::UNDONE, Some(by)));
    assert_eq!((&*undone.fact.actor, &*undone.fact.cause), ("cred_undoer", "req_undo"));
    assert_eq!(detail(undone, "undoes"), Some(position.to_string().as_str()));
    assert_eq!(detail(undone, "subject"), Some("alice"));
}

/// I12: whom an entry hits and how, for every kind of target: else nobody finds it by the subject.
pub async fn an_entry_says_whom_it_hits(store: Arc<dyn Store>) {
    let mut seen = 0;
    for (target, named) in targets() {
        let kind = target.kind();
        append(&store, entry(target, at(0))).await;
        let [revoked] = &noted(&store, &mut seen).await[..] else { panic!("one entry: {kind:?}") };
        assert_eq!(detail(revoked, "target"), Some(kind.name()));
        for (name, value) in named {
            assert_eq!(detail(revoked, name), Some(value), "{kind:?}");
        }
    }
    let spread = Spread::from_seconds(60);
    append(&store, NewEntry { spread, effect: Effect::Refresh, ..entry(Target::Issuer, at(0)) }).await;
    let [revoked] = &noted(&store, &mut seen).await[..] else { panic!("one entry") };
    assert_eq!((detail(revoked, "effect"), detail(revoked, "spread")), (Some("refresh"), Some("60")));
}

/// I12: which claims an event changed with its entry; nothing of it where nobody's were.
pub async fn changed_claims_are_noted_with_their_entry(store: Arc<dyn Store>) {
    let members = serde_json::json!({"roles": ["b"], "tenant": null}).as_object().unwrap().clone();
    let claims = ClaimsChange { subject: subject("alice"), members, budget: 100 };
    let refresh = NewEntry { effect: Effect::Refresh, ..about("alice", at(1)) };
    let change = Append { claims: Some(claims), ..Append::new(refresh) };
    store.append(change.clone()).await.unwrap();
    signed_in(&store, "alice", at(0)).await;
    let mut seen = whole(&store).await.len();
    assert_eq!(detail(&whole(&store).await[0], "claims"), None, "she had no session");
    store.append(change).await.unwrap();
    let [revoked] = &noted(&store, &mut seen).await[..] else { panic!("one entry") };
    assert_eq!(detail(revoked, "claims"), Some(r#"{"roles":["b"],"tenant":null}"#));
}

type Named = Vec<(&'static str, &'static str)>;

fn targets() -> Vec<(Target, Named)> {
    let alice = || ("subject", "alice");
    vec![
        (Target::Token(TokenId::new("tok_1").unwrap()), vec![("token", "tok_1")]),
        (Target::Session(SessionId::new("ses_1").unwrap()), vec![("session", "ses_1")]),
        (Target::Key(KeyId::new("key_1").unwrap()), vec![("key", "key_1")]),
        (Target::Subject(subject("alice")), vec![alice()]),
        (
            Target::Device { subject: subject("alice"), device: DeviceId::new("tv").unwrap() },
            vec![alice(), ("device", "tv")],
        ),
        (Target::Client(ClientId::new("web").unwrap()), vec![("client", "web")]),
        (
            Target::Claim { name: "role".into(), value: "staff".into() },
            vec![("claim", "role"), ("value", "staff")],
        ),
        (Target::Issuer, vec![]),
        (Target::UserKey(subject("alice")), vec![alice()]),
        (Target::UserKeys, vec![]),
    ]
}

/// I12: what else the caller of a revocation knows goes into its audit entry.
pub async fn evidence_is_kept_with_the_entry(store: Arc<dyn Store>) {
    let evidence = Details::from([("presented_generation".into(), "3".into())]);
    store.append(Append { evidence, ..Append::new(about("alice", at(0))) }).await.unwrap();
    let entries = whole(&store).await;
    assert_eq!(detail(&entries[0], "presented_generation"), Some("3"));
    assert_eq!(detail(&entries[0], "subject"), Some("alice"));
}

/// I12: sessions opened, joined and ended by bans and changed ids.
pub async fn every_change_of_a_session_is_noted_once(store: Arc<dyn Store>) {
    let mut seen = 0;
    let (session, _) = signed_in(&store, "alice", at(0)).await;
    let [opened] = &noted(&store, &mut seen).await[..] else { panic!("one entry") };
    assert_eq!(opened.fact.action, action::SESSION_OPENED.into());
    assert_eq!(detail(opened, "session"), Some(session.id.as_str()));
    assert_eq!((detail(opened, "subject"), detail(opened, "client")), (Some("alice"), Some("web")));
    let join = Join { grant: grant(&session.id, "app", at(1)), limit: None, act: act(at(1)) };
    store.join(join).await.unwrap();
    assert_eq!(actions(&noted(&store, &mut seen).await), [action::CLIENT_JOINED]);
    store.ban(ban("alice", at(2))).await.unwrap();
    let banned = noted(&store, &mut seen).await;
    assert_eq!(actions(&banned), [action::REVOKED, action::BANNED]);
    assert!(banned.iter().all(|entry| detail(entry, "subject") == Some("alice")));
    assert!(banned.iter().all(|entry| &*entry.fact.cause == "req_ban" && &*entry.fact.actor == "cred_ban"));
    assert_eq!(banned[0].fact.position, banned[1].fact.position);
    store.lift_ban(&subject("alice"), &Service::Everywhere, act(at(3))).await.unwrap();
    assert_eq!(actions(&noted(&store, &mut seen).await), [action::BAN_LIFTED]);
    let alias = NewAlias {
        old: subject("alice"),
        new: subject("alicia"),
        at: at(4),
        by: "cred_alias".into(),
        retain_until: at(664),
        enforce_until: at(100_000),
        cause: "req_alias".into(),
    };
    store.change_alias(alias.clone()).await.unwrap();
    store.change_alias(alias).await.unwrap();
    let [changed] = &noted(&store, &mut seen).await[..] else { panic!("one entry, for it was changed once") };
    assert_eq!((detail(changed, "subject"), detail(changed, "new_subject")), (Some("alice"), Some("alicia")));
}

/// I12: every session that a sign-in replaces has an audit entry of its own, caused by what caused the sign-in.
pub async fn replaced_sessions_are_noted_one_by_one(store: Arc<dyn Store>) {
    let mut replaced = BTreeSet::new();
    for second in 0..3 {
        replaced.insert(open(&store, limited("alice", 3, at(second))).await.0.id.as_str().to_owned());
    }
    let mut seen = whole(&store).await.len();
    let mut new = limited("alice", 1, at(9));
    new.act.cause = "req_sign_in".into();
    let (newcomer, _) = open(&store, new).await;
    let entries = noted(&store, &mut seen).await;
    assert_eq!(
        actions(&entries),
        [action::REVOKED, action::REVOKED, action::REVOKED, action::SESSION_OPENED]
    );
    assert!(entries.iter().all(|entry| &*entry.fact.cause == "req_sign_in"));
    for entry in &entries[..3] {
        assert_eq!(entry.fact.reason.as_deref(), Some(Reason::REPLACED));
        assert_eq!(detail(entry, "replaced_by"), Some(newcomer.id.as_str()));
        assert_eq!(detail(entry, "subject"), Some("alice"));
        assert!(replaced.remove(detail(entry, "session").unwrap()), "each once");
    }
    assert!(replaced.is_empty());
}

fn schedule(name: &str) -> StoredSchedule {
    StoredSchedule {
        id: ScheduleId::new(name).unwrap(),
        due_at: at(60),
        every: None,
        entry: NewEntry { cause: name.into(), ..about("alice", at(0)) },
    }
}

/// I12: what administrators change.
pub async fn every_change_by_an_administrator_is_noted_once(store: Arc<dyn Store>) {
    let mut seen = 0;
    let schedule = schedule("sch_1");
    assert!(store.put_schedule(schedule.clone(), 9, act(at(0))).await.unwrap());
    assert!(store.put_schedule(schedule.clone(), 9, act(at(1))).await.unwrap(), "the same again");
    let [made] = &noted(&store, &mut seen).await[..] else { panic!("one entry") };
    assert_eq!((&*made.fact.action, &*made.fact.cause), (action::SCHEDULE_MADE, "req_suite"));
    assert_eq!((detail(made, "schedule"), detail(made, "subject")), (Some("sch_1"), Some("alice")));
    assert_eq!(made.fact.position, None);
    let fire = Fire { id: schedule.id.clone(), due_at: at(60), next: None, entry: schedule.entry.clone() };
    store.fire(fire.clone()).await.unwrap().unwrap();
    assert_eq!(store.fire(fire).await.unwrap(), None);
    let [fired] = &noted(&store, &mut seen).await[..] else { panic!("one entry") };
    assert_eq!((&*fired.fact.action, &*fired.fact.cause), (action::REVOKED, "sch_1"));
    store.put_schedule(schedule.clone(), 9, act(at(2))).await.unwrap();
    assert!(store.delete_schedule(&schedule.id, act(at(3))).await.unwrap());
    assert!(!store.delete_schedule(&schedule.id, act(at(4))).await.unwrap());
    assert_eq!(actions(&noted(&store, &mut seen).await), [action::SCHEDULE_MADE, action::SCHEDULE_REMOVED]);
    let credential = StoredCredential {
        id: CredentialId::new("cred_1").unwrap(),
        name: "backend".into(),
        digest: [9; 32],
        roles: vec![crate::ports::Role::Issuer, crate::ports::Role::Auditor],
        client: None,
        created_at: at(5),
    };
    store.put_credential(credential.clone(), act(at(5))).await.unwrap();
    assert!(store.delete_credential(&credential.id, act(at(6))).await.unwrap());
    assert!(!store.delete_credential(&credential.id, act(at(6))).await.unwrap());
    let entries = noted(&store, &mut seen).await;
    assert_eq!(actions(&entries), [action::CREDENTIAL_MADE, action::CREDENTIAL_REMOVED]);
    assert_eq!(detail(&entries[0], "roles"), Some("issuer auditor"));
    let hidden = format!("{:?}", entries[0].fact).contains("09090909");
    assert!(!hidden, "I13: nothing of a key, not even its digest");
    store.replace_key_ring(0, Vec::new(), act(at(7))).await.unwrap();
    store.replace_key_ring(0, Vec::new(), act(at(7))).await.unwrap();
    assert_eq!(actions(&noted(&store, &mut seen).await), [action::KEYS_CHANGED]);
}

/// I12: tokens that are used up, and a refresh token that the store did not know of any more.
pub async fn tokens_that_are_used_up_are_noted(store: Arc<dyn Store>) {
    let mut seen = 0;
    let spend = Spend {
        token: TargetKey::from_halves([1, 2]),
        act: act(at(0)),
        about: Details::from([("token".into(), "tok_1".into())]),
        until: at(60),
        most: 9,
    };
    store.spend(spend.clone()).await.unwrap();
    store.spend(spend).await.unwrap();
    let [used] = &noted(&store, &mut seen).await[..] else { panic!("one entry") };
    assert_eq!((&*used.fact.action, detail(used, "token")), (action::TOKEN_SPENT, Some("tok_1")));
    let (_, grant) = signed_in(&store, "alice", at(1)).await;
    noted(&store, &mut seen).await;
    renewed(&store, &grant, 7, at(2)).await;
    let [adopted] = &noted(&store, &mut seen).await[..] else { panic!("one entry") };
    assert_eq!((&*adopted.fact.action, &*adopted.fact.actor), (action::RENEWAL_ADOPTED, "web"));
    assert_eq!(detail(adopted, "presented_generation"), Some("7"));
    assert_eq!(detail(adopted, "stored_generation"), Some("0"));
}

/// I12: what was refused, what repeats a call, and what changes no rights has no audit entry.
pub async fn what_changes_no_rights_is_not_noted(store: Arc<dyn Store>) {
    let keyed = Append { idempotency: Some(key("a", 1)), ..Append::new(about("carol", at(0))) };
    store.append(keyed.clone()).await.unwrap();
    let (session, first) = signed_in(&store, "alice", at(0)).await;
    store.ban(ban("dave", at(0))).await.unwrap();
    let mut seen = whole(&store).await.len();
    store.append(keyed.clone()).await.unwrap();
    let other = Append { idempotency: Some(key("a", 2)), ..keyed };
    assert_eq!(store.append(other).await.unwrap(), Appended::KeyUsedOtherwise);
    let few = Append { expect_max: Some(0), ..Append::new(about("alice", at(1))) };
    assert_eq!(store.append(few).await.unwrap(), Appended::TooMany { matched: 1 });
    let ahead = NewSession { as_of: Some(Position::LAST), ..sign_in("alice", at(1)) };
    assert!(matches!(store.open(ahead).await.unwrap(), Opened::AheadOfHead { .. }));
    let again = NewSession { session: session.clone(), grant: first.clone(), ..sign_in("alice", at(0)) };
    assert!(matches!(store.open(again).await.unwrap(), Opened::Before { .. }));
    let nowhere = grant(&SessionId::new("ses_none").unwrap(), "app", at(1));
    store.join(Join { grant: nowhere, limit: None, act: act(at(1)) }).await.unwrap();
    store.undo(undo(Position::LAST, at(1))).await.unwrap();
    store.lift_ban(&subject("alice"), &Service::Everywhere, act(at(1))).await.unwrap();
    // Over at the very instant.
    store.lift_ban(&subject("dave"), &Service::Everywhere, act(at(60))).await.unwrap().unwrap();
    renewed(&store, &first, 0, at(2)).await;
    renewed(&store, &first, 0, at(3)).await;
    renewed(&store, &first, 0, at(900)).await;
    let used = SessionUse { by: by(&session), now: at(901) };
    store.use_session(used).await.unwrap().unwrap();
    let report = vec![LastUse { by: by(&session), at: at(905) }];
    store.note_uses(report, at(906)).await.unwrap();
    store.purge(at(907), Duration::ZERO).await.unwrap();
    assert_eq!(noted(&store, &mut seen).await, []);
}

/// I12: the chain has one order, whoever writes at once, and an entry for each change.
pub async fn the_chain_holds_under_64_writers(store: Arc<dyn Store>) {
    let writers = (0..64).map(|number| {
        let store = Arc::clone(&store);
        tokio::spawn(async move {
            for step in 0..8 {
                let position = append(&store, about(&format!("user{number}"), at(step))).await;
                let page = store.audit(AuditQuery::after(0, 1)).await.unwrap();
                assert!(page.head.sequence > 0, "the entry of {position} is durable with it");
            }
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.unwrap();
    }
    let entries = whole(&store).await;
    let positions: BTreeSet<_> = entries.iter().filter_map(|entry| entry.fact.position).collect();
    assert_eq!((entries.len(), positions.len()), (512, 512));
}

/// The audit log is kept for exactly as long as it is to be, is forgotten from the front, and stays whole behind its
/// anchor.
pub async fn what_is_old_is_forgotten_and_leaves_an_anchor(store: Arc<dyn Store>) {
    let keep = Duration::from_secs(1_000);
    for second in 0..5 {
        append(&store, about("alice", at(second))).await;
    }
    let before = whole(&store).await;
    let just_before = Timestamp::from_milliseconds(at(1_001).milliseconds() - 1);
    assert_eq!(store.purge_audit(just_before, keep).await.unwrap(), 1, "the one of second 0");
    assert_eq!(store.purge_audit(at(1_001), keep).await.unwrap(), 1, "at exactly its age");
    assert_eq!(whole(&store).await, before[2..]);
    let page = store.audit(AuditQuery::after(0, 9)).await.unwrap();
    assert_eq!((page.anchor.sequence, page.anchor.hash), (2, before[1].hash));
    // A clock that goes back keeps nothing longer than a purge has promised; one that goes ahead forgets everything.
    store.purge(at(1_003), Duration::ZERO).await.unwrap();
    assert_eq!(store.purge_audit(at(0), keep).await.unwrap(), 2, "by the ratchet");
    assert_eq!(store.purge_audit(at(9_000), keep).await.unwrap(), 1);
    assert_eq!(whole(&store).await, []);
    append(&store, about("alice", at(9_001))).await;
    let entries = whole(&store).await;
    assert_eq!((entries.len(), entries[0].sequence, entries[0].previous), (1, 6, before[4].hash));
}

/// Much is forgotten in several calls, so that none holds up others for long.
pub async fn an_audit_purge_is_bounded(store: Arc<dyn Store>) {
    for _ in 0..300 {
        append(&store, about("alice", at(0))).await;
    }
    let forgotten = store.purge_audit(at(9), Duration::ZERO).await.unwrap();
    assert!((1..300).contains(&forgotten), "{forgotten} at once");
    assert_eq!(store.purge_audit(at(9), Duration::ZERO).await.unwrap(), 300 - forgotten);
    assert_eq!(store.purge_audit(at(9), Duration::ZERO).await.unwrap(), 0);
}

/// Pages follow one another, by subject and from an instant on too, each entry with the hash before it.
pub async fn the_audit_log_is_paged_and_searched(store: Arc<dyn Store>) {
    for second in 0..9 {
        append(&store, about(if second % 3 == 0 { "alice" } else { "bob" }, at(second))).await;
    }
    let every = whole(&store).await;
    let alice = AuditQuery { subject: Some(subject("alice")), ..AuditQuery::after(0, 2) };
    let page = store.audit(alice.clone()).await.unwrap();
    assert_eq!(page.entries, [every[0].clone(), every[3].clone()]);
    let rest = store.audit(AuditQuery { after: page.through, ..alice.clone() }).await.unwrap();
    assert_eq!((rest.entries, rest.through), (vec![every[6].clone()], 9));
    let since = store.audit(AuditQuery { since: Some(at(4)), ..alice }).await.unwrap();
    assert_eq!(since.entries, [every[6].clone()], "at the instant or later");
    let exactly = store.audit(AuditQuery { since: Some(at(6)), ..AuditQuery::after(0, 1) }).await.unwrap();
    assert_eq!(exactly.entries, [every[6].clone()]);
    let beyond = store.audit(AuditQuery::after(99, 9)).await.unwrap();
    assert_eq!((beyond.entries, beyond.head.sequence), (vec![], 9));
    assert_eq!(every[0].fact.details.get("issuer"), None, "our own issuer goes without saying");
    let foreign = NewEntry { issuer: super::sample::other_issuer(), ..about("alice", at(9)) };
    assert!(matches!(appended(&store, foreign).await, Appended::At { .. }));
    let last = whole(&store).await.pop().unwrap();
    assert_eq!(detail(&last, "issuer"), Some("https://other.example"));
    assert_ne!(own_issuer(), super::sample::other_issuer());
}
