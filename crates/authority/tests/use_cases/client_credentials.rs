//! Tokens for clients themselves (RFC 6749 section 4.4).

use quash_authority::{ClientTokens, RefusalKind, TargetRequest, TokenReply};

use crate::scene::{Scene, client_id, scene};

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
