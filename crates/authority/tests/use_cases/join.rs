//! A second client joins a sign-in (S53).

use quash_authority::{Error, JoinSession, JoinedSession, Refreshed, TargetRequest, TokenReply};
use quash_core::ids::SessionId;
use quash_storage::ports::Role;

use crate::scene::{Scene, client_id, refresh_token, scene, session_id, subject};

async fn joins(scene: &Scene, session: &SessionId, client: &str) -> JoinedSession {
    let join = JoinSession { client: client_id(client), scope: None };
    scene.authority.join(&scene.root(), session, join).await.unwrap()
}

async fn joined(scene: &Scene, session: &SessionId, client: &str) -> TokenReply {
    match joins(scene, session, client).await {
        JoinedSession::Open(reply) => *reply,
        other => panic!("not joined: {other:?}"),
    }
}

#[tokio::test]
async fn a_second_client_gets_a_token_pair_of_its_own_with_the_same_sid() {
    let scene = scene().await;
    let web = scene.signs_in("alice").await;
    let shop = joined(&scene, &session_id(&web), "shop").await;
    assert_eq!(shop.session_id, web.session_id);
    assert_eq!(scene.claims(&shop).client(), Some("shop"));
    assert_eq!(scene.claims(&shop).subject(), Some("alice"));
    assert_ne!(refresh_token(&shop), refresh_token(&web));
    let renewed = scene.authority.refresh(&scene.client("shop"), refresh_token(&shop), None).await.unwrap();
    assert!(matches!(renewed, Refreshed::Renewed(_)));
}

#[tokio::test]
async fn ending_the_session_ends_every_client_of_it() {
    // S53: global logout.
    let scene = scene().await;
    let web = scene.signs_in("alice").await;
    let shop = joined(&scene, &session_id(&web), "shop").await;
    scene.authority.log_out(&scene.claims(&web), "req").await.unwrap();
    assert_eq!(scene.refuses(&shop), "logged_out");
    let renewed = scene.authority.refresh(&scene.client("shop"), refresh_token(&shop), None).await.unwrap();
    assert!(matches!(renewed, Refreshed::Refused(refusal) if &*refusal.reason == "logged_out"));
}

#[tokio::test]
async fn a_joining_client_stands_at_the_head_and_not_at_the_sign_in() {
    // Design section 2: the head read in the transaction that opens the grant.
    let scene = scene().await;
    let web = scene.signs_in("alice").await;
    scene.revokes(TargetRequest::Subject(subject("bob"))).await;
    let shop = joined(&scene, &session_id(&web), "shop").await;
    assert_eq!(scene.claims(&shop).position(), Some(scene.head().await));
    assert!(scene.claims(&web).position() < scene.claims(&shop).position());
}

#[tokio::test]
async fn a_session_that_a_cutoff_ended_can_not_be_joined() {
    // Design section 5: the sign-in is judged, and it was opened before the cutoff.
    let scene = scene().await;
    let web = scene.signs_in("alice").await;
    scene.revokes(TargetRequest::Subject(subject("alice"))).await;
    let outcome = joins(&scene, &session_id(&web), "shop").await;
    assert!(matches!(outcome, JoinedSession::Over(refusal) if &*refusal.reason == "admin"));
}

#[tokio::test]
async fn a_session_that_is_over_or_unknown_can_not_be_joined() {
    let scene = scene().await;
    let web = scene.signs_in("alice").await;
    let nobody = SessionId::new("ses_none").unwrap();
    assert_eq!(joins(&scene, &nobody, "shop").await, JoinedSession::Unknown);
    scene.passes(14 * 86_400);
    let outcome = joins(&scene, &session_id(&web), "shop").await;
    assert!(matches!(outcome, JoinedSession::Over(refusal) if &*refusal.reason == "idle"));
}

#[tokio::test]
async fn a_joining_client_gets_no_scope_that_it_may_not_have_and_no_caller_acts_for_another_client() {
    // Attack row 37
    let scene = scene().await;
    let web = scene.signs_in("alice").await;
    let join = |client, scope: &str| JoinSession { client: client_id(client), scope: Some(scope.into()) };
    let sid = session_id(&web);
    let error = scene.authority.join(&scene.root(), &sid, join("shop", "admin")).await.unwrap_err();
    assert!(matches!(error, Error::Request(error) if error.field == "scope"));
    let error = scene.authority.join(&scene.root(), &sid, join("nobody", "read")).await.unwrap_err();
    assert!(matches!(error, Error::Request(error) if error.field == "client_id"));
    let caller = scene.caller(&[Role::Issuer], Some("job")).await;
    let error = scene.authority.join(&caller, &sid, join("shop", "read")).await.unwrap_err();
    assert!(matches!(error, Error::Forbidden(_)));
}
