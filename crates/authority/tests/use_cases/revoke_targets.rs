//! All eight targets (S25), own and foreign, and whom each spares.

use std::collections::BTreeSet;
use std::time::Duration;

use quash_authority::{
    DeviceDescription, PlainToken, RevocationRequest, RevokeOutcome, Revoked, Settings, SignIn,
    TargetRequest, TokenReply,
};
use quash_core::ids::{DeviceId, Issuer, TokenId};
use quash_core::revocation::decide::TimeRules;
use quash_core::revocation::target::Target;
use quash_core::verified::TokenDigest;
use quash_jose::digest::sha256;
use quash_jose::{Algorithm, SigningKey};
use serde_json::json;

use crate::scene::{START, Scene, client_id, scene, scene_with, session_id, settings, sign_in, subject};

const FOREIGN: &str = "https://login.example";

/// Four sign-ins that differ in everything a target can name.
async fn cast(scene: &Scene) -> Vec<(&'static str, TokenReply)> {
    let opens = async |who, device: &str, client: &str, role: &str| {
        let device =
            DeviceDescription { id: Some(DeviceId::new(device).unwrap()), ..DeviceDescription::default() };
        let claims = json!({"role": role}).as_object().unwrap().clone();
        scene.opens(SignIn { device, claims, client: client_id(client), ..sign_in(who) }).await
    };
    vec![
        ("alice's phone", opens("alice", "phone", "web", "editor").await),
        ("alice's laptop", opens("alice", "laptop", "shop", "reader").await),
        ("bob's phone", opens("bob", "phone", "web", "reader").await),
        ("carol's tv", opens("carol", "tv", "shop", "editor").await),
    ]
}

#[tokio::test]
async fn every_target_hits_what_it_names_and_nothing_else() {
    // S16, S25, I7; a dry run counts the same sessions first.
    let everybody = ["alice's phone", "alice's laptop", "bob's phone", "carol's tv"];
    let phone = DeviceId::new("phone").unwrap();
    let claim = |value: &str| TargetRequest::Claim { name: "role".into(), value: value.into() };
    let targets: Vec<(TargetRequest, Vec<&str>)> = vec![
        (TargetRequest::Subject(subject("alice")), vec!["alice's phone", "alice's laptop"]),
        (TargetRequest::Device { subject: subject("alice"), device: phone }, vec!["alice's phone"]),
        (TargetRequest::Client(client_id("web")), vec!["alice's phone", "bob's phone"]),
        (claim("editor"), vec!["alice's phone", "carol's tv"]),
        (claim("edit"), vec![]),
        (TargetRequest::Issuer(Some(Issuer::new(crate::scene::ISSUER).unwrap())), everybody.to_vec()),
    ];
    for (target, expected) in targets {
        let scene = scene().await;
        let cast = cast(&scene).await;
        let dry = RevocationRequest { dry_run: true, ..RevocationRequest::end(target.clone()) };
        let counted = scene.authority.revoke(&scene.root(), dry).await.unwrap();
        let count = Revoked { position: None, matched_sessions: Some(expected.len() as u64) };
        assert_eq!(counted, RevokeOutcome::Revoked(count), "{target:?}");
        scene.revokes(target.clone()).await;
        let hit: Vec<&str> =
            cast.iter().filter(|(_, tokens)| !scene.accepts(tokens)).map(|(name, _)| *name).collect();
        assert_eq!(hit, expected, "{target:?}");
        let later = self::cast(&scene).await;
        assert!(later.iter().all(|(_, tokens)| scene.accepts(tokens)), "{target:?}: sign-ins after it pass");
    }
}

#[tokio::test]
async fn a_token_target_hits_one_token_and_spares_its_session() {
    // S10
    let scene = scene().await;
    let tokens = scene.signs_in("alice").await;
    let renewed = scene.renews(&tokens).await;
    let id = TokenId::new(scene.claims(&tokens).token().unwrap()).unwrap();
    scene.revokes(TargetRequest::Token { id, expires_at: None }).await;
    assert_eq!(scene.refuses(&tokens), "admin");
    assert!(scene.accepts(&renewed));
    scene.renews(&renewed).await;
}

#[tokio::test]
async fn a_denied_token_stays_refused_while_its_session_is_prolonged_day_after_day() {
    // S28: a daily denylist with prolongation is S10 and S04. The entry is gone after the token's own life.
    let scene = scene().await;
    let denied = scene.signs_in("alice").await;
    scene.revokes(TargetRequest::TokenText(denied.access_token.clone())).await;
    let mut tokens = scene.renews(&denied).await;
    assert_eq!(scene.refuses(&denied), "admin");
    for _ in 0..20 {
        scene.passes(86_400);
        scene.authority.maintain().await.unwrap();
        tokens = scene.renews(&tokens).await;
        assert!(scene.accepts(&tokens));
        assert_eq!(scene.refuses(&denied), "expired");
    }
    assert_eq!(scene.verifier.live_entries(), 0);
}

#[tokio::test]
async fn a_token_in_the_clear_is_known_by_its_jti() {
    // Design section 9: the server takes its `jti` and its `exp`, and forgets it.
    let scene = scene().await;
    let tokens = scene.signs_in("alice").await;
    scene.revokes(TargetRequest::TokenText(tokens.access_token.clone())).await;
    assert_eq!(scene.refuses(&tokens), "admin");
    let entries = scene.authority.list_revocations(&scene.root(), None, 1).await.unwrap().entries;
    let expected = Target::Token(TokenId::new(scene.claims(&tokens).token().unwrap()).unwrap());
    assert_eq!(entries[0].fact.target, expected);
    let end = START.plus(Duration::from_secs(660));
    assert_eq!(entries[0].fact.retain_until, end, "its `exp` and the largest leeway");
}

#[tokio::test]
async fn a_session_target_ends_access_and_refresh_token_together() {
    // S08; S19: the random code of a login is its `sid`, and ending it spares every other login.
    let scene = scene().await;
    let (one, other) = (scene.signs_in("alice").await, scene.signs_in("alice").await);
    scene.revokes(TargetRequest::Session(session_id(&one))).await;
    assert_eq!(scene.refuses(&one), "admin");
    assert_eq!(&*scene.renewal_refused(&one).await.reason, "admin");
    assert!(scene.accepts(&other));
}

fn with_foreign() -> Settings {
    let rules = TimeRules { longest_life: Duration::from_secs(3600), ..TimeRules::default() };
    let foreign_issuers = [(Issuer::new(FOREIGN).unwrap(), rules)].into();
    Settings { foreign_issuers, ..settings() }
}

fn foreign_token(claims: &serde_json::Value) -> String {
    let key = SigningKey::generate(Algorithm::Hs256, None).unwrap();
    key.mint("JWT", claims).unwrap()
}

#[tokio::test]
async fn a_foreign_token_without_jti_is_known_by_the_digest_of_its_signing_input() {
    // S11, attack row 6: a re-spelled signature changes nothing about the digest.
    let scene = scene_with(with_foreign()).await;
    let token = foreign_token(&json!({"iss": FOREIGN, "sub": "u1", "exp": START.seconds() + 100}));
    scene.revokes(TargetRequest::TokenText(PlainToken::new(&*token))).await;
    let (signing_input, _) = token.rsplit_once('.').unwrap();
    let other_signature = format!("{signing_input}.{}", "A".repeat(43));
    scene.revokes(TargetRequest::TokenText(PlainToken::new(other_signature))).await;
    let entries = scene.authority.list_revocations(&scene.root(), None, 10).await.unwrap().entries;
    let targets: BTreeSet<_> = entries.iter().map(|entry| format!("{:?}", entry.fact.target)).collect();
    let expected = Target::TokenDigest(TokenDigest(sha256(signing_input.as_bytes())));
    assert_eq!(targets, BTreeSet::from([format!("{expected:?}")]));
    assert_eq!(entries[0].fact.issuer.as_str(), FOREIGN);
}

#[tokio::test]
async fn a_token_that_names_no_issuer_needs_one_beside_it() {
    // S54: tutorial-style tokens have no `iss`. An entry for the wrong issuer would hit nothing.
    let scene = scene_with(with_foreign()).await;
    let token = PlainToken::new(foreign_token(&json!({"id": 7, "jti": "t-1", "exp": START.seconds() + 100})));
    let request = RevocationRequest::end(TargetRequest::TokenText(token));
    let error = scene.authority.revoke(&scene.root(), request.clone()).await.unwrap_err();
    assert!(matches!(error, quash_authority::Error::Request(error) if error.field == "issuer"));
    let issuer = Some(Issuer::new(FOREIGN).unwrap());
    scene.makes(RevocationRequest { issuer, ..request }).await.unwrap();
}

#[tokio::test]
async fn a_foreign_cutoff_ends_no_session_of_ours() {
    // Attack row 21: the same `sub` at two issuers.
    let scene = scene_with(with_foreign()).await;
    let tokens = scene.signs_in("alice").await;
    let issuer = Some(Issuer::new(FOREIGN).unwrap());
    let request = RevocationRequest::end(TargetRequest::Subject(subject("alice")));
    scene.makes(RevocationRequest { issuer, ..request }).await;
    assert!(scene.accepts(&tokens));
    scene.renews(&tokens).await;
}

#[tokio::test]
async fn a_credential_for_one_client_reaches_that_client_and_its_sessions_only() {
    // Attack rows 26 and 37
    let scene = scene().await;
    let cast = cast(&scene).await;
    let caller = scene.caller(&[quash_storage::ports::Role::Revoker], Some("shop")).await;
    for forbidden in [
        TargetRequest::Subject(subject("carol")),
        TargetRequest::Client(client_id("web")),
        TargetRequest::Session(session_id(&cast[0].1)),
        TargetRequest::Issuer(Some(Issuer::new(crate::scene::ISSUER).unwrap())),
        TargetRequest::TokenText(cast[3].1.access_token.clone()),
    ] {
        let error = scene.authority.revoke(&caller, RevocationRequest::end(forbidden)).await.unwrap_err();
        assert!(matches!(error, quash_authority::Error::Forbidden(_)));
    }
    for allowed in [TargetRequest::Session(session_id(&cast[3].1)), TargetRequest::Client(client_id("shop"))]
    {
        scene.authority.revoke(&caller, RevocationRequest::end(allowed)).await.unwrap();
    }
}
