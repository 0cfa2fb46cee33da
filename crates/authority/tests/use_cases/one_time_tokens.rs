//! Tokens that may be used once (S30).

use std::time::Duration;

use quash_authority::settings::OneTimeSettings;
use quash_authority::testing::WhenToFail;
use quash_authority::{
    Error, NewOneTimeToken, OneTimeToken, RevocationRequest, Settings, SpendOutcome, SpendRefusal,
    TargetRequest,
};
use quash_core::ids::Subject;
use quash_core::revocation::decide::Decision;
use quash_storage::ports::Role;
use serde_json::{Value, json};

use crate::scene::{Scene, scene, scene_with, settings};

fn new(purpose: &str) -> NewOneTimeToken {
    NewOneTimeToken {
        subject: Subject::new("alice").unwrap(),
        purpose: purpose.into(),
        claims: serde_json::Map::from_iter([("mail".to_owned(), json!("changed"))]),
        life: None,
    }
}

async fn issued(scene: &Scene, purpose: &str) -> OneTimeToken {
    scene.authority.issue_one_time_token(&scene.root(), new(purpose)).await.unwrap()
}

async fn spend(scene: &Scene, token: &OneTimeToken, purpose: &str) -> SpendOutcome {
    scene.authority.spend_one_time_token(&scene.root(), token.token.expose(), purpose).await.unwrap()
}

/// Why it is not honoured.
async fn refused(scene: &Scene, token: &OneTimeToken, purpose: &str) -> SpendRefusal {
    match spend(scene, token, purpose).await {
        SpendOutcome::Refused(refusal) => refusal,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_one_time_token_is_honoured_once_and_says_all_its_claims() {
    let scene = scene().await;
    let token = issued(&scene, "reset").await;
    let SpendOutcome::Spent(spent) = spend(&scene, &token, "reset").await else { panic!("not spent") };
    assert_eq!((&spent.id, spent.claims["sub"].as_str()), (&token.id, Some("alice")));
    assert_eq!((&spent.claims["purpose"], &spent.claims["mail"]), (&json!("reset"), &json!("changed")));
    let at = scene.authority.now();
    scene.clock.advance(Duration::from_secs(5));
    assert_eq!(refused(&scene, &token, "reset").await, SpendRefusal::Before { at });
}

#[tokio::test]
async fn sixty_four_parallel_presentations_are_honoured_once() {
    let scene = std::sync::Arc::new(scene().await);
    let token = issued(&scene, "reset").await;
    let uses: Vec<_> = (0..64)
        .map(|_| {
            let (scene, token) = (std::sync::Arc::clone(&scene), token.clone());
            tokio::spawn(async move { spend(&scene, &token, "reset").await })
        })
        .collect();
    let mut honoured = 0;
    for used in uses {
        honoured += usize::from(matches!(used.await.unwrap(), SpendOutcome::Spent(_)));
    }
    assert_eq!(honoured, 1);
}

#[tokio::test]
async fn a_token_for_something_else_is_refused_and_not_used_up() {
    let scene = scene().await;
    let token = issued(&scene, "reset").await;
    assert_eq!(refused(&scene, &token, "download").await, SpendRefusal::OtherPurpose);
    assert!(matches!(spend(&scene, &token, "reset").await, SpendOutcome::Spent(_)));
}

#[tokio::test]
async fn a_token_is_over_on_its_exp_exactly() {
    // RFC 7519 section 4.1.4
    let scene = scene().await;
    let short = NewOneTimeToken { life: Some(Duration::from_secs(30)), ..new("reset") };
    let root = scene.root();
    let [in_time, late] = [
        scene.authority.issue_one_time_token(&root, short.clone()).await.unwrap(),
        scene.authority.issue_one_time_token(&root, short).await.unwrap(),
    ];
    assert_eq!(in_time.expires_in, 30);
    scene.clock.advance(Duration::from_millis(29_999));
    assert!(matches!(spend(&scene, &in_time, "reset").await, SpendOutcome::Spent(_)));
    scene.clock.advance(Duration::from_millis(1));
    assert_eq!(refused(&scene, &late, "reset").await, SpendRefusal::Expired);
}

#[tokio::test]
async fn what_ends_the_subject_or_the_token_ends_it_too() {
    let scene = scene().await;
    let reason = |refusal: &SpendRefusal| refusal.reason().into_owned();
    let by_subject = issued(&scene, "reset").await;
    scene.revokes(TargetRequest::Subject(Subject::new("alice").unwrap())).await;
    assert_eq!(reason(&refused(&scene, &by_subject, "reset").await), "admin");

    let by_itself = issued(&scene, "reset").await;
    let end = RevocationRequest::end(TargetRequest::TokenText(by_itself.token.clone()));
    scene.authority.revoke(&scene.root(), end).await.unwrap();
    assert_eq!(reason(&refused(&scene, &by_itself, "reset").await), "admin");

    let later = issued(&scene, "reset").await;
    assert!(matches!(spend(&scene, &later, "reset").await, SpendOutcome::Spent(_)));
}

#[tokio::test]
async fn a_one_time_token_is_no_access_token_and_an_access_token_is_no_one_time_token() {
    // RFC 8725 section 3.11
    let scene = scene().await;
    let token = issued(&scene, "reset").await;
    assert!(matches!(scene.judge(token.token.expose()), Decision::Reject(_)));
    let access = scene.signs_in("alice").await.access_token;
    let spent = scene.authority.spend_one_time_token(&scene.root(), access.expose(), "reset").await.unwrap();
    assert_eq!(spent, SpendOutcome::Refused(SpendRefusal::Invalid));
    for forged in ["", "a.b.c", &format!("{}x", token.token.expose())] {
        let spent = scene.authority.spend_one_time_token(&scene.root(), forged, "reset").await.unwrap();
        assert_eq!(spent, SpendOutcome::Refused(SpendRefusal::Invalid), "{forged}");
    }
}

#[tokio::test]
async fn a_full_memory_of_uses_honours_nothing_and_forgets_nothing() {
    let one_time = OneTimeSettings { most: 2, ..OneTimeSettings::default() };
    let scene = scene_with(Settings { one_time, ..settings() }).await;
    let tokens = [issued(&scene, "a").await, issued(&scene, "a").await, issued(&scene, "a").await];
    for token in &tokens[..2] {
        assert!(matches!(spend(&scene, token, "a").await, SpendOutcome::Spent(_)));
    }
    assert_eq!(spend(&scene, &tokens[2], "a").await, SpendOutcome::Full);
    assert!(matches!(refused(&scene, &tokens[0], "a").await, SpendRefusal::Before { .. }));
    // The uses are forgotten when their tokens are over, and then there is room.
    scene.clock.advance(Duration::from_secs(600));
    assert_eq!(scene.authority.maintain().await.unwrap().store.one_time_tokens, 2);
    let next = issued(&scene, "a").await;
    assert!(matches!(spend(&scene, &next, "a").await, SpendOutcome::Spent(_)));
}

#[tokio::test]
async fn a_clock_that_goes_back_after_a_purge_brings_no_use_back() {
    // I6, I10
    let scene = scene().await;
    let token = issued(&scene, "a").await;
    assert!(matches!(spend(&scene, &token, "a").await, SpendOutcome::Spent(_)));
    let start = scene.authority.now();
    scene.clock.advance(Duration::from_secs(600));
    scene.authority.maintain().await.unwrap();
    scene.clock.set(start);
    assert_eq!(refused(&scene, &token, "a").await, SpendRefusal::Expired);
}

#[tokio::test]
async fn a_lost_reply_never_lets_a_token_be_honoured_twice() {
    let scene = scene().await;
    let token = issued(&scene, "a").await;
    // The use was stored, and nobody was told.
    scene.store.fail(WhenToFail::After(1));
    let lost = scene.authority.spend_one_time_token(&scene.root(), token.token.expose(), "a").await;
    assert!(matches!(lost, Err(Error::Store(_))), "{lost:?}");
    scene.store.fail(WhenToFail::Never);
    assert!(matches!(refused(&scene, &token, "a").await, SpendRefusal::Before { .. }));
}

#[tokio::test]
async fn a_life_a_purpose_and_claims_are_checked() {
    let scene = scene().await;
    let cases: [(&str, NewOneTimeToken); 5] = [
        ("life", NewOneTimeToken { life: Some(Duration::ZERO), ..new("a") }),
        ("life", NewOneTimeToken { life: Some(Duration::from_secs(601)), ..new("a") }),
        ("purpose", new("")),
        ("claims.sub", NewOneTimeToken { claims: claims("sub"), ..new("a") }),
        ("claims.purpose", NewOneTimeToken { claims: claims("purpose"), ..new("a") }),
    ];
    for (field, new) in cases {
        match scene.authority.issue_one_time_token(&scene.root(), new).await {
            Err(Error::Request(error)) => assert_eq!(error.field, field),
            other => panic!("{field}: {other:?}"),
        }
    }
}

fn claims(name: &str) -> serde_json::Map<String, Value> {
    serde_json::Map::from_iter([(name.to_owned(), json!("x"))])
}

#[tokio::test]
async fn issuers_make_them_and_verifiers_spend_them() {
    // Attack row 37
    let scene = scene().await;
    let verifier = scene.caller(&[Role::Verifier], None).await;
    let revoker = scene.caller(&[Role::Revoker], None).await;
    let token = issued(&scene, "a").await;
    assert!(matches!(
        scene.authority.issue_one_time_token(&verifier, new("a")).await,
        Err(Error::Forbidden(_))
    ));
    let text = token.token.expose();
    assert!(matches!(
        scene.authority.spend_one_time_token(&revoker, text, "a").await,
        Err(Error::Forbidden(_))
    ));
    assert!(matches!(
        scene.authority.spend_one_time_token(&verifier, text, "a").await,
        Ok(SpendOutcome::Spent(_))
    ));
}
