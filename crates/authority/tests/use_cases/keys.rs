//! Signing keys: rotated without refusing a valid token (I9, S21).

use std::sync::Arc;

use quash_authority::Settings;
use quash_authority::testing::{InMemoryAuthority, WhenToFail};
use quash_jose::{Algorithm, KeySet};
use quash_storage::ports::{KeyRingStore as _, KeyStage};

use crate::scene::{Scene, scene, scene_with, settings};

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
    first.store.inner().replace_key_ring(1, Vec::new()).await.unwrap();
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
