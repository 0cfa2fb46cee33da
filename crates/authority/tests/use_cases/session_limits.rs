//! How many sessions a subject may have (S23, S24), on a clock that the test sets.

use std::num::NonZeroU32;
use std::time::Duration;

use quash_authority::settings::RequestedLifetimes;
use quash_authority::testing::WhenToFail;
use quash_authority::{
    ClientProfile, DeviceDescription, Error, JoinSession, JoinedSession, LimitReached, Settings, SignIn,
    SignedIn, TargetRequest, TokenReply,
};
use quash_core::ids::DeviceId;
use quash_core::revocation::reason::Reason;
use quash_core::revocation::target::Target;
use quash_core::session::policy::{Overflow, Per, SessionPolicy};

use crate::scene::{START, Scene, client_id, scene_with, session_id, settings, sign_in, subject};

fn policy(max: u32, overflow: Overflow) -> SessionPolicy {
    SessionPolicy { max: NonZeroU32::new(max).unwrap(), per: Per::Subject, overflow }
}

async fn limited(max: u32, overflow: Overflow) -> Scene {
    scene_with(Settings { sessions: Some(policy(max, overflow)), ..settings() }).await
}

/// A sign-in of alice on `device`.
fn on(device: &str) -> SignIn {
    let described = DeviceDescription {
        id: Some(DeviceId::new(device).unwrap()),
        name: Some(format!("Alice's {device}").into()),
        kind: None,
    };
    SignIn { device: described, ..sign_in("alice") }
}

async fn refused(scene: &Scene, sign_in: SignIn) -> LimitReached {
    match scene.authority.sign_in(&scene.root(), sign_in).await.unwrap() {
        SignedIn::LimitReached(reached) => reached,
        other => panic!("not refused: {other:?}"),
    }
}

#[tokio::test]
async fn what_is_replaced_is_refused_when_the_new_sign_in_is_answered() {
    // S23: no later, and the new one is not hit by the entry that its own opening made.
    let scene = limited(1, Overflow::ReplaceOldest).await;
    let phone = scene.opens(on("phone")).await;
    assert!(scene.accepts(&phone));
    let laptop = scene.opens(on("laptop")).await;
    assert_eq!(scene.refuses(&phone), Reason::REPLACED);
    assert!(scene.accepts(&laptop));
    let counts = scene.authority.counts();
    assert_eq!((counts.sessions_replaced, counts.sessions_opened, counts.revocations), (1, 2, 1));
}

#[tokio::test]
async fn a_replaced_device_is_told_which_one_took_its_place_and_is_not_revived() {
    // S23, S09
    let scene = limited(1, Overflow::ReplaceOldest).await;
    let phone = scene.opens(on("phone")).await;
    let laptop = scene.opens(on("laptop")).await;
    for _ in 0..3 {
        let refusal = scene.renewal_refused(&phone).await;
        assert_eq!((&*refusal.reason, refusal.remedy.name()), ("replaced", "sign_in"));
        let by = refusal.replaced_by.unwrap();
        assert_eq!((by.device.as_str(), by.device_name.as_deref()), ("laptop", Some("Alice's laptop")));
        assert_eq!(by.session, session_id(&laptop));
    }
    assert!(scene.accepts(&laptop));
    scene.renews(&laptop).await;
}

#[tokio::test]
async fn a_refused_sign_in_says_how_many_live_and_how_many_may() {
    // S23, S24
    let scene = limited(2, Overflow::Refuse).await;
    scene.opens(on("phone")).await;
    let laptop = scene.opens(on("laptop")).await;
    let before = scene.head().await;
    assert_eq!(refused(&scene, on("tv")).await, LimitReached { live: 2, max: 2 });
    assert_eq!(scene.head().await, before);
    assert_eq!(scene.authority.counts().sign_ins_over_limit, 1);
    scene.authority.log_out(&scene.claims(&laptop), "req").await.unwrap();
    scene.opens(on("tv")).await;
}

#[tokio::test]
async fn a_place_is_free_at_the_very_instant_of_the_idle_limit() {
    // S24, S01: 14 days; a second before, and at it.
    let scene = limited(1, Overflow::Refuse).await;
    scene.opens(on("phone")).await;
    scene.passes(14 * 86_400 - 1);
    assert_eq!(refused(&scene, on("laptop")).await.live, 1);
    scene.passes(1);
    scene.opens(on("laptop")).await;
}

#[tokio::test]
async fn a_retry_after_a_lost_reply_finds_its_session_and_the_replaced_one_refused() {
    // Design section 5, S23: the store had done it, and nobody knew.
    let scene = limited(1, Overflow::ReplaceOldest).await;
    let phone = scene.opens(on("phone")).await;
    let request = || SignIn { idempotency: Some("once".into()), ..on("laptop") };
    scene.store.fail(WhenToFail::After(0));
    let lost = scene.authority.sign_in(&scene.root(), request()).await;
    assert!(matches!(lost, Err(Error::Store(_))), "{lost:?}");
    scene.store.fail(WhenToFail::Never);
    let first = scene.opens(request()).await;
    assert_eq!(scene.refuses(&phone), Reason::REPLACED);
    let again = scene.opens(request()).await;
    assert_eq!(again.session_id, first.session_id);
    assert_eq!(scene.authority.counts().revocations, 0, "the retries ended nothing");
    assert!(scene.accepts(&again));
}

#[tokio::test]
async fn a_client_with_a_limit_of_its_own_is_counted_apart() {
    // S23, S24: `web` and `job` share the general limit; `shop` has its own.
    let mut settings = Settings { sessions: Some(policy(1, Overflow::Refuse)), ..settings() };
    let shop = settings.clients.iter().position(|client| client.id == client_id("shop")).unwrap();
    settings.clients[shop] =
        ClientProfile { sessions: Some(policy(2, Overflow::Refuse)), ..settings.clients[shop].clone() };
    let scene = scene_with(settings).await;
    let at = |client: &str, device: &str| SignIn { client: client_id(client), ..on(device) };
    scene.opens(at("web", "a")).await;
    assert_eq!(refused(&scene, at("job", "b")).await, LimitReached { live: 1, max: 1 });
    scene.opens(at("shop", "c")).await;
    scene.opens(at("shop", "d")).await;
    assert_eq!(refused(&scene, at("shop", "e")).await, LimitReached { live: 2, max: 2 });
}

#[tokio::test]
async fn joining_a_session_is_held_to_the_limit_of_the_client() {
    // S24, S53
    let mut settings = settings();
    let shop = settings.clients.iter().position(|client| client.id == client_id("shop")).unwrap();
    settings.clients[shop] =
        ClientProfile { sessions: Some(policy(1, Overflow::Refuse)), ..settings.clients[shop].clone() };
    let scene = scene_with(settings).await;
    let first: TokenReply = scene.opens(on("phone")).await;
    let second = scene.opens(on("laptop")).await;
    let joins = async |tokens: &TokenReply| {
        let join = JoinSession { client: client_id("shop"), scope: None };
        scene.authority.join(&scene.root(), &session_id(tokens), join).await.unwrap()
    };
    assert!(matches!(joins(&first).await, JoinedSession::Open(_)));
    assert_eq!(joins(&second).await, JoinedSession::LimitReached(LimitReached { live: 1, max: 1 }));
}

#[tokio::test]
async fn the_entry_names_who_signed_in_and_the_session_that_took_the_place() {
    // I12
    let scene = limited(1, Overflow::ReplaceOldest).await;
    let phone = scene.opens(on("phone")).await;
    let laptop = scene.opens(on("laptop")).await;
    let entries = scene.authority.list_revocations(&scene.root(), None, 1).await.unwrap().entries;
    let fact = &entries[0].fact;
    assert_eq!(fact.target, Target::Session(session_id(&phone)));
    assert_eq!(&*fact.actor, scene.root().id().as_str());
    assert_eq!(&*fact.cause, session_id(&laptop).as_str());
}

#[test]
fn a_limit_beyond_a_thousand_is_a_problem() {
    let problems = |max| {
        let own =
            ClientProfile { sessions: Some(policy(max, Overflow::Refuse)), ..settings().clients[0].clone() };
        let settings =
            Settings { sessions: Some(policy(max, Overflow::Refuse)), clients: vec![own], ..settings() };
        settings.problems().iter().map(|problem| problem.field.clone()).collect::<Vec<_>>()
    };
    assert!(problems(1_000).is_empty());
    assert_eq!(problems(1_001), ["sessions.max", "clients.web.sessions.max"]);
}

#[tokio::test]
async fn those_who_share_a_session_have_one_sid_and_their_own_device_and_time() {
    // S23
    let scene = limited(1, Overflow::Share).await;
    let phone = scene.opens(on("phone")).await;
    scene.passes(60);
    let laptop = scene.opens(on("laptop")).await;
    assert_eq!(laptop.session_id, phone.session_id);
    assert_eq!(laptop.device_id.as_ref().unwrap().as_str(), "laptop");
    for (tokens, device, at) in
        [(&phone, "phone", START), (&laptop, "laptop", START.plus(Duration::from_secs(60)))]
    {
        let renewed = scene.renews(tokens).await;
        for claims in [scene.claims(tokens), scene.claims(&renewed)] {
            assert_eq!((claims.device(), claims.authenticated_at()), (Some(device), Some(at.seconds())));
        }
        assert_eq!(renewed.device_id, tokens.device_id);
    }
    // The session's limits are the first sign-in's: nobody lengthens them.
    let until = |tokens: &TokenReply| tokens.authorization_expires_in.unwrap();
    assert_eq!(until(&laptop) + 60, until(&phone));
    let counts = scene.authority.counts();
    assert_eq!((counts.sessions_opened, counts.revocations), (1, 0));
}

#[tokio::test]
async fn a_logout_ends_what_is_shared_for_all_and_a_devices_logout_for_one() {
    // S23, S08, S32
    let scene = limited(1, Overflow::Share).await;
    let phone = scene.opens(on("phone")).await;
    let laptop = scene.opens(on("laptop")).await;
    let device = DeviceId::new("laptop").unwrap();
    scene.revokes(TargetRequest::Device { subject: subject("alice"), device }).await;
    assert_eq!(scene.refuses(&laptop), Reason::ADMIN);
    assert_eq!(&*scene.renewal_refused(&laptop).await.reason, Reason::ADMIN);
    assert!(scene.accepts(&phone));
    let laptop = scene.opens(on("laptop")).await;
    assert_eq!(laptop.session_id, phone.session_id);
    scene.authority.log_out(&scene.claims(&phone), "req").await.unwrap();
    assert_eq!(scene.refuses(&laptop), Reason::LOGGED_OUT);
}

#[tokio::test]
async fn a_sign_in_that_asked_for_less_time_does_not_share_a_longer_session() {
    // S23: somebody else's computer, "do not remember me".
    let scene = limited(1, Overflow::Share).await;
    let phone = scene.opens(on("phone")).await;
    let lifetimes = RequestedLifetimes { absolute: Some(Duration::from_secs(3_600)), ..Default::default() };
    let kiosk = scene.opens(SignIn { lifetimes, ..on("kiosk") }).await;
    assert_ne!(kiosk.session_id, phone.session_id);
    assert_eq!(scene.refuses(&phone), Reason::REPLACED);
}

#[test]
fn sharing_needs_a_limit_of_one() {
    let fields = |max| {
        let settings = Settings { sessions: Some(policy(max, Overflow::Share)), ..settings() };
        settings.problems().iter().map(|problem| problem.field.clone()).collect::<Vec<_>>()
    };
    assert!(fields(1).is_empty());
    assert_eq!(fields(2), ["sessions.overflow"]);
}
