//! Looking at refresh tokens (RFC 7662).

use std::time::Duration;

use quash_authority::testing::WhenToFail;
use quash_authority::{SignIn, TargetRequest};

use crate::scene::{START, refresh_token, scene, session_id, sign_in, subject};

#[tokio::test]
async fn a_live_refresh_token_shows_whose_it_is_and_until_when() {
    let scene = scene().await;
    let tokens = scene.opens(SignIn { scope: Some("read".into()), ..sign_in("alice") }).await;
    let state = scene.authority.introspect_refresh(refresh_token(&tokens)).await.unwrap().unwrap();
    assert_eq!((state.subject.as_str(), state.client.as_str(), &*state.scope), ("alice", "web", "read"));
    assert_eq!(Some(state.session), tokens.session_id);
    assert_eq!(state.expires_at, START.plus(Duration::from_secs(14 * 86_400)));
    assert_eq!(state.issued_at, START);
}

#[tokio::test]
async fn looking_at_a_token_does_not_use_it() {
    let scene = scene().await;
    let tokens = scene.signs_in("alice").await;
    for _ in 0..3 {
        assert!(scene.authority.introspect_refresh(refresh_token(&tokens)).await.unwrap().is_some());
    }
    assert_eq!(scene.authority.counts().refreshes, 0);
    scene.renews(&tokens).await;
}

#[tokio::test]
async fn a_token_that_could_not_be_used_shows_nothing() {
    // RFC 7662 section 2.2: no reason either.
    let scene = scene().await;
    let seen = async |token: &str| scene.authority.introspect_refresh(token).await.unwrap().is_some();
    let ended = scene.signs_in("alice").await;
    scene.revokes(TargetRequest::Session(session_id(&ended))).await;
    let cut = scene.signs_in("bob").await;
    scene.revokes(TargetRequest::Subject(subject("bob"))).await;
    let rotated = scene.signs_in("carol").await;
    let current = scene.renews(&rotated).await;
    assert!(seen(refresh_token(&rotated)).await, "within the grace it could be used");
    scene.passes(30);
    for dead in [&ended, &cut, &rotated] {
        assert!(!seen(refresh_token(dead)).await);
    }
    assert!(!seen("qrt_AAAA").await && !seen("").await);
    assert!(seen(refresh_token(&current)).await);
    scene.passes(14 * 86_400);
    assert!(!seen(refresh_token(&current)).await, "idle");
}

#[tokio::test]
async fn a_store_that_fails_gives_an_error_and_never_inactive() {
    let scene = scene().await;
    let tokens = scene.signs_in("alice").await;
    scene.store.fail(WhenToFail::Always);
    assert!(scene.authority.introspect_refresh(refresh_token(&tokens)).await.is_err());
}
