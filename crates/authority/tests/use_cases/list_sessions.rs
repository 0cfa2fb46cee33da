//! Looking at sessions (S31).

use quash_authority::{Error, JoinSession, SessionPage, SignIn, TargetRequest};
use quash_core::ids::SessionId;
use quash_storage::ports::{Filter, Role, StateFilter};

use crate::scene::{Scene, client_id, scene, session_id, sign_in, subject};

fn of(who: &str) -> Filter {
    Filter { subject: Some(subject(who)), ..Filter::default() }
}

async fn ids(scene: &Scene, filter: Filter) -> Vec<SessionId> {
    let page = scene.authority.list_sessions(&scene.root(), filter, SessionPage::default()).await.unwrap();
    page.items.into_iter().map(|listed| listed.session.id).collect()
}

#[tokio::test]
async fn pages_are_stable_while_sessions_come_and_go() {
    // S31
    let scene = scene().await;
    let mut all = Vec::new();
    for _ in 0..5 {
        scene.passes(1);
        all.push(session_id(&scene.signs_in("alice").await));
    }
    let page = |after| SessionPage { after, limit: 2 };
    let first = scene.authority.list_sessions(&scene.root(), of("alice"), page(None)).await.unwrap();
    scene.passes(1);
    scene.signs_in("alice").await;
    let mut seen: Vec<_> = first.items.into_iter().map(|listed| listed.session.id).collect();
    let mut more = first.more;
    while more {
        let next = page(seen.last().cloned());
        let next = scene.authority.list_sessions(&scene.root(), of("alice"), next).await.unwrap();
        seen.extend(next.items.into_iter().map(|listed| listed.session.id));
        more = next.more;
    }
    all.reverse();
    assert_eq!(seen, all);
}

#[tokio::test]
async fn sessions_are_found_by_state_client_and_address() {
    let scene = scene().await;
    let home = SignIn { ip: Some("192.0.2.7".into()), ..sign_in("alice") };
    let home = [session_id(&scene.opens(home).await)];
    let shop = SignIn { client: client_id("shop"), ..sign_in("alice") };
    let shop = [session_id(&scene.opens(shop).await)];
    scene.revokes(TargetRequest::Client(client_id("shop"))).await;
    let state = |state| Filter { state, ..of("alice") };
    assert_eq!(ids(&scene, state(StateFilter::Active)).await, home);
    assert_eq!(ids(&scene, state(StateFilter::Ended)).await, shop, "a cutoff ends without a visit");
    assert_eq!(ids(&scene, Filter { ip: Some("192.0.2.7".into()), ..Filter::default() }).await, home);
    assert_eq!(ids(&scene, Filter { client: Some(client_id("shop")), ..Filter::default() }).await, shop);
}

#[tokio::test]
async fn users_see_their_own_live_sessions_only() {
    // Attack row 37
    let scene = scene().await;
    let (one, gone, bob) =
        (scene.signs_in("alice").await, scene.signs_in("alice").await, scene.signs_in("bob").await);
    scene.revokes(TargetRequest::Session(session_id(&gone))).await;
    let own = scene.authority.own_sessions(&scene.claims(&one), SessionPage::default()).await.unwrap();
    let own: Vec<_> = own.items.into_iter().map(|listed| listed.session.id).collect();
    assert_eq!(own, [session_id(&one)]);
    assert!(!own.contains(&session_id(&bob)));
}

#[tokio::test]
async fn a_credential_for_one_client_sees_the_sessions_of_that_client_only() {
    // Attack row 37
    let scene = scene().await;
    let web = session_id(&scene.signs_in("alice").await);
    let both = session_id(&scene.signs_in("bob").await);
    let join = JoinSession { client: client_id("shop"), scope: None };
    scene.authority.join(&scene.root(), &both, join).await.unwrap();
    let caller = scene.caller(&[Role::Support], Some("shop")).await;
    let page =
        scene.authority.list_sessions(&caller, Filter::default(), SessionPage::default()).await.unwrap();
    let seen: Vec<_> = page.items.into_iter().map(|listed| listed.session.id).collect();
    assert_eq!(seen, std::slice::from_ref(&both));
    assert!(scene.authority.session(&caller, &web).await.unwrap().is_none());
    assert!(scene.authority.session(&caller, &both).await.unwrap().is_some());
    let other = Filter { client: Some(client_id("web")), ..Filter::default() };
    let error = scene.authority.list_sessions(&caller, other, SessionPage::default()).await.unwrap_err();
    assert!(matches!(error, Error::Forbidden(_)));
}

#[tokio::test]
async fn a_page_has_one_to_two_hundred_entries() {
    let scene = scene().await;
    for limit in [0, 201] {
        let page = SessionPage { after: None, limit };
        let error = scene.authority.list_sessions(&scene.root(), of("alice"), page).await.unwrap_err();
        assert!(matches!(error, Error::Request(error) if error.field == "limit"));
    }
    let page = SessionPage { after: None, limit: 200 };
    scene.authority.list_sessions(&scene.root(), of("alice"), page).await.unwrap();
}
