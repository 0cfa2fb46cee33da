//! Tokens for clients themselves (RFC 6749 section 4.4).

use std::pin::pin;
use std::sync::Arc;

use quash_authority::testing::{FaultyStore, InMemoryAuthority, ManualClock, Pace, Turn};
use quash_authority::{ClientTokens, RefusalKind, TargetRequest, TokenReply};
use quash_storage::memory::MemoryStore;

use crate::scene::{START, Scene, client_id, scene, settings};

async fn granted(scene: &Scene, scope: Option<&str>) -> TokenReply {
    match scene.authority.client_credentials(&scene.client("job"), scope).await.unwrap() {
        ClientTokens::Granted(reply) => *reply,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_client_gets_a_token_for_itself_without_session_and_without_refresh_token() {
    // RFC 6749 section 4.4.3, RFC 9068 section 2.2: `sub` is the client.
    let scene = scene().await;
    let tokens = granted(&scene, None).await;
    let claims = scene.claims(&tokens);
    assert_eq!((claims.subject(), claims.client()), (Some("job"), Some("job")));
    assert_eq!((claims.session(), claims.device(), claims.authenticated_at()), (None, None, None));
    assert_eq!(claims.scope(), Some("sweep"), "the client's default");
    assert_eq!(claims.position(), Some(scene.head().await));
    assert_eq!((tokens.refresh_token.is_none(), tokens.session_id.is_none()), (true, true));
    assert!(scene.accepts(&tokens));
}

#[tokio::test]
async fn a_cutoff_of_the_client_ends_its_tokens_and_spares_the_next() {
    // S16, S25
    let scene = scene().await;
    let before = granted(&scene, Some("report")).await;
    scene.revokes(TargetRequest::Client(client_id("job"))).await;
    assert_eq!(scene.refuses(&before), "admin");
    assert!(scene.accepts(&granted(&scene, Some("report")).await));
}

#[tokio::test]
async fn a_client_gets_no_scope_beyond_its_own_and_none_without_the_grant_type() {
    let scene = scene().await;
    let job = scene.client("job");
    for scope in ["sweep admin", "", "a  b"] {
        let refused = scene.authority.client_credentials(&job, Some(scope)).await.unwrap();
        assert!(
            matches!(refused, ClientTokens::Refused(refusal) if refusal.kind == RefusalKind::InvalidScope)
        );
    }
    let web = scene.client("web");
    let refused = scene.authority.client_credentials(&web, None).await.unwrap();
    assert!(
        matches!(refused, ClientTokens::Refused(refusal) if refusal.kind == RefusalKind::UnauthorizedClient)
    );
}

#[tokio::test]
async fn a_client_proves_itself_with_its_secret_and_a_public_one_with_none() {
    // RFC 6749 section 2.3.1
    let scene = scene().await;
    let authority = &scene.authority;
    let secret = Some(crate::scene::SHOP_SECRET);
    assert!(authority.authenticate_client("job", secret).is_some());
    assert!(authority.authenticate_client("web", None).is_some());
    for (id, secret) in [
        ("job", None),
        ("job", Some("")),
        ("job", Some("the shop's own secret, long enougH")),
        ("web", Some("")),
        ("web", secret),
        ("nobody", None),
        ("nobody", secret),
        ("", None),
        ("a\nb", None),
    ] {
        assert!(authority.authenticate_client(id, secret).is_none(), "{id:?} {secret:?}");
    }
}

#[tokio::test]
async fn a_token_of_a_server_that_stood_still_is_not_younger_than_the_entries_that_hit_it() {
    // I1, I10: between the head that the token stands at and its signature everybody is signed out, and the process stands
    // still for longer than verifiers hold that entry.
    for stands in 0..20 {
        let pace = Arc::new(Pace::default());
        let store = Arc::new(FaultyStore::paced(
            MemoryStore::fresh(settings().issuer, START, [7; 36]),
            Arc::clone(&pace),
        ));
        let clock = Arc::new(ManualClock::at(START));
        let scene = Scene(InMemoryAuthority::start_over(store, settings(), clock, 1).await.unwrap());
        let job = scene.client("job");
        let mut issue = pin!(scene.authority.client_credentials(&job, None));
        for _ in 0..stands {
            if let Turn::Done(_) = pace.turn(issue.as_mut()).await {
                assert!(stands > 1, "it asked the store for the head");
                return;
            }
        }
        let cutoff = scene.revokes(TargetRequest::Issuer(None)).await;
        scene.passes(700);
        scene.authority.maintain().await.unwrap();
        let ClientTokens::Granted(tokens) = issue.await.unwrap() else { panic!("refused") };
        let claims = scene.verifier.verify(tokens.access_token.expose());
        let is_after = claims.is_ok_and(|claims| claims.position() >= Some(cutoff));
        assert!(is_after || !scene.accepts(&tokens), "after {stands} stands");
    }
    panic!("it never ended");
}
