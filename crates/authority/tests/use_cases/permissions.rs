//! The table of roles and verbs, and that every use case with a caller asks it (attack row 37).

use quash_authority::{
    AliasRequest, AuditQuery, Authority, BanRequest, Caller, DevicePage, Error, JoinSession, NewCredential,
    NewOneTimeToken, RevocationRequest, SessionPage, SubjectEvent, TargetRequest, UndoRequest, Verb,
    VerifierPage, When, allows, authorize,
};
use quash_core::ids::{CredentialId, DeviceId, KeyId, ScheduleId, SessionId};
use quash_core::position::Position;
use quash_core::revocation::reason::Reason;
use quash_core::session::ban::{BanLevel, Service};
use quash_storage::ports::{Filter, Role};

use crate::scene::{Scene, client_id, scene, sign_in, subject};

const ROLES: [Role; 6] =
    [Role::Admin, Role::Issuer, Role::Revoker, Role::Support, Role::Verifier, Role::Auditor];

/// The whole table, written a second time: a change of rights has to be made in two places.
fn expected(verb: Verb) -> &'static [Role] {
    match verb {
        Verb::ReadHead => &ROLES,
        Verb::OpenSession | Verb::IssueOneTimeTokens => &[Role::Admin, Role::Issuer],
        Verb::SpendOneTimeTokens => &[Role::Admin, Role::Issuer, Role::Verifier],
        Verb::Revoke
        | Verb::Undo
        | Verb::ChangeSchedules
        | Verb::Ban
        | Verb::ReportEvents
        | Verb::ChangeAlias => &[Role::Admin, Role::Revoker],
        Verb::ReadRevocations | Verb::ReadSchedules => &[Role::Admin, Role::Revoker, Role::Auditor],
        Verb::ReadSessions => &[Role::Admin, Role::Support, Role::Auditor],
        Verb::ReadSubjects => &[Role::Admin, Role::Revoker, Role::Support, Role::Auditor],
        Verb::EndSession => &[Role::Admin, Role::Support],
        Verb::Introspect | Verb::FollowFeed | Verb::ReportActivity => &[Role::Admin, Role::Verifier],
        Verb::WatchFeed => &[Role::Admin, Role::Verifier, Role::Auditor],
        Verb::ReadVerifiers | Verb::ReadMetrics | Verb::ReadKeys | Verb::ReadAudit => {
            &[Role::Admin, Role::Auditor]
        }
        _ => &[Role::Admin],
    }
}

#[test]
fn every_role_may_do_what_the_table_says_and_nothing_else() {
    for verb in Verb::ALL {
        for role in ROLES {
            assert_eq!(allows(role, verb), expected(verb).contains(&role), "{role:?} {verb:?}");
        }
    }
}

#[tokio::test]
async fn every_use_case_with_a_caller_asks_the_table() {
    let scene = scene().await;
    for role in ROLES {
        let caller = scene.caller(&[role], None).await;
        for verb in Verb::ALL {
            let Some(allowed) = tries(&scene, &caller, verb).await else { continue };
            assert_eq!(allowed, allows(role, verb), "{role:?} {verb:?}");
        }
    }
}

#[tokio::test]
async fn a_credential_for_one_client_never_gets_at_what_belongs_to_all() {
    // Attack row 37: an administrator of one client must not make itself an administrator of all.
    let scene = scene().await;
    let caller = scene.caller(&ROLES, Some("web")).await;
    for verb in Verb::ALL {
        let expected = !matches!(
            verb,
            Verb::Undo
                | Verb::ReadSchedules
                | Verb::ChangeSchedules
                | Verb::ReadRevocations
                | Verb::FollowFeed
                | Verb::ReadVerifiers
                | Verb::WatchFeed
                | Verb::ReadMetrics
                | Verb::ReadKeys
                | Verb::RotateKeys
                | Verb::ReadCredentials
                | Verb::ChangeCredentials
                | Verb::IssueOneTimeTokens
                | Verb::SpendOneTimeTokens
                | Verb::ReportActivity
                | Verb::ReportEvents
                | Verb::ChangeAlias
                | Verb::ReadAudit
        );
        assert_eq!(authorize(&caller, verb).is_ok(), expected, "{verb:?}");
    }
    for verb in [Verb::ReadRevocations, Verb::RotateKeys, Verb::ReadCredentials, Verb::ChangeCredentials] {
        assert_eq!(tries(&scene, &caller, verb).await, Some(false), "{verb:?}");
    }
}

#[tokio::test]
async fn roles_add_up() {
    let scene = scene().await;
    let caller = scene.caller(&[Role::Issuer, Role::Auditor], None).await;
    assert_eq!(tries(&scene, &caller, Verb::OpenSession).await, Some(true));
    assert_eq!(tries(&scene, &caller, Verb::ReadKeys).await, Some(true));
    assert_eq!(tries(&scene, &caller, Verb::Revoke).await, Some(false));
}

/// Whether `caller` gets through to the use cases of `verb`; none where it guards no use case but an endpoint.
async fn tries(scene: &Scene, caller: &Caller, verb: Verb) -> Option<bool> {
    let authority = &scene.authority;
    let session = SessionId::new("ses_none").unwrap();
    let outcomes: Vec<Result<(), Error>> = match verb {
        Verb::OpenSession => {
            let join = JoinSession { client: client_id("web"), scope: None };
            vec![
                authority.sign_in(caller, sign_in("alice")).await.map(drop),
                authority.join(caller, &session, join).await.map(drop),
            ]
        }
        Verb::Revoke => {
            let request = RevocationRequest::end(TargetRequest::Subject(subject("nobody")));
            vec![authority.revoke(caller, request).await.map(drop)]
        }
        Verb::Undo => {
            let request = UndoRequest {
                position: Position::ZERO,
                reason: Reason::known(Reason::ADMIN),
                idempotency: None,
                cause: "".into(),
            };
            vec![authority.undo(caller, request).await.map(drop)]
        }
        Verb::ReadSchedules => vec![authority.list_schedules(caller).await.map(drop)],
        Verb::ChangeSchedules => {
            let request = RevocationRequest::end(TargetRequest::Subject(subject("nobody")));
            let when = When::DailyAt { minute: 0 };
            let none = ScheduleId::new("sch_none").unwrap();
            vec![
                authority.schedule(caller, request, when).await.map(drop),
                authority.delete_schedule(caller, &none).await.map(drop),
            ]
        }
        Verb::ReadRevocations => vec![authority.list_revocations(caller, None, 1).await.map(drop)],
        Verb::ReadAudit => vec![authority.list_audit(caller, AuditQuery::after(0, 1)).await.map(drop)],
        Verb::WatchFeed => vec![authority.watch_records(caller, Position::ZERO, 1).await.map(drop)],
        Verb::ReadSessions => vec![
            authority.list_sessions(caller, Filter::default(), SessionPage::default()).await.map(drop),
            authority.session(caller, &session).await.map(drop),
            authority.list_devices(caller, &subject("nobody"), DevicePage::default()).await.map(drop),
        ],
        Verb::EndSession => {
            let (admin, device) = (Reason::known(Reason::ADMIN), DeviceId::new("dev_none").unwrap());
            vec![
                authority.end_session(caller, &session, admin.clone()).await.map(drop),
                authority.end_device(caller, &subject("nobody"), &device, admin).await.map(drop),
            ]
        }
        Verb::FollowFeed => vec![authority.open_feed(caller).map(drop)],
        Verb::ReadVerifiers => vec![authority.list_verifiers(caller, VerifierPage::default()).map(drop)],
        Verb::ReadKeys => vec![authority.list_keys(caller).map(drop)],
        Verb::RotateKeys => {
            let none = KeyId::new("key_none").unwrap();
            vec![
                authority.rotate_keys(caller).await.map(drop),
                authority.remove_key(caller, &none, false).await.map(drop),
                authority.remove_key(caller, &none, true).await.map(drop),
            ]
        }
        Verb::ReadCredentials => vec![authority.list_credentials(caller).await.map(drop)],
        Verb::ChangeCredentials => {
            let new = NewCredential { name: "x".into(), roles: vec![Role::Issuer], client: None };
            let id = CredentialId::new("cred_none").unwrap();
            vec![
                authority.create_credential(caller, new).await.map(drop),
                authority.delete_credential(caller, &id).await.map(drop),
            ]
        }
        Verb::IssueOneTimeTokens => {
            let new = NewOneTimeToken {
                subject: subject("nobody"),
                purpose: "x".into(),
                claims: serde_json::Map::new(),
                life: None,
            };
            vec![authority.issue_one_time_token(caller, new).await.map(drop)]
        }
        Verb::ReportActivity => vec![authority.report_activity(caller, Vec::new()).await.map(drop)],
        Verb::SpendOneTimeTokens => vec![authority.spend_one_time_token(caller, "x", "x").await.map(drop)],
        verb => about_a_subject(authority, caller, verb).await?,
    };
    let allowed: Vec<bool> =
        outcomes.iter().map(|outcome| !matches!(outcome, Err(Error::Forbidden(_)))).collect();
    assert!(allowed.windows(2).all(|pair| pair[0] == pair[1]), "{verb:?}: {outcomes:?}");
    allowed.first().copied()
}

/// The same of what is about one subject whatever its sessions.
async fn about_a_subject(
    authority: &Authority,
    caller: &Caller,
    verb: Verb,
) -> Option<Vec<Result<(), Error>>> {
    Some(match verb {
        Verb::Ban => {
            let service = Service::Client(client_id("web"));
            let request = BanRequest {
                subject: subject("nobody"),
                service: service.clone(),
                level: BanLevel::USUAL,
                reason: Reason::known(Reason::BANNED),
                until: None,
                cause: "".into(),
            };
            vec![
                authority.ban(caller, request).await.map(drop),
                authority.lift_ban(caller, &subject("nobody"), &service).await.map(drop),
            ]
        }
        Verb::ReadSubjects => vec![
            authority.bans(caller, &subject("nobody")).await.map(drop),
            authority.alias(caller, &subject("nobody")).await.map(drop),
        ],
        Verb::ReportEvents => {
            let event = SubjectEvent {
                kind: "deleted".into(),
                subject: subject("nobody"),
                except: None,
                claims: serde_json::Map::new(),
                idempotency: None,
                cause: "".into(),
            };
            vec![authority.report_event(caller, event).await.map(drop)]
        }
        Verb::ChangeAlias => {
            // Both ids are nobody's; the second caller repeats the change of the first.
            let request = AliasRequest { old: subject("nemo"), new: subject("nobody"), cause: "".into() };
            vec![authority.change_alias(caller, request).await.map(drop)]
        }
        _ => return None,
    })
}
