//! Signing keys: rotated without refusing a valid token (I9, S21).

use std::sync::Arc;
use std::time::Duration;

use quash_authority::testing::{InMemoryAuthority, WhenToFail};
use quash_authority::{KeyRemoval, Settings};
use quash_core::ids::KeyId;
use quash_core::revocation::decide::Decision;
use quash_jose::{Algorithm, KeySet};
use quash_storage::ports::{Act, KeyRingStore as _, KeyStage, Maintenance as _};

use crate::scene::{START, Scene, scene, scene_with, settings};

fn published_ids(scene: &Scene) -> Vec<String> {
    let keys = KeySet::from_jwks(&scene.authority.published_keys()).unwrap().keys;
    keys.iter().map(|key| key.key_id().unwrap().as_str().to_owned()).collect()
}

fn header_kid(token: &str) -> String {
    let header = base64_simd::URL_SAFE_NO_PAD.decode_to_vec(token.split('.').next().unwrap()).unwrap();
    serde_json::from_slice::<serde_json::Value>(&header).unwrap()["kid"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_rotation_keeps_every_valid_token_valid_until_its_exp() {
    // I9
    let scene = scene().await;
    let old = scene.signs_in("alice").await;
    let rotated = scene.authority.rotate_keys(&scene.root()).await.unwrap();
    let new = scene.signs_in("alice").await;
    assert_eq!(header_kid(old.access_token.expose()), rotated.retired.unwrap().as_str());
    assert_eq!(header_kid(new.access_token.expose()), rotated.active.as_str());
    assert!(scene.accepts(&old) && scene.accepts(&new));
    scene.passes(599);
    scene.authority.maintain().await.unwrap();
    assert!(scene.accepts(&old));
    scene.passes(1);
    assert_eq!(scene.refuses(&old), "expired");
}

#[tokio::test]
async fn the_key_that_tokens_are_signed_with_is_published_first() {
    // Design section 9: announced before a token is signed with it, in one process.
    let scene = scene().await;
    for _ in 0..3 {
        scene.authority.rotate_keys(&scene.root()).await.unwrap();
        let kid = header_kid(scene.signs_in("alice").await.access_token.expose());
        assert!(published_ids(&scene).contains(&kid));
    }
    // Three that retired, the active one, and the one that is to come.
    assert_eq!(published_ids(&scene).len(), 5);
}

#[tokio::test]
async fn a_retired_key_goes_when_its_last_token_is_over() {
    // I8; 600 s of life, 60 s of leeway, 5 s of skew, 600 s for servers that have not noticed.
    let scene = scene().await;
    scene.authority.rotate_keys(&scene.root()).await.unwrap();
    scene.passes(1264);
    scene.authority.maintain().await.unwrap();
    assert_eq!(published_ids(&scene).len(), 3);
    scene.passes(1);
    scene.authority.maintain().await.unwrap();
    assert_eq!(published_ids(&scene).len(), 2);
    let keys = scene.authority.list_keys(&scene.root()).unwrap();
    assert_eq!(keys.iter().map(|key| key.stage).collect::<Vec<_>>(), [KeyStage::Active, KeyStage::Announced]);
    assert!(scene.accepts(&scene.signs_in("alice").await));
}

#[tokio::test]
async fn the_same_keys_serve_after_a_restart() {
    let scene = scene().await;
    let tokens = scene.signs_in("alice").await;
    let again =
        InMemoryAuthority::start_over(Arc::clone(&scene.store), settings(), Arc::clone(&scene.clock), 2);
    let again = Scene(again.await.unwrap());
    assert_eq!(published_ids(&again), published_ids(&scene));
    assert!(again.accepts(&tokens));
    again.renews(&tokens).await;
}

#[tokio::test]
async fn servers_that_start_at_once_end_with_one_key() {
    // Compare-and-set on the ring.
    let first = scene().await;
    first.store.inner().replace_key_ring(1, Vec::new(), Act::of_system(START, "test")).await.unwrap();
    let start = |seed| {
        InMemoryAuthority::start_over(Arc::clone(&first.store), settings(), Arc::clone(&first.clock), seed)
    };
    let (a, b) = tokio::join!(start(2), start(3));
    let (a, b) = (Scene(a.unwrap()), Scene(b.unwrap()));
    assert_eq!(published_ids(&a), published_ids(&b));
    assert!(b.accepts(&a.signs_in("alice").await));
}

#[tokio::test]
async fn a_rotation_at_another_server_is_noticed_by_maintenance() {
    let one = scene().await;
    let other = InMemoryAuthority::start_over(Arc::clone(&one.store), settings(), Arc::clone(&one.clock), 2);
    let other = Scene(other.await.unwrap());
    one.authority.rotate_keys(&one.root()).await.unwrap();
    other.authority.maintain().await.unwrap();
    assert_eq!(published_ids(&one), published_ids(&other));
    assert!(other.accepts(&one.signs_in("alice").await));
}

#[tokio::test]
async fn a_rotation_that_the_store_refused_changes_nothing() {
    let scene = scene().await;
    let before = published_ids(&scene);
    for call in 0..2 {
        scene.store.fail(WhenToFail::Before(call));
        assert!(scene.authority.rotate_keys(&scene.root()).await.is_err());
    }
    scene.store.fail(WhenToFail::Never);
    assert_eq!(published_ids(&scene), before);
    assert!(scene.accepts(&scene.signs_in("alice").await));
}

#[tokio::test]
async fn keys_rotate_by_themselves_when_their_time_is_over_and_not_before() {
    // S21: at exactly the end of the span, and then again.
    let hour = Duration::from_secs(3600);
    let scene = scene_with(Settings { rotate_keys_every: Some(hour), ..settings() }).await;
    let first = published_ids(&scene)[0].clone();
    scene.clock.advance(Duration::from_millis(3_599_999));
    assert_eq!(scene.authority.rotate_due_keys().await.unwrap(), None);
    let old = scene.signs_in("alice").await;
    scene.clock.advance(Duration::from_millis(1));
    let rotated = scene.authority.rotate_due_keys().await.unwrap().unwrap();
    assert_eq!(rotated.retired.unwrap().as_str(), first);
    assert!(scene.accepts(&old), "I9");
    assert_eq!(scene.authority.rotate_due_keys().await.unwrap(), None, "once");
    scene.clock.advance(hour);
    let next = scene.authority.rotate_due_keys().await.unwrap().unwrap();
    assert_eq!(next.retired, Some(rotated.active));
}

#[tokio::test]
async fn keys_that_are_not_to_rotate_by_themselves_do_not_and_two_servers_rotate_once() {
    let never = scene_with(Settings { rotate_keys_every: None, ..settings() }).await;
    never.clock.advance(Duration::from_secs(10 * 365 * 86_400));
    assert_eq!(never.authority.rotate_due_keys().await.unwrap(), None);

    let one = scene().await;
    let other = InMemoryAuthority::start_over(Arc::clone(&one.store), settings(), Arc::clone(&one.clock), 2);
    let other = Scene(other.await.unwrap());
    one.clock.advance(Duration::from_secs(90 * 86_400));
    let (a, b) = tokio::join!(one.authority.rotate_due_keys(), other.authority.rotate_due_keys());
    assert_eq!(usize::from(a.unwrap().is_some()) + usize::from(b.unwrap().is_some()), 1);
}

#[tokio::test]
async fn a_key_that_living_tokens_need_is_not_removed() {
    // S21
    let scene = scene().await;
    let root = scene.root();
    let tokens = scene.signs_in("alice").await;
    let [active, announced] = <[String; 2]>::try_from(published_ids(&scene)).unwrap();
    let remove = |id: &str, compromised| {
        let id = KeyId::new(id).unwrap();
        let root = &root;
        let authority = &scene.authority;
        async move { authority.remove_key(root, &id, compromised).await.unwrap() }
    };
    assert_eq!(remove(&active, false).await, KeyRemoval::InUse);
    assert_eq!(remove(&announced, false).await, KeyRemoval::InUse);
    assert_eq!(remove("key_unknown", false).await, KeyRemoval::Unknown);
    scene.authority.rotate_keys(&root).await.unwrap();
    // As long as for `a_retired_key_goes_when_its_last_token_is_over`.
    scene.clock.advance(Duration::from_millis(1_264_999));
    assert!(matches!(remove(&active, false).await, KeyRemoval::Needed { .. }));
    assert_eq!(scene.refuses(&tokens), "expired");
    scene.clock.advance(Duration::from_millis(1));
    assert_eq!(remove(&active, false).await, KeyRemoval::Removed);
    assert!(!published_ids(&scene).contains(&active));

    // I9, I10: a clock that was ahead when the key went brings no token back that only lacks its key.
    scene.clock.set(crate::scene::START);
    assert_eq!(scene.store.ratchet().await.unwrap(), crate::scene::START.plus(Duration::from_secs(1_265)));
    assert_eq!(scene.authority.now(), crate::scene::START.plus(Duration::from_secs(1_265)));
}

#[tokio::test]
async fn a_compromised_key_takes_all_its_tokens_with_it_and_the_next_one_signs() {
    // S21: the active one, whose tokens live; sessions go on.
    let scene = scene().await;
    let old = scene.signs_in("alice").await;
    let active = KeyId::new(header_kid(old.access_token.expose())).unwrap();
    let forged_later = old.access_token.clone();
    let killed = scene.authority.remove_key(&scene.root(), &active, true).await.unwrap();
    assert!(matches!(killed, KeyRemoval::Killed { .. }), "{killed:?}");

    assert!(!scene.accepts(&old));
    assert!(!published_ids(&scene).contains(&active.as_str().to_owned()));
    assert_eq!(published_ids(&scene).len(), 2, "one that signs, one that is to come");
    let renewed = scene.renews(&old).await;
    assert!(scene.accepts(&renewed) && scene.accepts(&scene.signs_in("bob").await));
    assert_ne!(header_kid(renewed.access_token.expose()), active.as_str());

    // Also at a server that starts later, with the key's tokens in hand; and a repetition is one entry.
    let again = scene.authority.remove_key(&scene.root(), &active, true).await.unwrap();
    assert_eq!(again, killed);
    let later =
        InMemoryAuthority::start_over(Arc::clone(&scene.store), settings(), Arc::clone(&scene.clock), 2);
    let later = Scene(later.await.unwrap());
    assert!(matches!(later.judge(forged_later.expose()), Decision::Reject(_)));
    assert!(later.accepts(&renewed));
}

#[tokio::test]
async fn a_compromised_announced_key_never_signs() {
    let scene = scene().await;
    let announced = KeyId::new(published_ids(&scene)[1].as_str()).unwrap();
    let tokens = scene.signs_in("alice").await;
    scene.authority.remove_key(&scene.root(), &announced, true).await.unwrap();
    assert!(scene.accepts(&tokens), "the active one goes on");
    let rotated = scene.authority.rotate_keys(&scene.root()).await.unwrap();
    assert_ne!(rotated.active, announced);
}

#[tokio::test]
async fn a_kill_that_the_store_refused_is_repeated_until_it_is_done() {
    // At every call: nothing is acknowledged, and the next try does the rest.
    for call in 0..3 {
        let scene = scene().await;
        let old = scene.signs_in("alice").await;
        let active = KeyId::new(header_kid(old.access_token.expose())).unwrap();
        scene.store.fail(WhenToFail::Before(call));
        let refused = scene.authority.remove_key(&scene.root(), &active, true).await;
        assert!(refused.is_err(), "call {call}");
        scene.store.fail(WhenToFail::Never);
        let killed = scene.authority.remove_key(&scene.root(), &active, true).await.unwrap();
        assert!(matches!(killed, KeyRemoval::Killed { .. }));
        assert!(!scene.accepts(&old));
        assert!(scene.accepts(&scene.renews(&old).await));
    }
}

#[tokio::test]
async fn private_keys_are_stored_wrapped_and_published_never() {
    // I13, design section 5
    let scene = scene().await;
    assert!(!scene.authority.published_keys().contains("\"d\""));
    let ring = scene.store.inner().key_ring().await.unwrap();
    assert!(!ring.keys[0].public_jwk.contains("\"d\""));
    // PKCS#8 starts with a SEQUENCE; what is stored is a random nonce and ciphertext around it.
    assert!(ring.keys[0].wrapped.len() > 100);
    assert_ne!(ring.keys[0].wrapped[..2], [0x30, 0x81]);
}

#[tokio::test]
async fn every_asymmetric_algorithm_signs_tokens_that_verify() {
    for algorithm in [Algorithm::Es256, Algorithm::Es384, Algorithm::EdDsa] {
        let scene = scene_with(Settings { algorithm, ..settings() }).await;
        assert!(scene.accepts(&scene.signs_in("alice").await), "{algorithm}");
        scene.authority.rotate_keys(&scene.root()).await.unwrap();
        assert!(scene.accepts(&scene.signs_in("alice").await), "{algorithm}");
    }
}
