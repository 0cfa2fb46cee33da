//! Whose tokens are taken, and under which rules.

use quash_verify::{IssuerConflict, Mode, Relaxation, Verifier};
use serde_json::json;

use crate::support::{
    FOREIGN, HEAD, NOW, OWN, World, end, foreign_config, issuer, key_set, log_key, own_config, signing_key,
    target,
};

#[test]
fn own_and_foreign_tokens_are_accepted_side_by_side() {
    let world = World::new();
    let (own, foreign) = (world.own(&json!({})), world.foreign(&json!({})));
    let checked = world.check(&own, NOW);
    let token = checked.accepted().unwrap();
    assert!(token.is_own() && token.subject() == Some("alice") && token.issuer().as_str() == OWN);
    let checked = world.check(&foreign, NOW);
    let token = checked.accepted().unwrap();
    assert!(!token.is_own() && token.issuer().as_str() == FOREIGN);
}

#[test]
fn a_token_of_an_issuer_that_nobody_trusts_is_refused() {
    let world = World::new();
    for name in ["https://login.example/", "HTTPS://login.example", "https://login.exampl", ""] {
        let token = world.own(&json!({ "iss": name }));
        assert_eq!(
            world.refusal(&token, NOW),
            "invalid_token",
            "the issuer is compared byte by byte: {name:?}"
        );
    }
    assert_eq!(world.defect(&world.own(&json!({ "iss": null })), NOW), "unknown_issuer");
    assert_eq!(world.defect(&world.own(&json!({ "iss": "https://who.example" })), NOW), "unknown_issuer");
    assert_eq!(world.defect(&world.own(&json!({ "iss": [OWN] })), NOW), "unknown_issuer", "attack row 23");
}

#[test]
fn a_key_vouches_for_its_own_issuer_only() {
    // attack row 21: a key id collision across issuers; ASVS 6.8.1.
    let (ours, theirs) = (signing_key(1, "same-kid"), signing_key(2, "same-kid"));
    let verifier = Verifier::builder()
        .issuer(own_config(&ours))
        .issuer(foreign_config(&theirs))
        .build(log_key(), quash_core::position::Position::ZERO)
        .unwrap();
    let world = World { own_key: theirs, foreign_key: ours, verifier };
    assert_eq!(world.defect(&world.own(&json!({})), NOW), "bad_signature");
    assert_eq!(world.defect(&world.foreign(&json!({})), NOW), "bad_signature");
}

#[test]
fn a_position_in_a_foreign_token_is_a_strangers_word_and_is_not_believed() {
    let world = World::new();
    let token = world.foreign(&json!({ "pos": HEAD + 1_000_000 }));
    assert!(world.accepts(&token, NOW));
    world.revoke(end(target::subject("alice")).foreign());
    assert_eq!(world.refusal(&token, NOW), "admin");
}

#[test]
fn a_foreign_token_must_say_what_revocation_needs() {
    let world = World::new();
    for missing in ["sub", "iat", "exp"] {
        let token = world.foreign(&json!({ missing: null }));
        assert_eq!(world.defect(&token, NOW), "missing_claim", "{missing}");
    }
    assert_eq!(world.defect(&world.foreign(&json!({ "aud": null })), NOW), "wrong_audience");
    assert_eq!(world.defect(&world.foreign(&json!({ "aud": "api2" })), NOW), "wrong_audience");
    let untyped = world.foreign_key.mint("JWT", &crate::support::foreign_claims()).unwrap();
    assert_eq!(world.defect(&untyped, NOW), "wrong_type");
}

#[test]
fn each_relaxation_lifts_its_own_rule_and_no_other() {
    let cases = [
        (Relaxation::MissingAudience, "at+jwt", json!({ "aud": null })),
        (Relaxation::AnyAudience, "at+jwt", json!({ "aud": "somebody-else" })),
        (Relaxation::TypeJwt, "JWT", json!({})),
        (Relaxation::AnyType, "whatever", json!({})),
        (Relaxation::MissingSubject, "at+jwt", json!({ "sub": null })),
        (Relaxation::MissingIssuedAt, "at+jwt", json!({ "iat": null })),
        (Relaxation::MissingIssuer, "at+jwt", json!({ "iss": null })),
        (Relaxation::SubjectClaim("id".to_owned()), "at+jwt", json!({ "sub": null, "id": 17 })),
    ];
    let key = signing_key(2, "foreign-1");
    for (relaxation, ..) in &cases {
        let world =
            World::with(|_| Verifier::builder().issuer(foreign_config(&key).relax(relaxation.clone())));
        for (other, typ, changes) in &cases {
            let claims = crate::support::merged(crate::support::foreign_claims(), changes);
            let token = key.mint(typ, &claims).unwrap();
            let needs_both = other != relaxation;
            // A subject elsewhere also stands where a missing subject is allowed.
            let covered =
                matches!((relaxation, other), (Relaxation::MissingSubject, Relaxation::SubjectClaim(_)))
                    || matches!((relaxation, other), (Relaxation::AnyType, Relaxation::TypeJwt))
                    || matches!((relaxation, other), (Relaxation::AnyAudience, Relaxation::MissingAudience));
            assert_eq!(
                world.accepts(&token, NOW),
                !needs_both || covered,
                "a token for {} under {}",
                other.name(),
                relaxation.name()
            );
        }
    }
}

#[test]
fn only_one_issuer_can_take_tokens_without_a_name() {
    let config = |name: &str| {
        let key = signing_key(3, "k");
        quash_verify::IssuerConfig::foreign(issuer(name), Vec::new(), key_set(&[&key]))
            .relax(Relaxation::MissingIssuer)
    };
    let built = Verifier::builder()
        .issuer(config("https://a.example"))
        .issuer(config("https://b.example"))
        .build(log_key(), quash_core::position::Position::ZERO);
    let expected = IssuerConflict::TwoNameless {
        first: issuer("https://a.example"),
        second: issuer("https://b.example"),
    };
    assert_eq!(built.err(), Some(expected));
    // Configuring the same one anew is no conflict.
    let verifier = Verifier::builder()
        .issuer(config("https://a.example"))
        .build(log_key(), quash_core::position::Position::ZERO)
        .unwrap();
    assert_eq!(verifier.set_issuer(&config("https://a.example")), Ok(()));
    assert!(verifier.set_issuer(&config("https://b.example")).is_err());
    assert!(verifier.remove_issuer(&issuer("https://a.example")));
    assert_eq!(verifier.set_issuer(&config("https://b.example")), Ok(()));
}

#[test]
fn our_own_authority_is_never_relaxed_observed_or_named_twice() {
    let key = signing_key(1, "own-1");
    let build = |configs: Vec<quash_verify::IssuerConfig>| {
        let builder = configs.into_iter().fold(Verifier::builder(), quash_verify::Builder::issuer);
        builder.build(log_key(), quash_core::position::Position::ZERO).err()
    };
    let relaxed = own_config(&key).relax(Relaxation::AnyAudience);
    assert_eq!(build(vec![relaxed]), Some(IssuerConflict::OwnRelaxed(issuer(OWN))));
    let observed = own_config(&key).with_mode(Mode::Observe);
    assert_eq!(build(vec![observed]), Some(IssuerConflict::OwnObserved(issuer(OWN))));
    let twice = vec![own_config(&key), own_config(&key)];
    assert_eq!(build(twice), Some(IssuerConflict::Duplicate(issuer(OWN))));
}

#[test]
fn an_issuer_that_is_removed_or_gets_other_rules_loses_its_cached_signatures() {
    let world = World::new();
    let token = world.foreign(&json!({}));
    assert!(world.accepts(&token, NOW) && world.accepts(&token, NOW));
    let other_audience = quash_verify::IssuerConfig::foreign(
        issuer(FOREIGN),
        vec!["another".to_owned()],
        key_set(&[&world.foreign_key]),
    );
    world.verifier.set_issuer(&other_audience).unwrap();
    assert_eq!(world.defect(&token, NOW), "wrong_audience");
    world.verifier.set_issuer(&foreign_config(&world.foreign_key)).unwrap();
    assert!(world.accepts(&token, NOW) && world.accepts(&token, NOW));
    assert!(world.verifier.remove_issuer(&issuer(FOREIGN)));
    assert!(!world.verifier.remove_issuer(&issuer(FOREIGN)));
    assert_eq!(world.defect(&token, NOW), "unknown_issuer");
}

#[test]
fn what_is_relaxed_or_observed_is_told_in_words() {
    let key = signing_key(2, "k");
    assert!(foreign_config(&key).warnings().is_empty());
    let config = foreign_config(&key)
        .relax(Relaxation::ShortSecret)
        .relax(Relaxation::SubjectClaim("id".to_owned()))
        .with_mode(Mode::Observe);
    let warnings = config.warnings();
    assert_eq!(warnings.len(), 3);
    assert!(warnings.iter().all(|warning| warning.contains(FOREIGN)));
    assert!(
        warnings[0].contains("short_secret")
            && warnings[1].contains("`id`")
            && warnings[2].contains("observe")
    );
}
