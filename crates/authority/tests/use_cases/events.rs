//! Events that revoke by a table (S26), and ids that change (S22).

use std::collections::BTreeMap;

use quash_authority::settings::{EventReach, EventRule};
use quash_authority::testing::WhenToFail;
use quash_authority::{
    AliasOutcome, AliasRequest, Error, EventOutcome, Settings, SignIn, SignedIn, SubjectEvent, TargetRequest,
};
use quash_core::position::Position;
use quash_core::revocation::entry::Exception;
use quash_core::revocation::reason::Reason;
use serde_json::json;

use crate::scene::{Scene, scene, scene_with, session_id, settings, sign_in, subject};

fn event(kind: &str) -> SubjectEvent {
    SubjectEvent {
        kind: kind.into(),
        subject: subject("alice"),
        except: None,
        claims: serde_json::Map::new(),
        idempotency: None,
        cause: "req_1".into(),
    }
}

async fn position(scene: &Scene, event: SubjectEvent) -> Option<Position> {
    match scene.authority.report_event(&scene.root(), event).await.unwrap() {
        EventOutcome::Done { position, .. } => position,
        other => panic!("not done: {other:?}"),
    }
}

#[tokio::test]
async fn an_event_is_one_entry_however_often_it_is_sent_with_one_key() {
    // S26, design section 5
    let scene = scene().await;
    let alice = scene.signs_in("alice").await;
    let keyed = || SubjectEvent { idempotency: Some("once".into()), ..event("deleted") };
    let first = position(&scene, keyed()).await;
    assert_eq!(first, Some(scene.head().await));
    assert_eq!(scene.refuses(&alice), Reason::DELETED);
    assert_eq!(position(&scene, keyed()).await, first);
    let other = SubjectEvent { kind: "banned".into(), ..keyed() };
    let other = scene.authority.report_event(&scene.root(), other).await.unwrap();
    assert_eq!(other, EventOutcome::KeyUsedOtherwise);
}

#[tokio::test]
async fn what_is_spared_is_a_matter_of_the_table() {
    // S26: the session that changed the password stays; a deletion spares nobody.
    let scene = scene().await;
    let (other, current) = (scene.signs_in("alice").await, scene.signs_in("alice").await);
    let except = Some(Exception::Session(session_id(&current)));
    let refused = SubjectEvent { except: except.clone(), ..event("deleted") };
    let refused = scene.authority.report_event(&scene.root(), refused).await;
    assert!(matches!(&refused, Err(Error::Request(error)) if error.field == "except"), "{refused:?}");
    assert!(scene.accepts(&other), "nothing was done");
    position(&scene, SubjectEvent { except, ..event("password_changed") }).await;
    assert_eq!(scene.refuses(&other), Reason::PASSWORD_CHANGED);
    assert!(scene.accepts(&current));
}

#[tokio::test]
async fn stale_rights_are_renewed_silently_and_nobody_signs_in_again() {
    // S26: the access token is refused, its session renews, and the new token passes.
    let scene = scene().await;
    let alice = scene.signs_in("alice").await;
    position(&scene, event("roles_changed")).await;
    assert_eq!(scene.refuses(&alice), Reason::STALE_CLAIMS);
    let renewed = scene.renews(&alice).await;
    assert!(scene.accepts(&renewed));
}

#[tokio::test]
async fn a_table_of_ones_own_is_the_table() {
    // S26
    let reason = Reason::new("moved").unwrap();
    let rule = EventRule { reach: EventReach::None, reason: reason.clone() };
    let events = BTreeMap::from([(Reason::new("moved").unwrap(), rule)]);
    let scene = scene_with(Settings { events, ..settings() }).await;
    let before = scene.head().await;
    assert_eq!(position(&scene, event("moved")).await, None);
    assert_eq!(scene.head().await, before);
    let unknown = scene.authority.report_event(&scene.root(), event("deleted")).await;
    let Err(Error::Request(error)) = unknown else { panic!("{unknown:?}") };
    assert_eq!((&*error.field, &*error.expected), ("type", "one of `moved`"));
}

#[tokio::test]
async fn an_id_that_was_left_signs_in_nobody_even_if_the_reply_was_lost() {
    // S22: the change is safe to repeat, and enforced when it is answered.
    let scene = scene().await;
    let (alice, bob) = (scene.signs_in("alice").await, scene.signs_in("bob").await);
    let change = async |old: &str, new: &str| {
        let request = AliasRequest { old: subject(old), new: subject(new), cause: "req_1".into() };
        scene.authority.change_alias(&scene.root(), request).await
    };
    scene.store.fail(WhenToFail::After(0));
    let lost = change("alice", "alicia").await;
    assert!(matches!(lost, Err(Error::Store(_))), "{lost:?}");
    scene.store.fail(WhenToFail::Never);
    let done = change("alice", "alicia").await.unwrap();
    assert_eq!(done, AliasOutcome::Changed(scene.head().await), "one entry, though it was sent twice");
    assert_eq!(scene.refuses(&alice), Reason::ALIAS_CHANGED);
    assert_eq!(&*scene.renewal_refused(&alice).await.reason, Reason::ALIAS_CHANGED);
    let refused = scene.authority.sign_in(&scene.root(), sign_in("alice")).await.unwrap();
    assert_eq!(refused, SignedIn::Aliased(subject("alicia")));
    let new = scene.signs_in("alicia").await;
    assert!(scene.accepts(&new) && scene.accepts(&bob));
    assert_eq!(change("alice", "alison").await.unwrap(), AliasOutcome::Otherwise(subject("alicia")));
    assert_eq!(change("alicia", "alice").await.unwrap(), AliasOutcome::NewIsOld(subject("alicia")));
    let itself = change("bob", "bob").await;
    assert!(matches!(&itself, Err(Error::Request(error)) if error.field == "new"), "{itself:?}");
}

fn claims(claims: &serde_json::Value) -> serde_json::Map<String, serde_json::Value> {
    claims.as_object().unwrap().clone()
}

fn roles_changed(to: &serde_json::Value) -> SubjectEvent {
    SubjectEvent { claims: claims(to), ..event("roles_changed") }
}

#[tokio::test]
async fn changed_claims_are_in_the_next_token_and_no_older_one_passes() {
    // S26; design section 2: a `refresh` entry commits together with the changed claims it is about.
    let scene = scene().await;
    let sign_in = SignIn { claims: claims(&json!({"roles": ["admin"], "tenant": "t1"})), ..sign_in("alice") };
    let alice = scene.opens(sign_in).await;
    let bob = scene.signs_in("bob").await;
    position(&scene, roles_changed(&json!({"roles": ["user"], "tenant": null}))).await.unwrap();
    assert_eq!(scene.refuses(&alice), "stale_claims");
    let renewed = scene.renews(&alice).await;
    let carried = scene.claims(&renewed).to_object();
    assert_eq!((carried.get("roles"), carried.get("tenant")), (Some(&json!(["user"])), None));
    assert!(scene.accepts(&bob), "nobody else is hit");
    let again = scene.renews(&renewed).await;
    assert_eq!(scene.claims(&again).to_object().get("roles"), Some(&json!(["user"])), "it stays");
}

#[tokio::test]
async fn claims_that_change_bring_nothing_back_and_lose_nothing_to_older_cutoffs() {
    // I6: a session that was ended by its role stays ended when the role changes. I7: nobody is ended for a role that they
    // got after the cutoff.
    let scene = scene().await;
    let with = |roles| SignIn { claims: claims(&json!({ "roles": [roles] })), ..sign_in("alice") };
    let (admin, user) = (scene.opens(with("admin")).await, scene.opens(with("user")).await);
    let role = |name: &str| TargetRequest::Claim { name: "roles".into(), value: name.into() };
    scene.revokes(role("admin")).await;
    scene.revokes(role("editor")).await;
    position(&scene, roles_changed(&json!({"roles": ["editor"]}))).await.unwrap();
    assert_eq!(&*scene.renewal_refused(&admin).await.reason, "admin");
    assert_eq!(scene.refuses(&admin), "admin");
    let editor = scene.renews(&user).await;
    assert!(scene.accepts(&editor));

    scene.revokes(role("user")).await;
    assert!(scene.accepts(&scene.renews(&editor).await), "it is no user any more");
    scene.revokes(role("editor")).await;
    assert_eq!(&*scene.renewal_refused(&editor).await.reason, "admin");
}

#[tokio::test]
async fn a_change_of_claims_that_can_not_be_is_refused_and_changes_nothing() {
    let scene = scene().await;
    let sign_in = SignIn { claims: claims(&json!({"note": "x".repeat(600)})), ..sign_in("alice") };
    let alice = scene.opens(sign_in).await;
    let refused = async |event: SubjectEvent| match scene.authority.report_event(&scene.root(), event).await {
        Err(Error::Request(error)) => error.field.into_owned(),
        other => panic!("{other:?}"),
    };
    assert_eq!(refused(roles_changed(&json!({"sub": "bob"}))).await, "detail.claims.sub");
    let ends = SubjectEvent { kind: "deleted".into(), ..roles_changed(&json!({"roles": []})) };
    assert_eq!(refused(ends).await, "detail.claims");
    // Small enough alone, too large with what the session carries.
    let budget = settings().claims_budget_bytes;
    let more = roles_changed(&json!({"more": "x".repeat(budget - 400)}));
    assert_eq!(refused(more).await, "detail.claims");
    assert!(scene.accepts(&alice));
    let keyed =
        |to| SubjectEvent { idempotency: Some("k".into()), ..roles_changed(&json!({ "roles": [to] })) };
    let first = position(&scene, keyed("user")).await;
    assert_eq!(position(&scene, keyed("user")).await, first, "sent again it is one change");
    let other = scene.authority.report_event(&scene.root(), keyed("admin")).await.unwrap();
    assert_eq!(other, EventOutcome::KeyUsedOtherwise);
}
