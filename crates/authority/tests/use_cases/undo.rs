//! Taking an entry back: what is good again, what stays refused, and when it is too late (S29).

use std::time::Duration;

use quash_authority::{RevocationRequest, Settings, TargetRequest, UndoOutcome, UndoRefusal, UndoRequest};
use quash_core::ids::TokenId;
use quash_core::position::Position;
use quash_core::revocation::reason::Reason;
use quash_core::revocation::undo::NotUndoable;

use crate::scene::{START, Scene, scene, scene_with, session_id, settings, subject};

async fn undo(scene: &Scene, position: Position) -> UndoOutcome {
    let request =
        UndoRequest { position, reason: Reason::known(Reason::ADMIN), idempotency: None, cause: "".into() };
    scene.authority.undo(&scene.root(), request).await.unwrap()
}

async fn undone(scene: &Scene, position: Position) -> Position {
    match undo(scene, position).await {
        UndoOutcome::Undone(by) => by,
        other => panic!("{other:?}"),
    }
}

fn alice() -> TargetRequest {
    TargetRequest::Subject(subject("alice"))
}

#[tokio::test]
async fn what_only_that_entry_hit_is_good_again_before_the_answer() {
    let scene = scene().await;
    let (old, bob) = (scene.signs_in("alice").await, scene.signs_in("bob").await);
    let older = scene.revokes(alice()).await;
    let between = scene.signs_in("alice").await;
    let newer = scene.revokes(alice()).await;
    scene.revokes(TargetRequest::Subject(subject("bob"))).await;
    let by = undone(&scene, newer).await;
    assert!(scene.accepts(&between), "only the newer entry hit it");
    scene.renews(&between).await;
    assert_eq!(scene.refuses(&old), "admin", "the older one holds");
    assert_eq!(scene.refuses(&bob), "admin", "and so does one about somebody else");
    assert_eq!(&*scene.renewal_refused(&old).await.reason, "admin");
    assert_eq!(undo(&scene, newer).await, UndoOutcome::Refused(UndoRefusal::Already(by)));
    undone(&scene, older).await;
    assert!(scene.accepts(&old));
}

#[tokio::test]
async fn a_logout_is_undone_with_its_session() {
    let scene = scene().await;
    let tokens = scene.signs_in("alice").await;
    let position = scene.revokes(TargetRequest::Session(session_id(&tokens))).await;
    assert_eq!(&*scene.renewal_refused(&tokens).await.reason, "admin");
    undone(&scene, position).await;
    assert!(scene.accepts(&tokens));
    scene.renews(&tokens).await;
}

#[tokio::test]
async fn on_and_after_the_end_of_its_window_an_entry_stands() {
    let scene = scene().await;
    let tokens = scene.signs_in("alice").await;
    let (first, second) = (scene.revokes(alice()).await, scene.revokes(alice()).await);
    scene.passes(599);
    undone(&scene, first).await;
    scene.passes(1);
    let over = UndoOutcome::Refused(UndoRefusal::Over(START.plus(Duration::from_secs(600))));
    assert_eq!(undo(&scene, second).await, over);
    assert_eq!(scene.authority.list_undone(&scene.root(), first, second).await.unwrap().len(), 1);
    assert_eq!(&*scene.renewal_refused(&tokens).await.reason, "admin");
}

#[tokio::test]
async fn without_a_window_nothing_is_undone() {
    let scene = scene_with(Settings { undo_window: Duration::ZERO, ..settings() }).await;
    let position = scene.revokes(alice()).await;
    assert_eq!(undo(&scene, position).await, UndoOutcome::Refused(UndoRefusal::Over(START)));
    let day = Settings { undo_window: Duration::from_secs(86_401), ..settings() };
    let problems: Vec<String> = day.problems().iter().map(ToString::to_string).collect();
    assert_eq!(problems, ["`undo_window`: is more than a day"]);
}

#[tokio::test]
async fn an_entry_that_can_be_undone_is_held_for_as_long_and_a_tokens_no_longer_than_the_token() {
    let scene = scene_with(Settings { undo_window: Duration::from_secs(3_600), ..settings() }).await;
    let tokens = scene.signs_in("alice").await;
    let session = scene.revokes(TargetRequest::Session(session_id(&tokens))).await;
    let token = TargetRequest::Token {
        id: TokenId::new("t-1").unwrap(),
        expires_at: Some(START.plus(Duration::from_secs(60))),
    };
    scene.makes(RevocationRequest::end(token)).await;
    let entries = scene.authority.list_revocations(&scene.root(), None, 2).await.unwrap().entries;
    let held: Vec<_> = entries.iter().map(|entry| entry.fact.enforce_until).collect();
    assert_eq!(held, [START.plus(Duration::from_secs(120)), START.plus(Duration::from_secs(3_600))]);
    // Verifiers forgot it, and it can be undone all the same: its user renews.
    scene.passes(3_000);
    scene.authority.maintain().await.unwrap();
    undone(&scene, session).await;
    scene.renews(&tokens).await;
}

#[tokio::test]
async fn an_ending_for_theft_stands() {
    // S02: the thief asks for an undo as well.
    let scene = scene().await;
    let tokens = scene.signs_in("alice").await;
    scene.renews(&tokens).await;
    scene.passes(31);
    assert_eq!(&*scene.renewal_refused(&tokens).await.reason, "refresh_reuse");
    let theft = scene.head().await;
    let never = UndoOutcome::Refused(UndoRefusal::Never(NotUndoable::Guard));
    assert_eq!(undo(&scene, theft).await, never);
    assert_eq!(undo(&scene, theft.next().unwrap()).await, UndoOutcome::Unknown);
}

#[tokio::test]
async fn a_repeated_request_is_one_undo() {
    let scene = scene().await;
    let position = scene.revokes(alice()).await;
    let request = |reason: &'static str| UndoRequest {
        position,
        reason: Reason::known(reason),
        idempotency: Some("again".into()),
        cause: "".into(),
    };
    let root = scene.root();
    let first = scene.authority.undo(&root, request("mistake")).await.unwrap();
    assert_eq!(scene.authority.undo(&root, request("mistake")).await.unwrap(), first);
    assert_eq!(scene.authority.undo(&root, request("other")).await.unwrap(), UndoOutcome::KeyUsedOtherwise);
}
