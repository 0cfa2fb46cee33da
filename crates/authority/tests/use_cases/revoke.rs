//! Revoking: what is answered, what is counted, what is refused.

use std::time::Duration;

use quash_authority::{Enforcement as _, Error, RevocationRequest, RevokeOutcome, Revoked, TargetRequest};
use quash_core::ids::{Issuer, KeyId, SessionId, TokenId};
use quash_core::revocation::entry::{Effect, Exception};
use quash_core::revocation::reason::Reason;

use crate::scene::{START, Scene, scene, session_id, subject};

fn alice() -> RevocationRequest {
    RevocationRequest::end(TargetRequest::Subject(subject("alice")))
}

async fn outcome(scene: &Scene, request: RevocationRequest) -> RevokeOutcome {
    scene.authority.revoke(&scene.root(), request).await.unwrap()
}

#[tokio::test]
async fn one_entry_signs_a_user_out_everywhere() {
    // S13: O(1), one entry for any number of tokens.
    let scene = scene().await;
    let mut all = Vec::new();
    for _ in 0..10 {
        all.push(scene.signs_in("alice").await);
    }
    let bob = scene.signs_in("bob").await;
    let before = scene.head().await;
    let position = scene.revokes(TargetRequest::Subject(subject("alice"))).await;
    assert_eq!(position.number(), before.number() + 1);
    for tokens in &all {
        assert_eq!(scene.refuses(tokens), "admin");
        assert_eq!(&*scene.renewal_refused(tokens).await.reason, "admin");
    }
    assert!(scene.accepts(&bob), "nobody else is hit");
}

#[tokio::test]
async fn the_answering_server_refuses_before_it_answers() {
    // I1: acknowledged at S means a verifier at S refuses.
    let scene = scene().await;
    let position = scene.revokes(TargetRequest::Subject(subject("alice"))).await;
    assert!(scene.verifier.watermark() >= position);
}

#[tokio::test]
async fn a_cutoff_may_spare_the_current_session() {
    // S14: everything but this one.
    let scene = scene().await;
    let (current, other) = (scene.signs_in("alice").await, scene.signs_in("alice").await);
    let except = Some(Exception::Session(session_id(&current)));
    scene.makes(RevocationRequest { except, ..alice() }).await;
    assert!(scene.accepts(&current));
    scene.renews(&current).await;
    assert_eq!(scene.refuses(&other), "admin");
    assert_eq!(&*scene.renewal_refused(&other).await.reason, "admin");
}

#[tokio::test]
async fn a_breach_window_ends_the_sign_ins_inside_it_both_ends_included() {
    // S15: signed in between T1 and T2.
    let scene = scene().await;
    let mut sign_ins = Vec::new();
    for _ in 0..4 {
        sign_ins.push(scene.signs_in("alice").await);
        scene.passes(10);
    }
    let at = |seconds| START.plus(Duration::from_secs(seconds));
    scene.makes(RevocationRequest { window: Some((at(10), at(20))), ..alice() }).await;
    let hit: Vec<bool> = sign_ins.iter().map(|tokens| !scene.accepts(tokens)).collect();
    assert_eq!(hit, [false, true, true, false]);
    scene.renews(&sign_ins[0]).await;
    assert_eq!(&*scene.renewal_refused(&sign_ins[1]).await.reason, "admin");
}

#[tokio::test]
async fn a_dry_run_counts_and_does_nothing() {
    // S25, S29
    let scene = scene().await;
    let tokens = scene.signs_in("alice").await;
    scene.signs_in("alice").await;
    let head = scene.head().await;
    let counted = outcome(&scene, RevocationRequest { dry_run: true, ..alice() }).await;
    let expected = Revoked { position: None, matched_sessions: Some(2) };
    assert_eq!(counted, RevokeOutcome::Revoked(expected));
    assert_eq!(scene.head().await, head);
    assert!(scene.accepts(&tokens));
}

#[tokio::test]
async fn more_matches_than_expected_do_nothing() {
    // S25: 409 at the surface.
    let scene = scene().await;
    let tokens = scene.signs_in("alice").await;
    scene.signs_in("alice").await;
    let head = scene.head().await;
    let too_many = outcome(&scene, RevocationRequest { expect_max: Some(1), ..alice() }).await;
    assert_eq!(too_many, RevokeOutcome::TooMany { matched: 2 });
    assert_eq!(scene.head().await, head);
    assert!(scene.accepts(&tokens));
    let fits = outcome(&scene, RevocationRequest { expect_max: Some(2), ..alice() }).await;
    assert!(matches!(fits, RevokeOutcome::Revoked(Revoked { matched_sessions: Some(2), position: Some(_) })));
    assert_eq!(scene.refuses(&tokens), "admin");
}

#[tokio::test]
async fn without_a_dry_run_or_a_bound_nothing_is_counted() {
    // Design section 9: a revocation stays O(1).
    let scene = scene().await;
    let made = outcome(&scene, alice()).await;
    assert!(matches!(made, RevokeOutcome::Revoked(Revoked { matched_sessions: None, position: Some(_) })));
}

#[tokio::test]
async fn a_repeated_request_with_one_idempotency_key_is_one_entry() {
    // Design section 5
    let scene = scene().await;
    let request = RevocationRequest { idempotency: Some("k1".into()), ..alice() };
    let first = outcome(&scene, request.clone()).await;
    scene.passes(60);
    let again = RevocationRequest { cause: "another request id".into(), ..request.clone() };
    assert_eq!(outcome(&scene, again).await, first);
    let other = RevocationRequest { target: TargetRequest::Subject(subject("bob")), ..request };
    assert_eq!(outcome(&scene, other).await, RevokeOutcome::KeyUsedOtherwise);
    assert_eq!(scene.authority.counts().revocations, 1);
}

#[tokio::test]
async fn a_request_that_makes_no_sense_is_refused_with_its_field() {
    let scene = scene().await;
    let foreign = Some(Issuer::new("https://nobody.example").unwrap());
    let token = || TargetRequest::Token { id: TokenId::new("t").unwrap(), expires_at: None };
    let session = || TargetRequest::Session(SessionId::new("s").unwrap());
    let claim = |name: &str| TargetRequest::Claim { name: name.into(), value: "x".into() };
    let except = Some(Exception::Session(SessionId::new("s").unwrap()));
    let active = scene.authority.list_keys(&scene.root()).unwrap()[0].id.clone();
    let at = |seconds| START.plus(Duration::from_secs(seconds));
    let end = RevocationRequest::end;
    for (field, request) in [
        ("issuer", RevocationRequest { issuer: foreign.clone(), ..alice() }),
        ("issuer", end(TargetRequest::Issuer(foreign.clone()))),
        (
            "issuer",
            RevocationRequest {
                issuer: foreign,
                ..end(TargetRequest::Issuer(Some(Issuer::new(crate::scene::ISSUER).unwrap())))
            },
        ),
        ("except", RevocationRequest { except: except.clone(), ..end(token()) }),
        ("except", RevocationRequest { except, ..end(session()) }),
        ("window", RevocationRequest { window: Some((START, START)), ..end(token()) }),
        ("window", RevocationRequest { window: Some((at(0), at(1))), ..alice() }),
        (
            "window",
            RevocationRequest { window: Some((START, START.minus(Duration::from_secs(1)))), ..alice() },
        ),
        ("effect", RevocationRequest { effect: Effect::Refresh, ..end(session()) }),
        ("target.id", end(TargetRequest::Key(active))),
        ("target.name", end(claim(""))),
        ("target.name", end(claim("sub"))),
        ("target.name", end(claim("aud"))),
        ("target.token", end(TargetRequest::TokenText(quash_authority::PlainToken::new("not a token")))),
        ("cause", RevocationRequest { cause: "x".repeat(257).into(), ..alice() }),
        ("Idempotency-Key", RevocationRequest { idempotency: Some("a\nb".into()), ..alice() }),
    ] {
        let error = scene.authority.revoke(&scene.root(), request).await.unwrap_err();
        let Error::Request(error) = error else { panic!("{field}: {error:?}") };
        assert_eq!(error.field, field);
    }
    assert_eq!(scene.authority.counts().revocations, 0);
}

#[tokio::test]
async fn the_entry_says_who_why_and_what_caused_it() {
    // S25: reason, actor
    let scene = scene().await;
    let caller = scene.caller(&[quash_storage::ports::Role::Revoker], None).await;
    let reason = Reason::new("left_the_company").unwrap();
    let request = RevocationRequest { reason: reason.clone(), cause: "req_7".into(), ..alice() };
    scene.authority.revoke(&caller, request).await.unwrap();
    let entries = scene.authority.list_revocations(&scene.root(), None, 10).await.unwrap().entries;
    let fact = &entries[0].fact;
    assert_eq!((&*fact.actor, &*fact.cause, &fact.reason), (caller.id().as_str(), "req_7", &reason));
    assert_eq!(fact.recorded_at, START);
}

#[tokio::test]
async fn a_retired_key_can_be_killed_and_its_tokens_may_be_renewed_silently() {
    // S21, as far as it is built: the old key is compromised, the sessions are not.
    let scene = scene().await;
    let old = scene.signs_in("alice").await;
    let key: KeyId = scene.authority.list_keys(&scene.root()).unwrap()[0].id.clone();
    scene.authority.rotate_keys(&scene.root()).await.unwrap();
    let new = scene.signs_in("alice").await;
    let request =
        RevocationRequest { effect: Effect::Refresh, ..RevocationRequest::end(TargetRequest::Key(key)) };
    scene.makes(request).await;
    assert_eq!(scene.refuses(&old), "admin");
    assert!(scene.accepts(&new));
    assert!(scene.accepts(&scene.renews(&old).await));
}

fn stale_roles(spread_seconds: Option<u64>) -> RevocationRequest {
    RevocationRequest {
        effect: Effect::Refresh,
        spread_seconds,
        reason: Reason::known(Reason::STALE_CLAIMS),
        ..RevocationRequest::end(TargetRequest::Issuer(None))
    }
}

#[tokio::test]
async fn a_spread_refresh_comes_to_every_session_at_an_instant_of_its_own() {
    // Design section 9, `spread_s`: not everybody is renewed at once, and everybody is by the end.
    let scene = scene().await;
    let mut all = Vec::new();
    for _ in 0..40 {
        all.push(scene.signs_in("alice").await);
    }
    scene.makes(stale_roles(Some(60))).await;
    let mut reached = Vec::new();
    for second in 0..=60 {
        scene.passes(u64::from(second > 0));
        reached.push(all.iter().filter(|tokens| !scene.accepts(tokens)).count());
    }
    assert!(reached.is_sorted(), "who was reached stays reached: {reached:?}");
    assert!(reached[0] < 10 && (10..30).contains(&reached[30]), "{reached:?}");
    assert_eq!(reached[60], all.len(), "at the end of the spread everybody is");
    for tokens in &all {
        assert_eq!(scene.refuses(tokens), "stale_claims");
        assert!(scene.accepts(&scene.renews(tokens).await), "a renewed token is one of after the entry");
    }
}

#[tokio::test]
async fn a_spread_is_for_a_refresh_of_many_and_no_longer_than_their_tokens_live() {
    let scene = scene().await;
    let refused =
        async |request: RevocationRequest| match scene.authority.revoke(&scene.root(), request).await {
            Err(Error::Request(error)) => error.field.into_owned(),
            other => panic!("{other:?}"),
        };
    assert_eq!(refused(stale_roles(Some(0))).await, "spread_s");
    assert_eq!(refused(stale_roles(Some(601))).await, "spread_s");
    scene.makes(stale_roles(Some(600))).await;
    let ends = RevocationRequest { effect: Effect::End, ..stale_roles(Some(60)) };
    assert_eq!(refused(ends).await, "spread_s");
    let token = TargetRequest::Token { id: TokenId::new("t1").unwrap(), expires_at: None };
    assert_eq!(refused(RevocationRequest { target: token, ..stale_roles(Some(60)) }).await, "spread_s");
}
