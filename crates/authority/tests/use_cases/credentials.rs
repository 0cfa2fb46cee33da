//! Service credentials: made, recognised, removed.

use quash_authority::testing::{ADMIN_KEY, WhenToFail};
use quash_authority::{Error, NewCredential, Settings, Verb};
use quash_core::ids::CredentialId;
use quash_core::position::Position;
use quash_jose::digest::sha256;
use quash_storage::ports::{CredentialStore as _, Role};

use crate::scene::{client_id, scene, scene_with, settings};

fn new(roles: &[Role]) -> NewCredential {
    NewCredential { name: "backend".into(), roles: roles.to_vec(), client: None }
}

#[tokio::test]
async fn a_key_is_shown_once_and_kept_as_a_digest() {
    // Design section 9, I13
    let scene = scene().await;
    let made = scene.authority.create_credential(&scene.root(), new(&[Role::Issuer])).await.unwrap();
    assert!(made.key.expose().starts_with("qsk_"));
    let caller = scene.authority.authenticate_credential(made.key.expose()).unwrap();
    assert_eq!((caller.id(), caller.roles()), (&made.id, &[Role::Issuer][..]));
    let stored = scene.store.inner().credentials().await.unwrap();
    assert_eq!(stored[0].digest, sha256(made.key.expose().as_bytes()));
    let listed = scene.authority.list_credentials(&scene.root()).await.unwrap();
    assert_eq!((listed.len(), &listed[0].id, &*listed[0].name), (1, &made.id, "backend"));
}

#[tokio::test]
async fn a_removed_key_is_refused_at_once() {
    // Design section 9: rotated without restart.
    let scene = scene().await;
    let made = scene.authority.create_credential(&scene.root(), new(&[Role::Revoker])).await.unwrap();
    assert!(scene.authority.delete_credential(&scene.root(), &made.id).await.unwrap());
    assert!(scene.authority.authenticate_credential(made.key.expose()).is_none());
    assert!(!scene.authority.delete_credential(&scene.root(), &made.id).await.unwrap());
}

#[tokio::test]
async fn whoever_was_let_in_for_long_is_asked_again_and_refused_once_the_credential_is_gone() {
    // Attack row 37: an open feed must not outlive its credential.
    let scene = scene().await;
    let made = scene.authority.create_credential(&scene.root(), new(&[Role::Verifier])).await.unwrap();
    let caller = scene.authority.authenticate_credential(made.key.expose()).unwrap();
    assert!(scene.authority.still_allows(&caller, Verb::FollowFeed));
    assert!(!scene.authority.still_allows(&caller, Verb::Revoke));
    assert!(scene.authority.delete_credential(&scene.root(), &made.id).await.unwrap());
    assert!(!scene.authority.still_allows(&caller, Verb::FollowFeed));
}

#[tokio::test]
async fn plain_ids_are_shown_to_whoever_may_read_revocations_only() {
    // Design section 4
    let scene = scene().await;
    let verifier = scene.caller(&[Role::Verifier], None).await;
    let auditor = scene.caller(&[Role::Auditor], None).await;
    assert!(scene.authority.watch_entries(&auditor, Position::ZERO, 1).await.is_ok());
    let refused = scene.authority.watch_entries(&verifier, Position::ZERO, 1).await;
    assert!(matches!(refused, Err(Error::Forbidden(Verb::ReadRevocations))));
    assert!(scene.authority.watch_records(&verifier, Position::ZERO, 1).await.is_ok());
}

#[tokio::test]
async fn a_key_that_the_store_did_not_take_opens_nothing() {
    // Acknowledged only after durable.
    let scene = scene().await;
    scene.store.fail(WhenToFail::Before(0));
    let error = scene.authority.create_credential(&scene.root(), new(&[Role::Admin])).await.unwrap_err();
    assert!(error.is_retryable());
    assert!(scene.authority.list_credentials(&scene.root()).await.unwrap().is_empty());
}

#[tokio::test]
async fn an_admin_key_is_any_32_to_256_printable_ascii_characters() {
    // Design section 9
    for (key, taken) in [
        ("x".repeat(31), false),
        ("x".repeat(32), true),
        ("a key with spaces and \"signs\" ~~~".to_owned(), true),
        ("x".repeat(256), true),
        ("x".repeat(257), false),
        (format!("{}\n", "x".repeat(40)), false),
        ("ä".repeat(32), false),
    ] {
        let digest = sha256(key.as_bytes());
        let scene = scene_with(Settings { admin_key_digests: vec![digest], ..settings() }).await;
        assert_eq!(scene.authority.authenticate_credential(&key).is_some(), taken, "{key:?}");
    }
}

#[tokio::test]
async fn a_wrong_key_is_nobody() {
    let scene = scene().await;
    for key in ["", ADMIN_KEY.trim_end_matches('e'), &format!("{ADMIN_KEY} "), &ADMIN_KEY.to_uppercase()] {
        assert!(scene.authority.authenticate_credential(key).is_none(), "{key:?}");
    }
    assert!(scene.authority.authenticate_credential(ADMIN_KEY).is_some());
}

#[tokio::test]
async fn a_credential_needs_a_name_a_role_and_a_client_that_exists() {
    let scene = scene().await;
    for (field, new) in [
        ("name", NewCredential { name: "".into(), ..new(&[Role::Admin]) }),
        ("name", NewCredential { name: "x".repeat(257).into(), ..new(&[Role::Admin]) }),
        ("roles", new(&[])),
        ("client", NewCredential { client: Some(client_id("nobody")), ..new(&[Role::Admin]) }),
    ] {
        let error = scene.authority.create_credential(&scene.root(), new).await.unwrap_err();
        assert!(matches!(error, Error::Request(error) if error.field == field), "{field}");
    }
}

#[tokio::test]
async fn a_credential_that_another_server_made_is_known_after_maintenance() {
    // S57, as far as it is built.
    let one = scene().await;
    let other = quash_authority::testing::InMemoryAuthority::start_over(
        std::sync::Arc::clone(&one.store),
        settings(),
        std::sync::Arc::clone(&one.clock),
        2,
    );
    let other = other.await.unwrap();
    let made = one.authority.create_credential(&one.root(), new(&[Role::Issuer])).await.unwrap();
    assert!(other.authority.authenticate_credential(made.key.expose()).is_none());
    other.authority.maintain().await.unwrap();
    assert!(other.authority.authenticate_credential(made.key.expose()).is_some());
    let unknown = CredentialId::new("cred_none").unwrap();
    assert!(!other.authority.delete_credential(&one.root(), &unknown).await.unwrap());
}
