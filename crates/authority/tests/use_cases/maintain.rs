//! Forgetting, and catching up.

use std::sync::Arc;
use std::time::Duration;

use quash_authority::Enforcement as _;
use quash_authority::testing::{InMemoryAuthority, WhenToFail};
use quash_authority::{RevocationRequest, TargetRequest};

use crate::scene::{Scene, scene, session_id, settings, subject};

async fn second_server(first: &Scene) -> Scene {
    let other =
        InMemoryAuthority::start_over(Arc::clone(&first.store), settings(), Arc::clone(&first.clock), 2);
    Scene(other.await.unwrap())
}

#[tokio::test]
async fn a_store_in_use_does_not_grow() {
    // I8, S58: sessions and entries go by themselves.
    let scene = scene().await;
    for _ in 0..50 {
        let tokens = scene.signs_in("alice").await;
        scene.revokes(TargetRequest::Session(session_id(&tokens))).await;
    }
    scene.passes(31 * 86_400);
    let gone = scene.authority.maintain().await.unwrap();
    assert_eq!((gone.store.entries, gone.store.sessions, gone.verifier_entries), (50, 50, 50));
    assert_eq!(scene.authority.maintain().await.unwrap().store, quash_storage::ports::Purged::default());
}

#[tokio::test]
async fn followers_are_told_of_the_latest_purge_whichever_server_made_it() {
    // I10: what the store forgot is lost to all who follow from any server on it.
    let scene = scene().await;
    let other = second_server(&scene).await;
    scene.passes(3_600);
    let now = scene.authority.now();
    assert!(other.feed().forgotten().await.unwrap() < now);
    scene.authority.maintain().await.unwrap();
    for server in [&scene, &other] {
        assert_eq!(server.feed().forgotten().await.unwrap(), now);
    }
}

#[tokio::test]
async fn one_call_sets_aside_all_that_verifiers_have_forgotten() {
    // I8: a cutoff is enforced for weeks after verifiers forgot it. Were it left among the live entries, every start
    // would read through it.
    let scene = scene().await;
    for _ in 0..3_000 {
        scene.revokes(TargetRequest::Subject(subject("alice"))).await;
    }
    scene.passes(3_600);
    let maintained = scene.authority.maintain().await.unwrap();
    assert_eq!((maintained.store.set_aside, maintained.verifier_entries), (3_000, 3_000));
    assert_eq!(maintained.store.entries, 0, "still enforced");
}

#[tokio::test]
async fn an_entry_of_another_server_is_enforced_by_following_the_log() {
    // S57, as far as it is built.
    let one = scene().await;
    let other = second_server(&one).await;
    let tokens = one.signs_in("alice").await;
    assert!(other.accepts(&tokens));
    let authority = Arc::clone(&other.authority);
    let following = tokio::spawn(async move { authority.follow().await });
    let position = one.revokes(TargetRequest::Subject(subject("alice"))).await;
    tokio::time::timeout(Duration::from_secs(10), async {
        while other.verifier.watermark() < position {
            tokio::task::yield_now().await;
        }
    })
    .await
    .unwrap();
    assert_eq!(other.refuses(&tokens), "admin");
    following.abort();
}

#[tokio::test]
async fn a_server_that_starts_far_behind_enforces_every_live_entry() {
    // Design section 8 wants a start over a million entries to be short: it catches up in another way than a
    // follower, to the same effect (I1).
    let one = scene().await;
    let (alice, bob, carol) =
        (one.signs_in("alice").await, one.signs_in("bob").await, one.signs_in("carol").await);
    one.revokes(TargetRequest::Subject(subject("alice"))).await;
    let mut last = None;
    for number in 0..1_500 {
        last = Some(one.revokes(TargetRequest::Subject(subject(&format!("user {number}")))).await);
    }
    last = last.max(Some(one.revokes(TargetRequest::Session(session_id(&bob))).await));
    let other = second_server(&one).await;
    assert_eq!(Some(other.verifier.watermark()), last);
    assert_eq!(other.verifier.live_entries(), 1_502);
    assert_eq!((other.refuses(&alice), other.refuses(&bob)), (one.refuses(&alice), one.refuses(&bob)));
    assert!(other.accepts(&carol));
}

#[tokio::test(start_paused = true)]
async fn a_follower_waits_a_store_error_out() {
    let one = scene().await;
    let other = second_server(&one).await;
    let position = one.revokes(TargetRequest::Subject(subject("alice"))).await;
    one.store.fail(WhenToFail::Before(0));
    let authority = Arc::clone(&other.authority);
    let following = tokio::spawn(async move { authority.follow().await });
    while other.verifier.watermark() < position {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(one.store.calls() >= 2);
    following.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn sixty_four_parallel_revocations_are_all_enforced_when_they_are_acknowledged() {
    // I1: one reads the log for all, and nobody is answered too early.
    let scene = Arc::new(scene().await);
    let mut revoking = tokio::task::JoinSet::new();
    for number in 0..64 {
        let scene = Arc::clone(&scene);
        revoking.spawn(async move {
            let who = format!("user {number}");
            let tokens = scene.signs_in(&who).await;
            let position = scene.revokes(TargetRequest::Subject(subject(&who))).await;
            assert!(scene.verifier.watermark() >= position);
            assert_eq!(scene.refuses(&tokens), "admin");
        });
    }
    while let Some(done) = revoking.join_next().await {
        done.unwrap();
    }
    assert_eq!(scene.verifier.live_entries(), 64);
}

#[tokio::test]
async fn an_entry_that_was_over_before_the_last_purge_still_moves_the_watermark() {
    // Its token was over before it was revoked: no verifier has to hold it. Before a purge has said so, the clock
    // could still come back to the token's life (I10), so it is held.
    let scene = scene().await;
    let over = || {
        let id = quash_core::ids::TokenId::new("t-1").unwrap();
        let expires_at = Some(crate::scene::START.minus(Duration::from_secs(3600)));
        RevocationRequest::end(TargetRequest::Token { id, expires_at })
    };
    scene.makes(over()).await.unwrap();
    assert_eq!(scene.verifier.live_entries(), 1);
    scene.authority.maintain().await.unwrap();
    let position = scene.makes(over()).await.unwrap();
    assert_eq!((scene.verifier.watermark(), scene.verifier.live_entries()), (position, 0));
}

#[tokio::test]
async fn a_clock_that_jumps_ahead_and_back_forgets_no_entry() {
    // I10: what is read from the store while the clock is ahead is enforced when it is right again.
    let scene = scene().await;
    let tokens = scene.signs_in("alice").await;
    let other = second_server(&scene).await;
    scene.revokes(TargetRequest::Subject(subject("alice"))).await;
    let right = quash_authority::Clock::now(&*scene.clock);
    scene.passes(100_000);
    other.revokes(TargetRequest::Subject(subject("bob"))).await;
    scene.clock.set(right);
    assert_eq!(other.refuses(&tokens), "admin");
}
