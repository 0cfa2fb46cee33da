//! A key is announced to every verifier before a token is signed with it (I9, design section 9).

use std::sync::Arc;
use std::time::Duration;

use quash_authority::testing::InMemoryAuthority;
use quash_authority::{Role, Settings, Trust};
use quash_core::ids::KeyId;
use quash_jose::{Algorithm, KeySet};
use quash_storage::ports::{Act, KeyRingStore as _, KeyStage};

use crate::leases::settle;
use crate::scene::{START, Scene, scene, settings};

/// A lease of ten seconds and its margin.
const WHOLE: Duration = Duration::from_millis(10_100);
const NANOSECOND: Duration = Duration::from_nanos(1);

fn published(trust: &Trust) -> Vec<KeyId> {
    let keys = KeySet::from_jwks(&trust.own_keys).unwrap().keys;
    keys.iter().map(|key| key.key_id().unwrap().clone()).collect()
}

fn announced(scene: &Scene) -> KeyId {
    let keys = scene.authority.list_keys(&scene.root()).unwrap();
    let mut announced = keys.into_iter().filter(|key| key.stage == KeyStage::Announced);
    let key = announced.next().unwrap().id;
    assert!(announced.next().is_none(), "one at a time");
    key
}

fn rotates(scene: &Scene) -> tokio::task::JoinHandle<KeyId> {
    let (authority, root) = (Arc::clone(&scene.authority), scene.root());
    tokio::spawn(async move { authority.rotate_keys(&root).await.unwrap().active })
}

#[tokio::test]
async fn a_rotation_signs_with_the_key_that_was_announced_and_announces_the_next() {
    let scene = scene().await;
    let next = announced(&scene);
    assert!(published(&scene.feed().trust()).contains(&next), "before any token is signed with it");
    let rotated = scene.authority.rotate_keys(&scene.root()).await.unwrap();
    assert_eq!(rotated.active, next);
    assert_ne!(announced(&scene), next);
}

#[tokio::test]
async fn a_rotation_waits_until_every_verifier_has_the_announced_key() {
    let scene = scene().await;
    let follower = scene.follower("edge", 1).await;
    let old = scene.feed().trust();
    let rotating = rotates(&scene);
    settle().await;
    assert!(!rotating.is_finished());
    follower.acknowledge(scene.feed().head(), old.version - 1);
    settle().await;
    assert!(!rotating.is_finished(), "no version of this run");
    follower.acknowledge(scene.feed().head(), old.version);
    let active = rotating.await.unwrap();
    assert!(published(&old).contains(&active), "it was in what the verifier acknowledged");
    // The next one stands in a later version, which it has not acknowledged yet.
    let rotating = rotates(&scene);
    settle().await;
    assert!(!rotating.is_finished());
    let next = scene.feed().trust();
    assert!(next.version > old.version);
    follower.acknowledge(scene.feed().head(), next.version);
    assert!(published(&next).contains(&rotating.await.unwrap()));
}

#[tokio::test]
async fn a_silent_verifier_holds_a_rotation_up_until_its_lease_is_over_and_no_longer() {
    let scene = scene().await;
    let _silent = scene.follower("silent", 1).await;
    let rotating = rotates(&scene);
    settle().await;
    scene.uptime.advance(WHOLE.checked_sub(NANOSECOND).unwrap());
    settle().await;
    assert!(!rotating.is_finished());
    scene.uptime.advance(NANOSECOND);
    settle().await;
    assert!(rotating.is_finished());
}

#[tokio::test]
async fn after_a_restart_a_rotation_waits_for_former_leases() {
    let before = scene().await;
    let follower = before.follower("edge", 1).await;
    follower.acknowledge(before.feed().head(), before.feed().trust().version);
    let again =
        InMemoryAuthority::start_over(Arc::clone(&before.store), settings(), Arc::clone(&before.clock), 2);
    let scene = Scene(again.await.unwrap());
    let rotating = rotates(&scene);
    settle().await;
    assert!(!rotating.is_finished(), "whether it has the key is not known any more");
    scene.uptime.advance(WHOLE);
    rotating.await.unwrap();
}

#[tokio::test]
async fn two_rotations_at_once_are_two() {
    let scene = scene().await;
    let first = announced(&scene);
    let (one, two) = (rotates(&scene), rotates(&scene));
    let mut active = [one.await.unwrap(), two.await.unwrap()];
    active.sort();
    assert!(active.contains(&first) && active[0] != active[1]);
    assert!(scene.accepts(&scene.signs_in("alice").await));
}

#[tokio::test]
async fn a_store_of_before_gets_an_announced_key_when_it_is_opened_and_by_maintenance() {
    let before = scene().await;
    let strip = async || {
        let mut ring = before.store.inner().key_ring().await.unwrap();
        ring.keys.retain(|key| key.stage == KeyStage::Active);
        before
            .store
            .inner()
            .replace_key_ring(ring.version, ring.keys.clone(), Act::of_system(START, "test"))
            .await
            .unwrap();
        ring.keys[0].id.clone()
    };
    let active = strip().await;
    before.authority.maintain().await.unwrap();
    announced(&before);
    strip().await;
    let again =
        InMemoryAuthority::start_over(Arc::clone(&before.store), settings(), Arc::clone(&before.clock), 2);
    let again = Scene(again.await.unwrap());
    announced(&again);
    let keys = again.authority.list_keys(&again.root()).unwrap();
    assert!(keys.iter().any(|key| key.id == active && key.stage == KeyStage::Active), "it signs on");
}

#[tokio::test]
async fn what_was_announced_for_another_algorithm_never_signs() {
    let before = scene().await;
    let settings = Settings { algorithm: Algorithm::EdDsa, ..settings() };
    let again =
        InMemoryAuthority::start_over(Arc::clone(&before.store), settings, Arc::clone(&before.clock), 2);
    let again = Scene(again.await.unwrap());
    assert_ne!(announced(&again), announced(&before));
    let rotated = again.authority.rotate_keys(&again.root()).await.unwrap();
    let keys = again.authority.list_keys(&again.root()).unwrap();
    let active = keys.iter().find(|key| key.id == rotated.active).unwrap();
    assert_eq!((&*active.algorithm, active.stage), ("EdDSA", KeyStage::Active));
}

#[tokio::test]
async fn the_announced_key_is_stored_wrapped_like_the_others() {
    // I13
    let scene = scene().await;
    let ring = scene.store.inner().key_ring().await.unwrap();
    let next = ring.keys.iter().find(|key| key.stage == KeyStage::Announced).unwrap();
    assert!(!next.public_jwk.contains("\"d\"") && next.wrapped.len() > 100);
}

#[tokio::test]
async fn trust_names_who_may_introspect_and_no_administrator_of_the_configuration() {
    // Design section 9: an edge learns the digests of credentials that may introspect.
    let scene = scene().await;
    let feed = scene.feed();
    let mut changes = feed.trust_changes();
    changes.mark_unchanged();
    let before = feed.trust();
    assert_eq!(before.credentials, []);
    let secrets: Vec<_> = before.clients.iter().map(|client| client.id.as_str()).collect();
    assert_eq!(secrets, ["shop", "job"], "a public client has no secret");
    let verifier = scene.caller(&[Role::Verifier], Some("shop")).await;
    let _revoker = scene.caller(&[Role::Revoker], None).await;
    assert!(changes.has_changed().unwrap());
    let after = feed.trust();
    assert!(after.version > before.version);
    let ids: Vec<_> = after.credentials.iter().map(|credential| &credential.id).collect();
    assert_eq!(ids, [verifier.id()]);
    assert_eq!(after.credentials[0].client.as_ref().unwrap().as_str(), "shop");
    assert_eq!(after.credentials[0].roles, [Role::Verifier]);
    scene.authority.delete_credential(&scene.root(), verifier.id()).await.unwrap();
    assert_eq!(feed.trust().credentials, []);
    // What did not change makes no new version.
    let version = feed.trust().version;
    scene.authority.maintain().await.unwrap();
    assert_eq!(feed.trust().version, version);
}
