//! Looking at sessions (S31).

use std::time::Duration;

use quash_authority::{
    Error, JoinSession, JoinedSession, SessionPage, Settings, SignIn, TargetRequest, TokenReply,
};
use quash_core::ids::{SessionId, TokenId};
use quash_storage::ports::{Filter, Role, StateFilter};

use crate::scene::{Scene, client_id, scene, scene_with, session_id, settings, sign_in, subject};

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
    let page = |cursor: Option<String>| SessionPage { cursor: cursor.map(Into::into), limit: 2 };
    let first = scene.authority.list_sessions(&scene.root(), of("alice"), page(None)).await.unwrap();
    scene.passes(1);
    scene.signs_in("alice").await;
    let mut seen: Vec<_> = first.items.into_iter().map(|listed| listed.session.id).collect();
    let mut cursor = first.next_cursor;
    while cursor.is_some() {
        let next = page(cursor);
        let next = scene.authority.list_sessions(&scene.root(), of("alice"), next).await.unwrap();
        seen.extend(next.items.into_iter().map(|listed| listed.session.id));
        cursor = next.next_cursor;
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
    assert_eq!(
        ids(&scene, Filter { ip: Some("192.0.2.7".parse().unwrap()), ..Filter::default() }).await,
        home
    );
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
        let page = SessionPage { cursor: None, limit };
        let error = scene.authority.list_sessions(&scene.root(), of("alice"), page).await.unwrap_err();
        assert!(matches!(error, Error::Request(error) if error.field == "limit"));
    }
    let page = SessionPage { cursor: None, limit: 200 };
    scene.authority.list_sessions(&scene.root(), of("alice"), page).await.unwrap();
}

#[tokio::test]
async fn a_cursor_of_another_list_is_refused_and_named() {
    // S31
    let scene = scene().await;
    for _ in 0..3 {
        scene.signs_in("alice").await;
        scene.signs_in("bob").await;
    }
    let root = scene.root();
    let first = SessionPage { cursor: None, limit: 1 };
    let first = scene.authority.list_sessions(&root, of("alice"), first).await.unwrap();
    let cursor: Option<Box<str>> = first.next_cursor.map(Into::into);
    assert!(cursor.is_some());
    let next = || SessionPage { cursor: cursor.clone(), limit: 1 };
    assert!(scene.authority.list_sessions(&root, of("alice"), next()).await.is_ok());
    let live = Filter { state: StateFilter::Active, ..of("alice") };
    for other in [of("bob"), live, Filter::default()] {
        let error = scene.authority.list_sessions(&root, other, next()).await.unwrap_err();
        assert!(matches!(&error, Error::Request(error) if error.field == "cursor"), "{error:?}");
    }
    let token = scene.signs_in("bob").await;
    let error = scene.authority.own_sessions(&scene.claims(&token), next()).await.unwrap_err();
    assert!(matches!(&error, Error::Request(error) if error.field == "cursor"), "{error:?}");
}

#[tokio::test]
async fn a_cursor_tells_a_credential_of_one_client_nothing_of_the_sessions_of_others() {
    // Attack row 37: a page ends at a row of the index, which may be of a session that is out of the caller's reach.
    let scene = scene().await;
    let at = |number: u8, client: &str| SignIn {
        ip: Some(format!("192.0.2.{number}").into()),
        client: client_id(client),
        ..sign_in("alice")
    };
    scene.opens(at(9, "shop")).await;
    let foreign = session_id(&scene.opens(at(7, "web")).await);
    scene.opens(at(5, "shop")).await;
    let shop = scene.caller(&[Role::Support], Some("shop")).await;
    let range = Filter { ip: Some("192.0.2.0/24".parse().unwrap()), ..Filter::default() };
    for filter in [range, of("alice")] {
        let page = SessionPage { cursor: None, limit: 1 };
        let first = scene.authority.list_sessions(&shop, filter.clone(), page).await.unwrap();
        let cursor = first.next_cursor.unwrap();
        let bytes = base64_simd::URL_SAFE_NO_PAD.decode_to_vec(&cursor).unwrap();
        let shows = |what: &[u8]| bytes.windows(what.len()).any(|window| window == what);
        assert!(!shows(foreign.as_str().as_bytes()) && !shows(&[192, 0, 2, 7]), "{filter:?}");
        let next = SessionPage { cursor: Some(cursor.into()), limit: 1 };
        let next = scene.authority.list_sessions(&shop, filter, next).await.unwrap();
        assert_eq!((next.items.len(), next.next_cursor), (1, None));
        assert_ne!(next.items[0].session.id, first.items[0].session.id);
    }
}

#[tokio::test]
async fn the_session_of_a_token_is_found_by_its_jti() {
    // S31: whichever of its tokens it is, renewed ones and those of a client that joined included.
    let scene = scene().await;
    scene.signs_in("alice").await;
    let reply = scene.signs_in("alice").await;
    scene.signs_in("alice").await;
    let wanted = [session_id(&reply)];
    let jti = |reply: &TokenReply| TokenId::new(scene.claims(reply).token().unwrap()).unwrap();
    let by = |token| Filter { token: Some(token), ..Filter::default() };
    assert_eq!(ids(&scene, by(jti(&reply))).await, wanted);
    scene.passes(1_000);
    let renewed = scene.renews(&reply).await;
    assert_ne!(jti(&renewed), jti(&reply));
    assert_eq!(ids(&scene, by(jti(&renewed))).await, wanted);
    let join = JoinSession { client: client_id("shop"), scope: None };
    let JoinedSession::Open(joined) = scene.authority.join(&scene.root(), &wanted[0], join).await.unwrap()
    else {
        panic!("not joined")
    };
    assert_eq!(ids(&scene, by(jti(&joined))).await, wanted);
    for unknown in ["tok_1", "a1b2c3", &jti(&reply).as_str().replace("tok_", "ses_")] {
        assert_eq!(ids(&scene, by(TokenId::new(unknown).unwrap())).await, [], "{unknown}");
    }
}

#[tokio::test]
async fn an_ended_session_can_be_found_for_as_long_as_the_operator_wants() {
    // S31: at the very instant, not a millisecond before.
    let scene = scene_with(Settings { keep_ended: Duration::from_secs(3_600), ..settings() }).await;
    let session = session_id(&scene.signs_in("alice").await);
    scene.revokes(TargetRequest::Session(session.clone())).await;
    scene.clock.advance(Duration::from_millis(3_599_999));
    scene.authority.maintain().await.unwrap();
    let ended = Filter { state: StateFilter::Ended, ..of("alice") };
    assert_eq!(ids(&scene, ended.clone()).await, [session]);
    scene.clock.advance(Duration::from_millis(1));
    scene.authority.maintain().await.unwrap();
    assert_eq!(ids(&scene, ended).await, []);
}

#[tokio::test]
async fn a_place_has_1_to_256_bytes_without_control_characters() {
    // S31
    let scene = scene().await;
    for place in [String::new(), "x".repeat(257), "a\nb".into()] {
        let sign_in = SignIn { place: Some(place.into()), ..sign_in("alice") };
        let error = scene.authority.sign_in(&scene.root(), sign_in).await.unwrap_err();
        assert!(matches!(&error, Error::Request(error) if error.field == "place"), "{error:?}");
    }
    let home = SignIn { place: Some("Wien".into()), ..sign_in("alice") };
    let home = session_id(&scene.opens(home).await);
    assert_eq!(ids(&scene, Filter { place: Some("WIEN".into()), ..Filter::default() }).await, [home]);
}
