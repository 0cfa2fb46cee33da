//! The audit log (I12): who, what, why, and what caused it, one entry a change.

use std::time::Duration;

use quash_authority::{
    AuditEntry, AuditQuery, ClientRequest, Error, NewCredential, PresentedToken, Refreshed,
    RevocationRequest, Settings, TargetRequest,
};
use quash_core::revocation::reason::Reason;
use quash_core::time::Timestamp;
use quash_storage::ports::{Act, Role, action};

use crate::scene::{Scene, refresh_token, scene, scene_with, session_id, settings, sign_in, subject};

/// Every entry, checked from the anchor to the head.
async fn audit(scene: &Scene) -> Vec<AuditEntry> {
    let page = scene.authority.list_audit(&scene.root(), AuditQuery::after(0, 200)).await.unwrap();
    let end = page.entries.iter().fold(page.anchor, |point, entry| point.follow(entry).unwrap());
    assert_eq!(end, page.head);
    page.entries
}

async fn last(scene: &Scene) -> AuditEntry {
    audit(scene).await.pop().unwrap()
}

fn detail<'e>(entry: &'e AuditEntry, name: &str) -> &'e str {
    entry.fact.details.get(name).map_or("", |value| &**value)
}

#[tokio::test]
async fn a_change_names_who_made_it_and_the_request_that_caused_it() {
    let scene = scene().await;
    let caller = scene.caller(&[Role::Admin], None).await.caused_by("req_7");
    scene.authority.sign_in(&caller, sign_in("alice")).await.unwrap();
    let opened = last(&scene).await;
    assert_eq!((&*opened.fact.action, detail(&opened, "subject")), (action::SESSION_OPENED, "alice"));
    assert_eq!((&*opened.fact.actor, &*opened.fact.cause), (caller.id().as_str(), "req_7"));
    let request = RevocationRequest {
        cause: "req_8".into(),
        reason: Reason::known(Reason::KICKED),
        ..RevocationRequest::end(TargetRequest::Subject(subject("alice")))
    };
    scene.authority.revoke(&caller, request).await.unwrap();
    let revoked = last(&scene).await;
    assert_eq!((&*revoked.fact.cause, revoked.fact.reason.as_deref()), ("req_8", Some(Reason::KICKED)));
    assert_eq!(revoked.fact.position, Some(scene.head().await));
    let new = NewCredential { name: "a gateway".into(), roles: vec![Role::Verifier], client: None };
    let made = scene.authority.create_credential(&caller, new).await.unwrap();
    let entry = last(&scene).await;
    assert_eq!((&*entry.fact.action, detail(&entry, "name")), (action::CREDENTIAL_MADE, "a gateway"));
    // I13
    assert!(!format!("{entry:?}").contains(made.key.expose()));
    scene.authority.delete_credential(&caller, &made.id).await.unwrap();
    assert_eq!(&*last(&scene).await.fact.action, action::CREDENTIAL_REMOVED);
    scene.authority.rotate_keys(&caller).await.unwrap();
    let rotated = last(&scene).await;
    assert_eq!((&*rotated.fact.action, &*rotated.fact.cause), (action::KEYS_CHANGED, "req_7"));
    assert_ne!(detail(&rotated, "active"), "");
}

#[tokio::test]
async fn the_server_itself_is_an_actor_of_its_own() {
    // The first keys are made at the start, by nobody who asked.
    let scene = scene().await;
    let first = audit(&scene).await.remove(0);
    assert_eq!((&*first.fact.action, &*first.fact.actor), (action::KEYS_CHANGED, Act::SYSTEM));
    assert_eq!(&*first.fact.cause, "start");
}

#[tokio::test]
async fn a_user_who_signs_out_is_the_actor() {
    let scene = scene().await;
    let (phone, tv) = (scene.signs_in("alice").await, scene.signs_in("alice").await);
    let claims = scene.claims(&phone);
    scene.authority.end_own_session(&claims, &session_id(&tv), "req_1").await.unwrap();
    let kicked = last(&scene).await;
    assert_eq!((&*kicked.fact.actor, &*kicked.fact.cause), ("alice", "req_1"));
    assert_eq!(kicked.fact.reason.as_deref(), Some(Reason::KICKED));
    scene.authority.log_out(&claims, "req_2").await.unwrap();
    let out = last(&scene).await;
    assert_eq!((&*out.fact.cause, detail(&out, "session")), ("req_2", session_id(&phone).as_str()));
    let before = audit(&scene).await.len();
    let again = scene.authority.end_own_session(&claims, &session_id(&tv), "req_3").await.unwrap().unwrap();
    assert_eq!(again.position, None);
    assert_eq!(audit(&scene).await.len(), before, "what was over already is no change");
}

#[tokio::test]
async fn a_reuse_leaves_its_evidence_once() {
    // Design, "Sessions and refresh": evidence in the audit entry.
    let scene = scene().await;
    let first = scene.signs_in("alice").await;
    let second = scene.renews(&first).await;
    let _third = scene.renews(&second).await;
    scene.passes(31);
    let request = ClientRequest { id: "req_9".into(), user_agent: Some("curl/8".into()) };
    let client = scene.client("web").asking_in(request);
    for _ in 0..3 {
        let answer = scene.authority.refresh(&client, refresh_token(&first), None).await.unwrap();
        assert!(matches!(answer, Refreshed::Refused(_)));
    }
    let entries = audit(&scene).await;
    let reuses: Vec<_> =
        entries.iter().filter(|entry| entry.fact.reason.as_deref() == Some(Reason::REFRESH_REUSE)).collect();
    let [reuse] = reuses[..] else { panic!("one entry, however often the token comes: {reuses:?}") };
    assert_eq!((&*reuse.fact.actor, &*reuse.fact.cause), ("web", "req_9"));
    assert_eq!((detail(reuse, "presented_generation"), detail(reuse, "current_generation")), ("0", "2"));
    assert_eq!((detail(reuse, "subject"), detail(reuse, "user_agent")), ("alice", "curl/8"));
    assert_eq!(detail(reuse, "session"), session_id(&first).as_str());
    assert!(!format!("{entries:?}").contains(refresh_token(&first)), "I13");
}

#[tokio::test]
async fn a_client_that_gives_a_token_back_is_the_actor() {
    let scene = scene().await;
    let tokens = scene.signs_in("alice").await;
    let request = ClientRequest { id: "req_5".into(), user_agent: None };
    let client = scene.client("web").asking_in(request);
    let presented = PresentedToken::Refresh(refresh_token(&tokens));
    scene.authority.revoke_token(&client, presented).await.unwrap();
    let entry = last(&scene).await;
    assert_eq!((&*entry.fact.actor, &*entry.fact.cause), ("web", "req_5"));
    assert_eq!(entry.fact.reason.as_deref(), Some(Reason::CLIENT_REVOKED));
}

#[tokio::test]
async fn renewals_and_refused_calls_leave_nothing() {
    let scene = scene().await;
    let tokens = scene.signs_in("alice").await;
    let before = audit(&scene).await.len();
    scene.renews(&tokens).await;
    let dry = RevocationRequest {
        dry_run: true,
        ..RevocationRequest::end(TargetRequest::Subject(subject("alice")))
    };
    scene.makes(dry).await;
    let auditor = scene.caller(&[Role::Auditor], None).await;
    let with_credential = audit(&scene).await.len();
    let request = RevocationRequest::end(TargetRequest::Subject(subject("alice")));
    assert!(matches!(scene.authority.revoke(&auditor, request).await, Err(Error::Forbidden(_))));
    assert_eq!((before + 1, audit(&scene).await.len()), (with_credential, with_credential));
}

#[tokio::test]
async fn an_entry_is_kept_for_exactly_as_long_as_the_settings_say() {
    let keep = Duration::from_secs(2 * 86_400);
    let scene = scene_with(Settings { keep_audit: keep, ..settings() }).await;
    scene.signs_in("alice").await;
    let made = last(&scene).await;
    let over = made.fact.at.plus(keep);
    scene.clock.set(Timestamp::from_milliseconds(over.milliseconds() - 1));
    scene.authority.maintain().await.unwrap();
    let kept = audit(&scene).await;
    assert!(kept.iter().any(|entry| entry.sequence == made.sequence), "a millisecond before: {kept:?}");
    scene.clock.set(over);
    let maintained = scene.authority.maintain().await.unwrap();
    assert!(maintained.audit >= 1);
    assert!(audit(&scene).await.iter().all(|entry| entry.sequence > made.sequence));
}
