//! Clients giving tokens back (RFC 7009).

use std::time::Duration;

use quash_authority::settings::RequestedLifetimes;
use quash_authority::{PresentedToken, Settings, SignIn};
use quash_core::position::Position;

use crate::scene::{Scene, refresh_token, scene, settings, sign_in};

async fn gives_back(scene: &Scene, client: &str, token: PresentedToken<'_>) -> Option<Position> {
    scene.authority.revoke_token(&scene.client(client), token).await.unwrap()
}

#[tokio::test]
async fn a_refresh_token_given_back_ends_its_session() {
    // RFC 7009 section 2.1; S08
    let scene = scene().await;
    let (tokens, other) = (scene.signs_in("alice").await, scene.signs_in("alice").await);
    assert!(gives_back(&scene, "web", PresentedToken::Refresh(refresh_token(&tokens))).await.is_some());
    assert_eq!(scene.refuses(&tokens), "client_revoked");
    assert_eq!(&*scene.renewal_refused(&tokens).await.reason, "client_revoked");
    assert!(scene.accepts(&other));
}

#[tokio::test]
async fn an_older_refresh_token_given_back_ends_the_session_too() {
    // RFC 7009 section 2.1: the grant behind it goes, whatever the generation.
    let scene = scene().await;
    let first = scene.signs_in("alice").await;
    let second = scene.renews(&first).await;
    gives_back(&scene, "web", PresentedToken::Refresh(refresh_token(&first))).await.unwrap();
    assert_eq!(scene.refuses(&second), "client_revoked");
}

#[tokio::test]
async fn an_access_token_given_back_goes_alone() {
    let scene = scene().await;
    let tokens = scene.signs_in("alice").await;
    let renewed = scene.renews(&tokens).await;
    let claims = scene.claims(&tokens);
    let first = gives_back(&scene, "web", PresentedToken::Access(&claims)).await;
    assert!(first.is_some());
    assert_eq!(scene.refuses(&tokens), "client_revoked");
    assert!(scene.accepts(&renewed));
    scene.renews(&renewed).await;
    assert_eq!(gives_back(&scene, "web", PresentedToken::Access(&claims)).await, first, "one entry");
}

#[tokio::test]
async fn a_token_of_another_client_is_left_alone_without_a_word() {
    // RFC 7009 section 2.1, attack row 26
    let scene = scene().await;
    let tokens = scene.signs_in("alice").await;
    let head = scene.head().await;
    let claims = scene.claims(&tokens);
    assert_eq!(gives_back(&scene, "shop", PresentedToken::Access(&claims)).await, None);
    assert_eq!(gives_back(&scene, "shop", PresentedToken::Refresh(refresh_token(&tokens))).await, None);
    assert_eq!(scene.head().await, head);
    assert!(scene.accepts(&tokens));
}

#[tokio::test]
async fn an_unknown_or_dead_token_is_a_no_op() {
    // RFC 7009 section 2.2
    let scene = scene_with_short_memory().await;
    let tokens = scene.signs_in("alice").await;
    for unknown in ["", "qrt_", "qrt_AAAA", tokens.access_token.expose()] {
        assert_eq!(gives_back(&scene, "web", PresentedToken::Refresh(unknown)).await, None);
    }
    gives_back(&scene, "web", PresentedToken::Refresh(refresh_token(&tokens))).await.unwrap();
    let head = scene.head().await;
    assert_eq!(gives_back(&scene, "web", PresentedToken::Refresh(refresh_token(&tokens))).await, None);
    scene.passes(100 * 86_400);
    scene.authority.maintain().await.unwrap();
    assert_eq!(gives_back(&scene, "web", PresentedToken::Refresh(refresh_token(&tokens))).await, None);
    assert_eq!(scene.head().await, head);
}

#[tokio::test]
async fn the_refresh_token_of_a_session_that_ran_out_still_ends_its_access_tokens() {
    // RFC 7009 section 2.1: 200 says that the access tokens of the grant are refused, too.
    let scene = scene().await;
    let lifetimes = RequestedLifetimes { idle: Some(Duration::from_secs(60)), absolute: None };
    let tokens = scene.opens(SignIn { lifetimes, ..sign_in("alice") }).await;
    scene.passes(61);
    assert!(scene.accepts(&tokens));
    gives_back(&scene, "web", PresentedToken::Refresh(refresh_token(&tokens))).await.unwrap();
    assert_eq!(scene.refuses(&tokens), "client_revoked");
}

async fn scene_with_short_memory() -> Scene {
    crate::scene::scene_with(Settings { keep_ended: std::time::Duration::ZERO, ..settings() }).await
}
