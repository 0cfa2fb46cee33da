//! Renewing: limits, refusals, scopes, cutoffs.

use std::time::Duration;

use quash_authority::settings::{GrantType, ReusePolicy};
use quash_authority::{Refreshed, RefusalKind, RevocationRequest, SignIn, TargetRequest};
use quash_core::revocation::entry::Effect;
use quash_core::revocation::reason::Reason;
use quash_core::revocation::rejection::Remedy;

use crate::scene::{refresh_token, scene, scene_with, session_id, settings, sign_in, subject};

#[tokio::test]
async fn a_refresh_gives_a_new_pair_and_the_old_access_token_lives_on() {
    // Design section 5: parallel requests still use it.
    let scene = scene().await;
    let first = scene.signs_in("alice").await;
    scene.passes(60);
    let second = scene.renews(&first).await;
    assert_ne!(refresh_token(&first), refresh_token(&second));
    assert_eq!(first.session_id, second.session_id);
    assert!(scene.accepts(&first) && scene.accepts(&second));
    assert_ne!(scene.claims(&first).token(), scene.claims(&second).token());
    assert_eq!(second.expires_in, 600);
}

#[tokio::test]
async fn a_session_is_over_at_exactly_its_idle_limit() {
    // S01, S04
    let scene = scene().await;
    let first = scene.signs_in("alice").await;
    scene.clock.advance(Duration::from_millis(14 * 86_400_000 - 1));
    let second = scene.renews(&first).await;
    assert_eq!(second.refresh_token_timeout, Some(14 * 86_400));
    scene.passes(14 * 86_400);
    let refusal = scene.renewal_refused(&second).await;
    assert_eq!((&*refusal.reason, refusal.remedy), ("idle", Remedy::SignInAgain));
}

#[tokio::test]
async fn a_session_in_constant_use_is_over_at_exactly_its_absolute_limit() {
    // S01, S04, S07
    let scene = scene().await;
    let mut tokens = scene.signs_in("alice").await;
    for _ in 0..8 {
        scene.passes(11 * 86_400);
        tokens = scene.renews(&tokens).await;
    }
    scene.passes(2 * 86_400 - 1);
    tokens = scene.renews(&tokens).await;
    assert_eq!((tokens.expires_in, tokens.authorization_expires_in), (1, Some(1)));
    scene.passes(1);
    assert_eq!(&*scene.renewal_refused(&tokens).await.reason, "absolute_limit");
}

#[tokio::test]
async fn a_cutoff_refuses_the_refresh_long_after_verifiers_forgot_it() {
    // Design section 2, "Two horizons"; I6
    let scene = scene().await;
    let tokens = scene.signs_in("alice").await;
    scene.revokes(TargetRequest::Subject(subject("alice"))).await;
    scene.passes(13 * 86_400);
    scene.authority.maintain().await.unwrap();
    assert_eq!(scene.verifier.live_entries(), 0);
    assert_eq!(&*scene.renewal_refused(&tokens).await.reason, "admin");
}

#[tokio::test]
async fn a_renewal_is_judged_by_the_position_that_its_grant_was_opened_at() {
    // Design section 2, "What `pos` is": the renewed token has a later position than the cutoff that
    // spared nobody, the grant has not.
    let scene = scene().await;
    let first = scene.signs_in("alice").await;
    scene.revokes(TargetRequest::Subject(subject("bob"))).await;
    let second = scene.renews(&first).await;
    assert_eq!(scene.claims(&second).position(), Some(scene.head().await));
    scene.revokes(TargetRequest::Subject(subject("alice"))).await;
    assert_eq!(&*scene.renewal_refused(&second).await.reason, "admin");
}

#[tokio::test]
async fn a_refresh_effect_makes_access_tokens_stale_and_never_ends_a_session() {
    // Design section 2, S26: renewed silently, for the session lives.
    let scene = scene().await;
    let first = scene.signs_in("alice").await;
    let stale = RevocationRequest {
        effect: Effect::Refresh,
        reason: Reason::known(Reason::STALE_CLAIMS),
        ..RevocationRequest::end(TargetRequest::Subject(subject("alice")))
    };
    scene.makes(stale.clone()).await;
    assert_eq!(scene.refuses(&first), "stale_claims");
    let second = scene.renews(&first).await;
    assert!(scene.accepts(&second));

    scene.makes(stale).await;
    scene.revokes(TargetRequest::Subject(subject("alice"))).await;
    assert_eq!(scene.refuses(&second), "admin", "an `end` wins over a `refresh`");
    assert_eq!(&*scene.renewal_refused(&second).await.reason, "admin");
}

#[tokio::test]
async fn whatever_is_no_refresh_token_of_this_client_is_refused_with_one_word() {
    // RFC 6749 section 5.2; attack rows 22, 25 and 26
    let scene = scene().await;
    let tokens = scene.signs_in("alice").await;
    let good = refresh_token(&tokens).to_owned();
    let forged = |place: usize, with: &str| format!("{}{with}{}", &good[..place], &good[place + 1..]);
    let bad = [
        String::new(),
        "qrt_".to_owned(),
        tokens.access_token.expose().to_owned(),
        good.trim_start_matches("qrt_").to_owned(),
        format!("{good}="),
        format!("{good}AAAA"),
        good[..good.len() - 4].to_owned(),
        forged(5, "_"),
        forged(60, "!"),
        forged(good.len() - 10, "-"),
        "x".repeat(1_000_000),
    ];
    for text in bad {
        let outcome = scene.authority.refresh(&scene.client("web"), &text, None).await.unwrap();
        let Refreshed::Refused(refusal) = outcome else { panic!("taken") };
        assert_eq!((&*refusal.reason, refusal.kind), ("invalid_token", RefusalKind::InvalidGrant));
    }
    let stolen = scene.authority.refresh(&scene.client("shop"), &good, None).await.unwrap();
    assert!(matches!(stolen, Refreshed::Refused(refusal) if &*refusal.reason == "invalid_token"));
    assert_eq!(scene.authority.counts().refreshes, 0);
    scene.renews(&tokens).await;
}

#[tokio::test]
async fn a_bad_refresh_token_costs_no_store_read() {
    // The MAC, and the client, are checked before anything is looked up.
    let scene = scene().await;
    let tokens = scene.signs_in("alice").await;
    scene.store.fail(quash_authority::testing::WhenToFail::Never);
    let mut forged = refresh_token(&tokens).to_owned();
    forged.replace_range(50..51, if &forged[50..51] == "A" { "B" } else { "A" });
    for (client, token) in [("web", forged.as_str()), ("shop", refresh_token(&tokens))] {
        let outcome = scene.authority.refresh(&scene.client(client), token, None).await.unwrap();
        assert!(matches!(outcome, Refreshed::Refused(_)));
    }
    assert_eq!(scene.store.calls(), 0);
}

#[tokio::test]
async fn less_scope_may_be_asked_for_and_more_may_not() {
    // RFC 6749 section 6
    let scene = scene().await;
    let tokens = scene.opens(SignIn { scope: Some("read write".into()), ..sign_in("alice") }).await;
    let web = scene.client("web");
    for asked in ["read admin", "admin", "", "read  write"] {
        let outcome = scene.authority.refresh(&web, refresh_token(&tokens), Some(asked)).await.unwrap();
        let Refreshed::Refused(refusal) = outcome else { panic!("granted {asked:?}") };
        assert_eq!(refusal.kind, RefusalKind::InvalidScope);
    }
    assert_eq!(scene.authority.counts().refreshes, 0, "a request for too much does not use the token up");
    let outcome = scene.authority.refresh(&web, refresh_token(&tokens), Some("read")).await.unwrap();
    let Refreshed::Renewed(narrow) = outcome else { panic!("refused") };
    assert_eq!(scene.claims(&narrow).scope(), Some("read"));
    assert_eq!(narrow.scope.as_deref(), Some("read"));
    let wide = scene.renews(&narrow).await;
    assert_eq!(scene.claims(&wide).scope(), Some("read write"));
}

#[tokio::test]
async fn a_client_without_the_grant_type_can_not_refresh() {
    // RFC 6749 section 5.2, `unauthorized_client`
    let mut settings = settings();
    settings.clients[0].grant_types.remove(&GrantType::RefreshToken);
    let scene = scene_with(settings).await;
    let tokens = scene.signs_in("alice").await;
    assert_eq!(scene.renewal_refused(&tokens).await.kind, RefusalKind::UnauthorizedClient);
}

#[tokio::test]
async fn reuse_may_be_refused_without_ending_the_session() {
    // Design section 5: the policy may choose to refuse only.
    let scene = scene_with(quash_authority::Settings { reuse: ReusePolicy::RefuseOnly, ..settings() }).await;
    let first = scene.signs_in("alice").await;
    let second = scene.renews(&first).await;
    scene.passes(30);
    assert_eq!(&*scene.renewal_refused(&first).await.reason, "refresh_reuse");
    scene.renews(&second).await;
    assert_eq!(scene.authority.counts().refresh_reuses, 1);
}

#[tokio::test]
async fn a_purged_session_does_not_come_back() {
    // I6, S58
    let scene = scene().await;
    let tokens = scene.signs_in("alice").await;
    scene.revokes(TargetRequest::Session(session_id(&tokens))).await;
    scene.passes(31 * 86_400);
    scene.authority.maintain().await.unwrap();
    assert_eq!(&*scene.renewal_refused(&tokens).await.reason, "invalid_token");
}
