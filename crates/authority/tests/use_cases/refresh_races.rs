//! Parallel, late and stolen refresh tokens (S02, S03, I4).

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use quash_authority::testing::InMemoryAuthority;
use quash_authority::{Refreshed, TargetRequest};
use quash_core::ids::GrantId;
use quash_core::session::grant::Generation;
use quash_core::session::renewal::Renewal;
use quash_storage::ports::SessionRegistry as _;
use tokio::task::JoinSet;

use crate::scene::{Scene, refresh_token, scene, session_id, settings};

/// The grant that the only session has: what `grant_of` reads from the token is opaque here.
async fn grant_id(scene: &Scene, token: &str) -> GrantId {
    let bytes = base64_simd::URL_SAFE_NO_PAD.decode_to_vec(token.trim_start_matches("qrt_")).unwrap();
    let id = String::from_utf8(bytes[13..bytes.len() - 40].to_vec()).unwrap();
    let id = GrantId::new(id).unwrap();
    assert!(scene.store.inner().grant(&id).await.unwrap().is_some());
    id
}

#[tokio::test(flavor = "multi_thread")]
async fn sixty_four_parallel_uses_of_one_refresh_token_get_one_successor() {
    // S03, I4: one generation, 64 equal refresh tokens, no theft.
    let scene = Arc::new(scene().await);
    let tokens = scene.signs_in("alice").await;
    let mut uses = JoinSet::new();
    for _ in 0..64 {
        let (scene, token) = (Arc::clone(&scene), refresh_token(&tokens).to_owned());
        uses.spawn(async move {
            let outcome = scene.authority.refresh(&scene.client("web"), &token, None).await.unwrap();
            let Refreshed::Renewed(reply) = outcome else { panic!("refused") };
            assert!(scene.accepts(&reply));
            refresh_token(&reply).to_owned()
        });
    }
    let successors: BTreeSet<String> = uses.join_all().await.into_iter().collect();
    assert_eq!(successors.len(), 1);
    let counts = scene.authority.counts();
    assert_eq!((counts.refreshes, counts.refresh_repeats, counts.refresh_reuses), (1, 63, 0));
    let grant = grant_id(&scene, refresh_token(&tokens)).await;
    let (grant, _) = scene.store.inner().grant(&grant).await.unwrap().unwrap();
    assert_eq!(grant.generation, Generation(1));
}

#[tokio::test]
async fn a_retry_after_a_lost_reply_gets_the_same_successor() {
    // S03; threat model
    let scene = scene().await;
    let first = scene.signs_in("alice").await;
    let lost = scene.renews(&first).await;
    scene.passes(29);
    let retried = scene.renews(&first).await;
    assert_eq!(refresh_token(&lost), refresh_token(&retried));
    scene.renews(&retried).await;
}

#[tokio::test]
async fn the_grace_ends_exactly_thirty_seconds_after_the_rotation_and_never_slides() {
    // S03: repeats within the window do not move it.
    let scene = scene().await;
    let first = scene.signs_in("alice").await;
    scene.renews(&first).await;
    for _ in 0..2 {
        scene.passes(10);
        scene.renews(&first).await;
    }
    scene.clock.advance(Duration::from_millis(9_999));
    scene.renews(&first).await;
    scene.clock.advance(Duration::from_millis(1));
    assert_eq!(&*scene.renewal_refused(&first).await.reason, "refresh_reuse");
}

#[tokio::test]
async fn reuse_after_the_grace_ends_the_session_of_both_parties() {
    // S02: nobody can tell thief from user.
    let scene = scene().await;
    let first = scene.signs_in("alice").await;
    let other = scene.signs_in("alice").await;
    let second = scene.renews(&first).await;
    scene.passes(30);
    assert_eq!(&*scene.renewal_refused(&first).await.reason, "refresh_reuse");
    assert_eq!(scene.refuses(&second), "refresh_reuse");
    assert_eq!(&*scene.renewal_refused(&second).await.reason, "refresh_reuse");
    assert!(scene.accepts(&other), "the user's other session is not touched");
    scene.renews(&other).await;
    let new = scene.signs_in("alice").await;
    assert!(scene.accepts(&new));
}

#[tokio::test]
async fn a_stolen_token_used_many_times_at_once_ends_the_session_with_one_entry() {
    // S02
    let scene = Arc::new(scene().await);
    let first = scene.signs_in("alice").await;
    scene.renews(&first).await;
    scene.passes(31);
    let before = scene.head().await;
    let mut uses = JoinSet::new();
    for _ in 0..16 {
        let (scene, tokens) = (Arc::clone(&scene), first.clone());
        uses.spawn(async move { scene.renewal_refused(&tokens).await.reason });
    }
    for reason in uses.join_all().await {
        assert_eq!(&*reason, "refresh_reuse");
    }
    assert_eq!(scene.head().await.number(), before.number() + 1);
}

#[tokio::test]
async fn a_refresh_token_ahead_of_its_row_is_adopted_with_an_alarm() {
    // seen elsewhere: Keycloak #49213, a fail-over that lost writes kills sessions for good. The row here is behind
    // because the tokens were made over a store that went on.
    let scene = scene().await;
    let first = scene.signs_in("alice").await;
    let mut ahead = first.clone();
    for _ in 0..3 {
        ahead = scene.renews(&ahead).await;
    }
    // The same seed makes the same ids, so this store holds the same session at generation 0.
    let restored = Scene(InMemoryAuthority::start(settings(), crate::scene::START, 1).await.unwrap());
    let same = restored.signs_in("alice").await;
    assert_eq!(same.session_id, first.session_id);
    let renewed = restored.renews(&ahead).await;
    assert_eq!(restored.authority.counts().refresh_ahead, 1);
    assert!(restored.accepts(&renewed));
    restored.renews(&renewed).await;
    assert_eq!(restored.authority.counts().refresh_ahead, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_logout_that_lands_between_renewals_wins_always() {
    // seen elsewhere: sa-token-rust writes the session back whole and the logout is lost.
    for round in 0..20 {
        let scene = Arc::new(scene().await);
        let tokens = scene.signs_in("alice").await;
        let mut racing = JoinSet::new();
        for place in 0..8 {
            let (scene, tokens) = (Arc::clone(&scene), tokens.clone());
            racing.spawn(async move {
                if place == round % 8 {
                    scene.authority.log_out(&scene.claims(&tokens), "req").await.unwrap();
                } else {
                    scene.tries_to_renew(&tokens).await;
                }
            });
        }
        racing.join_all().await;
        assert_eq!(&*scene.renewal_refused(&tokens).await.reason, "logged_out");
        assert_eq!(scene.refuses(&tokens), "logged_out");
    }
}

#[tokio::test]
async fn a_session_ended_after_a_use_was_judged_but_before_it_was_answered_gives_dead_tokens() {
    // The reply of the race that no store can exclude: its access token names the ended session.
    let scene = scene().await;
    let tokens = scene.signs_in("alice").await;
    let renewed = scene.renews(&tokens).await;
    scene.revokes(TargetRequest::Session(session_id(&tokens))).await;
    assert_eq!(scene.refuses(&renewed), "admin");
}

#[tokio::test]
async fn every_generation_within_its_own_grace_repeats() {
    // seen elsewhere: SuperTokens treats a reordered reply as an orphaned branch.
    let scene = scene().await;
    let first = scene.signs_in("alice").await;
    let second = scene.renews(&first).await;
    scene.passes(20);
    let third = scene.renews(&second).await;
    assert_eq!(refresh_token(&scene.renews(&first).await), refresh_token(&third));
    scene.passes(10);
    assert_eq!(refresh_token(&scene.renews(&second).await), refresh_token(&third));
    let grant = grant_id(&scene, refresh_token(&first)).await;
    let renewal =
        Renewal { presented: Generation(0), now: crate::scene::START, grace: Duration::from_secs(30) };
    assert!(scene.store.inner().renew(&grant, renewal).await.unwrap().is_some());
}
