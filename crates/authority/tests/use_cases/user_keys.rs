//! Tokens that are signed with the keys of their subjects, and keys that are rotated (S20).

use std::pin::pin;
use std::sync::Arc;

use quash_authority::testing::{FaultyStore, InMemoryAuthority, ManualClock, Pace, Turn};
use quash_authority::{Error, Refreshed, TokenReply, UserKeyOutcome, UserKeyRotation, UserSecrets};
use quash_core::position::Position;
use quash_core::revocation::entry::Effect;
use quash_core::revocation::reason::Reason;
use quash_jose::Secret;
use quash_storage::memory::MemoryStore;
use quash_storage::ports::Role;

use crate::scene::{START, Scene, refresh_token, settings, subject};

fn secrets(bytes: &[u8]) -> UserSecrets {
    UserSecrets::new(bytes.iter().map(|byte| Secret::new(vec![*byte; 32]))).unwrap()
}

type Shared = Arc<FaultyStore<MemoryStore>>;

async fn over(store: &Shared, held: &[u8]) -> Scene {
    let (store, clock) = (Arc::clone(store), Arc::new(ManualClock::at(START)));
    let started = InMemoryAuthority::start_with_user_secrets(store, settings(), clock, 1, secrets(held));
    Scene(started.await.unwrap())
}

fn fresh() -> MemoryStore {
    MemoryStore::fresh(settings().issuer, START, [7; 36])
}

fn store() -> Shared {
    Arc::new(FaultyStore::new(fresh()))
}

fn rotation(effect: Effect) -> UserKeyRotation {
    UserKeyRotation {
        subject: subject("alice"),
        effect,
        reason: Reason::known(Reason::KEY_ROTATED),
        idempotency: None,
        cause: "req_1".into(),
    }
}

async fn rotates(scene: &Scene, effect: Effect) -> Position {
    match scene.authority.rotate_user_key(&scene.root(), rotation(effect)).await.unwrap() {
        UserKeyOutcome::Rotated(position) => position,
        other => panic!("not rotated: {other:?}"),
    }
}

fn generation(scene: &Scene, tokens: &TokenReply) -> Option<Position> {
    scene.claims(tokens).generation()
}

#[tokio::test]
async fn a_rotation_refuses_the_tokens_of_one_subject_at_once_and_its_holder_renews_with_the_new_key() {
    let scene = over(&store(), &[1]).await;
    let (alice, bob) = (scene.signs_in("alice").await, scene.signs_in("bob").await);
    assert_eq!(
        (generation(&scene, &alice), generation(&scene, &bob)),
        (Some(Position::ZERO), Some(Position::ZERO))
    );
    let rotated = rotates(&scene, Effect::Refresh).await;
    assert_eq!(scene.refuses(&alice), Reason::KEY_ROTATED);
    assert!(scene.accepts(&bob), "nobody else's");
    let renewed = scene.renews(&alice).await;
    assert!(scene.accepts(&renewed));
    assert_eq!(generation(&scene, &renewed), Some(rotated));
    rotates(&scene, Effect::End).await;
    assert_eq!(&*scene.renewal_refused(&renewed).await.reason, Reason::KEY_ROTATED);
    assert!(!scene.accepts(&renewed) && !scene.accepts(&alice));
    assert!(scene.accepts(&scene.signs_in("alice").await));
}

#[tokio::test]
async fn a_retry_of_a_rotation_is_one_entry() {
    // Design section 5
    let scene = over(&store(), &[1]).await;
    let keyed = |effect| UserKeyRotation { idempotency: Some("once".into()), ..rotation(effect) };
    let root = scene.root();
    let first = scene.authority.rotate_user_key(&root, keyed(Effect::End)).await.unwrap();
    assert_eq!(first, UserKeyOutcome::Rotated(scene.head().await));
    assert_eq!(scene.authority.rotate_user_key(&root, keyed(Effect::End)).await.unwrap(), first);
    let other = scene.authority.rotate_user_key(&root, keyed(Effect::Refresh)).await.unwrap();
    assert_eq!(other, UserKeyOutcome::KeyUsedOtherwise);
    assert_eq!(first, UserKeyOutcome::Rotated(scene.head().await));
}

#[tokio::test]
async fn a_token_that_is_made_while_its_key_is_rotated_is_refused_unless_it_has_the_new_one() {
    // S20, I1: in every order of the calls of a renewal to the store around one rotation.
    for stands in 0..32 {
        let pace = Arc::new(Pace::default());
        let scene = over(&Arc::new(FaultyStore::paced(fresh(), Arc::clone(&pace))), &[1]).await;
        let alice = scene.signs_in("alice").await;
        let client = scene.client("web");
        let mut renewal = pin!(scene.authority.refresh(&client, refresh_token(&alice), None));
        let mut done = None;
        for _ in 0..stands {
            match pace.turn(renewal.as_mut()).await {
                Turn::Done(renewed) => {
                    done = Some(renewed);
                    break;
                }
                Turn::Stands => {}
                other => panic!("nobody holds anything: {other:?}"),
            }
        }
        let was_over = done.is_some();
        let rotated = rotates(&scene, Effect::Refresh).await;
        let renewed = match done {
            Some(renewed) => renewed,
            None => renewal.await,
        };
        let Refreshed::Renewed(renewed) = renewed.unwrap() else { panic!("the session lives") };
        let is_new = generation(&scene, &renewed) == Some(rotated)
            && scene.claims(&renewed).position() >= Some(rotated);
        assert_eq!(scene.accepts(&renewed), is_new, "after {stands} stands");
        assert!(!was_over || !is_new);
        if was_over {
            assert!(stands > 4, "the renewal called the store and then for the generation");
            return;
        }
    }
    panic!("the renewal never ended");
}

#[tokio::test]
async fn a_secret_that_is_taken_out_voids_what_was_signed_with_it_after_a_restart() {
    let store = store();
    let scene = over(&store, &[1]).await;
    let alice = scene.signs_in("alice").await;
    let rotated = rotates(&scene, Effect::Refresh).await;
    let alice = scene.renews(&alice).await;
    let after = over(&store, &[2, 1]).await;
    assert!(after.accepts(&alice), "while it overlaps");
    let after = over(&store, &[2]).await;
    assert_eq!(after.refuses(&alice), "invalid_token");
    let renewed = after.renews(&alice).await;
    assert!(after.accepts(&renewed));
    assert_eq!(generation(&after, &renewed), Some(rotated), "a generation is no matter of the secret");
    let without = over(&store, &[]).await;
    assert_eq!(without.refuses(&renewed), "invalid_token", "switched off");
}

#[tokio::test]
async fn who_may_not_revoke_everywhere_rotates_nothing_nor_is_there_anything_to_rotate_without_secrets() {
    let scene = over(&store(), &[1]).await;
    let head = scene.head().await;
    for (roles, client) in [(Role::Revoker, Some("shop")), (Role::Issuer, None)] {
        let caller = scene.caller(&[roles], client).await;
        let refused = scene.authority.rotate_user_key(&caller, rotation(Effect::End)).await;
        assert!(matches!(refused, Err(Error::Forbidden(_))), "{refused:?}");
    }
    let off = over(&store(), &[]).await;
    let refused = off.authority.rotate_user_key(&off.root(), rotation(Effect::End)).await;
    assert!(matches!(&refused, Err(Error::Request(error)) if error.field == "subject"), "{refused:?}");
    assert_eq!(scene.head().await, head);
}
