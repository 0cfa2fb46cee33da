//! Bans (S27), on a clock that the test sets.

use std::time::Duration;

use quash_authority::testing::WhenToFail;
use quash_authority::{
    BanOutcome, BanRequest, Banned, Error, JoinSession, JoinedSession, SignIn, SignedIn, TokenReply,
};
use quash_core::revocation::reason::Reason;
use quash_core::session::ban::{Ban, BanLevel, Service};
use quash_core::time::Timestamp;
use quash_storage::ports::Role;

use crate::scene::{START, Scene, client_id, scene, session_id, sign_in, subject};

fn web() -> Service {
    Service::Client(client_id("web"))
}

/// A ban of alice, over so many seconds after the start.
fn request(service: Service, level: u8, seconds: u64) -> BanRequest {
    BanRequest {
        subject: subject("alice"),
        service,
        level: BanLevel::new(level).unwrap(),
        reason: Reason::new("spam").unwrap(),
        until: Some(START.plus(Duration::from_secs(seconds))),
        cause: "req_1".into(),
    }
}

async fn bans(scene: &Scene, request: BanRequest) -> Banned {
    match scene.authority.ban(&scene.root(), request).await.unwrap() {
        BanOutcome::Banned(banned) => banned,
        other => panic!("not banned: {other:?}"),
    }
}

async fn refused(scene: &Scene, sign_in: SignIn) -> Ban {
    match scene.authority.sign_in(&scene.root(), sign_in).await.unwrap() {
        SignedIn::Banned(ban) => *ban,
        other => panic!("not refused: {other:?}"),
    }
}

fn at_shop() -> SignIn {
    SignIn { client: client_id("shop"), ..sign_in("alice") }
}

async fn joins(scene: &Scene, tokens: &TokenReply, client: &str) -> JoinedSession {
    let join = JoinSession { client: client_id(client), scope: None };
    scene.authority.join(&scene.root(), &session_id(tokens), join).await.unwrap()
}

#[tokio::test]
async fn what_is_banned_is_refused_when_the_call_returns() {
    // S27: the access token too, and a renewal says until when.
    let scene = scene().await;
    let (alice, bob) = (scene.signs_in("alice").await, scene.signs_in("bob").await);
    let banned = bans(&scene, request(Service::Everywhere, 2, 100)).await;
    assert_eq!(banned.position, Some(scene.head().await));
    assert_eq!(scene.refuses(&alice), Reason::BANNED);
    let refusal = scene.renewal_refused(&alice).await;
    assert_eq!((&*refusal.reason, refusal.remedy.name()), (Reason::BANNED, "sign_in"));
    assert_eq!(refusal.banned_until, Some(START.plus(Duration::from_secs(100))));
    assert_eq!(refused(&scene, sign_in("alice")).await, banned.ban);
    assert!(matches!(joins(&scene, &alice, "shop").await, JoinedSession::Banned(_)));
    assert!(scene.accepts(&bob));
    scene.renews(&bob).await;
    assert_eq!(scene.authority.counts().sign_ins_banned, 2);
}

#[tokio::test]
async fn a_ban_ends_at_the_very_instant_and_what_it_ended_stays_ended() {
    // S27: a second before, and at it.
    let scene = scene().await;
    let before = scene.signs_in("alice").await;
    bans(&scene, request(Service::Everywhere, 1, 100)).await;
    scene.passes(99);
    refused(&scene, sign_in("alice")).await;
    scene.passes(1);
    let after = scene.signs_in("alice").await;
    assert!(scene.accepts(&after));
    assert_eq!(scene.renewal_refused(&before).await.banned_until, None);
    assert_eq!(scene.refuses(&before), Reason::BANNED);
}

#[tokio::test]
async fn a_ban_at_one_client_leaves_the_others_alone() {
    // S27, S53: and the way round over a session at another client is closed.
    let scene = scene().await;
    let (at_web, elsewhere) = (scene.signs_in("alice").await, scene.opens(at_shop()).await);
    bans(&scene, request(web(), 1, 100)).await;
    assert_eq!(scene.refuses(&at_web), Reason::BANNED);
    assert!(scene.accepts(&elsewhere));
    refused(&scene, sign_in("alice")).await;
    assert!(matches!(joins(&scene, &elsewhere, "web").await, JoinedSession::Banned(_)));
    scene.opens(at_shop()).await;
}

#[tokio::test]
async fn a_warning_is_shown_and_refuses_nothing() {
    // S27: level zero.
    let scene = scene().await;
    let alice = scene.signs_in("alice").await;
    let warned = bans(&scene, request(Service::Everywhere, 0, 100)).await;
    assert_eq!(warned.position, None);
    assert!(scene.accepts(&alice));
    scene.renews(&alice).await;
    scene.signs_in("alice").await;
    let standing = scene.authority.bans(&scene.root(), &subject("alice")).await.unwrap();
    assert_eq!(standing.into_iter().map(|standing| standing.ban).collect::<Vec<_>>(), [warned.ban]);
}

#[tokio::test]
async fn a_lifted_ban_lets_sign_ins_in_again_and_revives_nothing() {
    // S27, I6
    let scene = scene().await;
    let before = scene.signs_in("alice").await;
    let banned = bans(&scene, request(Service::Everywhere, 1, 100)).await;
    let lift = async || {
        scene.authority.lift_ban(&scene.root(), &subject("alice"), &Service::Everywhere).await.unwrap()
    };
    assert_eq!(lift().await, Some(banned.ban));
    assert_eq!(lift().await, None);
    assert_eq!(scene.refuses(&before), Reason::BANNED);
    scene.renewal_refused(&before).await;
    let after = scene.signs_in("alice").await;
    assert!(scene.accepts(&after));
}

#[tokio::test]
async fn a_ban_without_an_end_is_never_purged_and_one_with_an_end_when_it_is_over() {
    // S27
    let scene = scene().await;
    bans(&scene, BanRequest { until: None, ..request(web(), 1, 0) }).await;
    bans(&scene, request(Service::Everywhere, 1, 100)).await;
    scene.passes(99);
    assert_eq!(scene.authority.maintain().await.unwrap().store.bans, 0);
    scene.passes(1);
    assert_eq!(scene.authority.maintain().await.unwrap().store.bans, 1);
    scene.passes(1_000_000_000);
    assert_eq!(scene.authority.maintain().await.unwrap().store.bans, 0);
    assert_eq!(refused(&scene, sign_in("alice")).await.until, Timestamp::FOREVER);
}

#[tokio::test]
async fn what_can_not_be_meant_is_refused_with_the_field_that_is_wrong() {
    let scene = scene().await;
    let field = async |request| match scene.authority.ban(&scene.root(), request).await {
        Err(Error::Request(error)) => error.field,
        other => panic!("{other:?}"),
    };
    assert_eq!(field(request(Service::Everywhere, 1, 0)).await, "until", "now is not in the future");
    assert_eq!(field(request(Service::Client(client_id("wbe")), 1, 100)).await, "service");
    assert_eq!(field(BanRequest { cause: "x".repeat(257).into(), ..request(web(), 1, 100) }).await, "cause");
}

#[tokio::test]
async fn a_credential_of_one_client_bans_there_and_sees_no_other_ban() {
    // Attack row 37
    let scene = scene().await;
    let caller = scene.caller(&[Role::Revoker], Some("web")).await;
    for service in [Service::Everywhere, Service::Client(client_id("shop"))] {
        let banned = scene.authority.ban(&caller, request(service.clone(), 1, 100)).await;
        assert!(matches!(banned, Err(Error::Forbidden(_))), "{banned:?}");
        bans(&scene, request(service.clone(), 0, 100)).await;
        let lifted = scene.authority.lift_ban(&caller, &subject("alice"), &service).await;
        assert!(matches!(lifted, Err(Error::Forbidden(_))), "{lifted:?}");
    }
    scene.authority.ban(&caller, request(web(), 1, 100)).await.unwrap();
    let seen = scene.authority.bans(&caller, &subject("alice")).await.unwrap();
    let seen: Vec<_> = seen.into_iter().map(|standing| standing.service).collect();
    assert_eq!(seen, [Service::Everywhere, web()]);
}

#[tokio::test]
async fn a_ban_whose_reply_was_lost_is_safe_to_repeat() {
    // Design section 5: an error acknowledges nothing, and the same call ends in the same state.
    let scene = scene().await;
    let alice = scene.signs_in("alice").await;
    scene.store.fail(WhenToFail::After(0));
    let lost = scene.authority.ban(&scene.root(), request(web(), 1, 100)).await;
    assert!(matches!(lost, Err(Error::Store(_))), "{lost:?}");
    scene.store.fail(WhenToFail::Never);
    bans(&scene, request(web(), 1, 100)).await;
    assert_eq!(scene.refuses(&alice), Reason::BANNED);
    refused(&scene, sign_in("alice")).await;
}
