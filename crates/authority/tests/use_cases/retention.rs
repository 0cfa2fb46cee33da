//! How long entries are kept: the arithmetic, and the instant they go (S10, S58, I6).

use std::time::Duration;

use quash_authority::{PlainToken, RevocationRequest, Settings, TargetRequest};
use quash_core::ids::{Issuer, SessionId, TokenId};
use quash_core::revocation::decide::TimeRules;
use quash_core::revocation::entry::{Effect, NewEntry};
use quash_core::time::Timestamp;

use crate::scene::{START, Scene, scene, scene_with, session_id, settings, subject};

/// The longest life of an access token (600 s), the largest leeway (60 s), the skew (5 s).
const LONGEST: u64 = 665;

async fn entry(scene: &Scene, request: RevocationRequest) -> NewEntry {
    scene.makes(request).await.unwrap();
    scene.authority.list_revocations(&scene.root(), None, 1).await.unwrap().entries.remove(0).fact
}

fn after(seconds: u64) -> Timestamp {
    START.plus(Duration::from_secs(seconds))
}

fn token(expires_at: Option<Timestamp>) -> RevocationRequest {
    RevocationRequest::end(TargetRequest::Token { id: TokenId::new("t-1").unwrap(), expires_at })
}

#[tokio::test]
async fn a_tokens_entry_is_kept_to_its_end_and_the_largest_leeway_and_never_longer_than_any_token_lives() {
    // S10
    let scene = scene().await;
    for (expires_at, retain_until) in [
        (Some(after(100)), after(160)),
        (Some(after(600)), after(660)),
        (Some(after(100_000)), after(LONGEST)),
        (None, after(LONGEST)),
    ] {
        let entry = entry(&scene, token(expires_at)).await;
        assert_eq!((entry.retain_until, entry.enforce_until), (retain_until, retain_until));
    }
}

#[tokio::test]
async fn a_cutoff_is_kept_for_the_longest_access_token_and_enforced_for_the_longest_session() {
    // Design section 2, "Two horizons": a subject's cutoff refuses a refresh two weeks later.
    let scene = scene().await;
    let entry = entry(&scene, RevocationRequest::end(TargetRequest::Subject(subject("alice")))).await;
    assert_eq!((entry.retain_until, entry.enforce_until), (after(LONGEST), after(90 * 86_400)));
}

#[tokio::test]
async fn a_refresh_effect_is_not_enforced_against_renewals() {
    let scene = scene().await;
    let request = RevocationRequest {
        effect: Effect::Refresh,
        ..RevocationRequest::end(TargetRequest::Subject(subject("alice")))
    };
    let entry = entry(&scene, request).await;
    assert_eq!((entry.retain_until, entry.enforce_until), (after(LONGEST), after(LONGEST)));
}

#[tokio::test]
async fn a_sessions_entry_needs_no_longer_time_for_its_row_ended_with_it() {
    let scene = scene().await;
    let target = TargetRequest::Session(SessionId::new("ses_gone").unwrap());
    let entry = entry(&scene, RevocationRequest::end(target)).await;
    assert_eq!((entry.retain_until, entry.enforce_until), (after(LONGEST), after(LONGEST)));
}

#[tokio::test]
async fn a_keys_entry_is_kept_for_ever() {
    let scene = scene().await;
    let key = scene.authority.list_keys(&scene.root()).unwrap()[0].id.clone();
    scene.authority.rotate_keys(&scene.root()).await.unwrap();
    let entry = entry(&scene, RevocationRequest::end(TargetRequest::Key(key))).await;
    assert_eq!(entry.retain_until, Timestamp::FOREVER);
}

#[tokio::test]
async fn a_foreign_entry_is_kept_for_that_issuers_longest_token() {
    // S54
    let rules = TimeRules { longest_life: Duration::from_secs(3600), ..TimeRules::default() };
    let issuer = Issuer::new("https://login.example").unwrap();
    let scene =
        scene_with(Settings { foreign_issuers: [(issuer.clone(), rules)].into(), ..settings() }).await;
    let request = RevocationRequest::end(TargetRequest::Subject(subject("u1")));
    let entry = entry(&scene, RevocationRequest { issuer: Some(issuer), ..request }).await;
    assert_eq!((entry.retain_until, entry.enforce_until), (after(3665), after(3665)));
}

#[tokio::test]
async fn a_shorter_life_configured_today_keeps_entries_for_tokens_issued_yesterday() {
    // Design section 2: the longest life EVER configured.
    let first = scene().await;
    let mut shorter = settings();
    shorter.lifetimes.access = Duration::from_secs(60);
    shorter.lifetimes.absolute = Duration::from_secs(30 * 86_400);
    let again = quash_authority::testing::InMemoryAuthority::start_over(
        std::sync::Arc::clone(&first.store),
        shorter,
        std::sync::Arc::clone(&first.clock),
        2,
    );
    let again = Scene(again.await.unwrap());
    let entry = entry(&again, RevocationRequest::end(TargetRequest::Subject(subject("alice")))).await;
    assert_eq!((entry.retain_until, entry.enforce_until), (after(LONGEST), after(90 * 86_400)));
}

#[tokio::test]
async fn an_entry_is_gone_from_memory_and_store_at_its_end_and_not_a_moment_earlier() {
    // S10, S58
    let scene = scene().await;
    let tokens = scene.signs_in("alice").await;
    scene.revokes(TargetRequest::TokenText(PlainToken::new(tokens.access_token.expose()))).await;
    scene.clock.set(START.plus(Duration::from_millis(659_999)));
    let kept = scene.authority.maintain().await.unwrap();
    assert_eq!((kept.store.entries, kept.verifier_entries, scene.verifier.live_entries()), (0, 0, 1));
    scene.clock.set(after(660));
    let gone = scene.authority.maintain().await.unwrap();
    assert_eq!((gone.store.entries, gone.verifier_entries, scene.verifier.live_entries()), (1, 1, 0));
}

#[tokio::test]
async fn a_clock_that_jumps_back_behind_a_purge_revives_nothing() {
    // I6, I10: the ratchet.
    let scene = scene().await;
    let tokens = scene.signs_in("alice").await;
    scene.revokes(TargetRequest::Session(session_id(&tokens))).await;
    scene.passes(3600);
    scene.authority.maintain().await.unwrap();
    scene.clock.set(START);
    assert_eq!(scene.authority.now(), after(3600));
    let fresh = scene.signs_in("alice").await;
    assert_eq!(scene.claims(&fresh).issued_at(), Some(after(3600).seconds()));
    let again = quash_authority::testing::InMemoryAuthority::start_over(
        std::sync::Arc::clone(&scene.store),
        settings(),
        std::sync::Arc::clone(&scene.clock),
        2,
    );
    assert_eq!(again.await.unwrap().authority.now(), after(3600), "over a restart too");
}

#[tokio::test]
async fn an_entry_outlives_tokens_that_were_issued_while_the_clock_was_ahead() {
    // I6, I10: found by the simulation.
    let scene = scene().await;
    scene.clock.set(after(5_000));
    let tokens = scene.signs_in("alice").await;
    scene.clock.set(START);
    scene.revokes(TargetRequest::Subject(subject("alice"))).await;
    scene.clock.set(after(1_000));
    scene.authority.maintain().await.unwrap();
    scene.clock.set(after(5_001));
    assert_eq!(scene.refuses(&tokens), "admin");
}
