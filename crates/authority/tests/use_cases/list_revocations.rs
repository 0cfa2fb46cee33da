//! Looking at the log.

use quash_authority::{Error, TargetRequest};
use quash_storage::ports::Role;

use crate::scene::{scene, subject};

#[tokio::test]
async fn entries_are_listed_newest_first_and_paged_by_position() {
    let scene = scene().await;
    let mut made = Vec::new();
    for who in ["a", "b", "c"] {
        made.push(scene.revokes(TargetRequest::Subject(subject(who))).await);
    }
    let positions = async |before, limit| {
        let entries = scene.authority.list_revocations(&scene.root(), before, limit).await.unwrap().entries;
        entries.into_iter().map(|entry| entry.position).collect::<Vec<_>>()
    };
    made.reverse();
    assert_eq!(positions(None, 2).await, made[..2]);
    assert_eq!(positions(Some(made[1]), 2).await, made[2..]);
}

#[tokio::test]
async fn the_head_is_the_position_of_the_last_entry() {
    let scene = scene().await;
    let position = scene.revokes(TargetRequest::Subject(subject("alice"))).await;
    assert_eq!(scene.head().await, position);
}

#[tokio::test]
async fn a_credential_for_one_client_does_not_read_about_everybody() {
    // Attack row 37
    let scene = scene().await;
    let caller = scene.caller(&[Role::Auditor], Some("web")).await;
    let error = scene.authority.list_revocations(&caller, None, 10).await.unwrap_err();
    assert!(matches!(error, Error::Forbidden(_)));
    let error = scene.authority.list_revocations(&scene.root(), None, 0).await.unwrap_err();
    assert!(matches!(error, Error::Request(error) if error.field == "limit"));
}
