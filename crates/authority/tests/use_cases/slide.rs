//! Access tokens that slide (S04), on a clock that the test sets: a token of 600 s, an idle limit of 1,000 s and an
//! absolute one of 3,000 s. A token is about to end two minutes before its `exp`.

use std::time::Duration;

use quash_authority::settings::Lifetimes;
use quash_authority::testing::WhenToFail;
use quash_authority::{ClientProfile, Error, PlainToken, Settings, SignIn, TokenReply};
use quash_core::verified::VerifiedClaims;

use crate::scene::{START, Scene, scene_with, session_id, settings, sign_in};

async fn sliding() -> Scene {
    let seconds = Duration::from_secs;
    let lifetimes = Lifetimes { access: seconds(600), idle: seconds(1_000), absolute: seconds(3_000) };
    let mut settings = settings();
    let web = ClientProfile { sliding: true, lifetimes: Some(lifetimes), ..settings.clients[0].clone() };
    settings.clients[0] = web;
    scene_with(settings).await
}

fn claims(scene: &Scene, token: &str) -> VerifiedClaims {
    scene.verifier.verify(token).unwrap()
}

/// The new token, if `token` is about to end and gets one.
async fn slides(scene: &Scene, token: &str) -> Option<PlainToken> {
    let ending = scene.authority.ending(&claims(scene, token))?;
    scene.authority.slide(ending).await.unwrap()
}

#[tokio::test]
async fn a_token_is_about_to_end_two_minutes_before_and_not_a_second_earlier() {
    let scene = sliding().await;
    let tokens = scene.signs_in("alice").await;
    scene.passes(479);
    assert!(slides(&scene, tokens.access_token.expose()).await.is_none());
    scene.passes(1);
    let slid = slides(&scene, tokens.access_token.expose()).await.unwrap();
    let (old, new) = (scene.claims(&tokens), claims(&scene, slid.expose()));
    assert_eq!((new.issued_at(), new.expires_at()), (Some(START.seconds() + 480), START.seconds() + 1_080));
    assert_eq!((new.session(), new.client(), new.device()), (old.session(), old.client(), old.device()));
    assert_eq!(
        (new.subject(), new.scope(), new.authenticated_at()),
        (old.subject(), old.scope(), old.authenticated_at())
    );
    assert_ne!(new.token(), old.token());
    assert_eq!(scene.authority.counts().tokens_slid, 1);
}

#[tokio::test]
async fn an_active_session_lives_past_its_idle_limit_and_never_past_its_absolute_limit() {
    // S04, S07
    let scene = sliding().await;
    let opened: TokenReply = scene.signs_in("alice").await;
    let mut token = opened.access_token.expose().to_owned();
    for step in 1..=5 {
        scene.passes(480);
        let slid = slides(&scene, &token).await.unwrap();
        slid.expose().clone_into(&mut token);
        // At 2,400 s a token of 600 s reaches the absolute end, and no further.
        assert_eq!(claims(&scene, &token).expires_at(), START.seconds() + step * 480 + 600);
    }
    scene.passes(480);
    assert!(slides(&scene, &token).await.is_none(), "a new one would live no longer");
    scene.passes(120);
    let ending = scene.authority.ending(&claims(&scene, &token));
    assert!(scene.authority.slide(ending.unwrap()).await.unwrap().is_none());
    assert_eq!(&*scene.renewal_refused(&opened).await.reason, "absolute_limit");
}

#[tokio::test]
async fn a_session_that_nobody_uses_dies_at_its_idle_limit() {
    // S04, S01: one slid at 480 s, so it is over at 1,480 s, at that very instant.
    let scene = sliding().await;
    let (used, idle) = (scene.signs_in("alice").await, scene.signs_in("bob").await);
    scene.passes(480);
    let slid = slides(&scene, used.access_token.expose()).await.unwrap();
    scene.passes(520);
    assert_eq!(&*scene.renewal_refused(&idle).await.reason, "idle");
    scene.passes(479);
    let ending = scene.authority.ending(&claims(&scene, slid.expose())).unwrap();
    scene.passes(1);
    assert!(scene.authority.slide(ending).await.unwrap().is_none());
    assert_eq!(&*scene.renewal_refused(&used).await.reason, "idle");
}

#[tokio::test]
async fn what_was_ended_in_between_does_not_slide() {
    // S08: judged in the store, whatever the verifier knew when it accepted.
    let scene = sliding().await;
    let tokens = scene.signs_in("alice").await;
    scene.passes(500);
    let ending = scene.authority.ending(&scene.claims(&tokens)).unwrap();
    scene.authority.log_out(&scene.claims(&tokens), "req").await.unwrap();
    assert!(scene.authority.slide(ending).await.unwrap().is_none());
}

#[tokio::test]
async fn only_clients_that_are_configured_so_slide() {
    // S04: off by default.
    let scene = scene_with(Settings { ..settings() }).await;
    assert!(!scene.authority.slides());
    let tokens = scene.signs_in("alice").await;
    scene.passes(599);
    assert_eq!(scene.authority.ending(&scene.claims(&tokens)), None);
}

#[tokio::test]
async fn a_token_with_less_scope_slides_to_no_more() {
    // RFC 6749 section 6, in spirit.
    let scene = sliding().await;
    let opened = scene.opens(SignIn { scope: Some("read write".into()), ..sign_in("alice") }).await;
    let web = scene.client("web");
    let refresh_token = opened.refresh_token.as_ref().unwrap().expose();
    let less = scene.authority.refresh(&web, refresh_token, Some("read")).await.unwrap();
    let quash_authority::Refreshed::Renewed(less) = less else { panic!("{less:?}") };
    scene.passes(500);
    let slid = slides(&scene, less.access_token.expose()).await.unwrap();
    assert_eq!(claims(&scene, slid.expose()).scope(), Some("read"));
    assert_eq!(session_id(&less), session_id(&opened));
}

#[tokio::test]
async fn a_store_that_fails_gives_an_error_and_no_token() {
    let scene = sliding().await;
    let tokens = scene.signs_in("alice").await;
    scene.passes(500);
    let ending = scene.authority.ending(&scene.claims(&tokens)).unwrap();
    scene.store.fail(WhenToFail::Always);
    assert!(matches!(scene.authority.slide(ending).await, Err(Error::Store(_))));
    assert!(scene.accepts(&tokens));
}
