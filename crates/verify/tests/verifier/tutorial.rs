//! Tokens as ordinary tutorials make them, unchanged (S54; design, "verifier"): HS256 under a short secret,
//! `typ: JWT`, no `iss`, no `aud`, the user in `id`.

use std::time::Duration;

use quash_core::position::Position;
use quash_core::revocation::decide::TimeRules;
use quash_core::revocation::target::Target;
use quash_jose::{Algorithm, KeyError, KeySet, Secret};
use quash_verify::{IssuerConfig, Relaxation, Verifier};

use crate::support::{World, end, issuer, log_key, signing_key, target};

const NAME: &str = "shop";
const ISSUED: u64 = 1_700_000_000;

/// `{"id":42,"username":"mia","jti":"5f2c1d1e-7d0c-4f6b-9a57-3f1f8f0e2b11","deviceId":"pixel-7",
/// "iat":1700000000,"exp":1700003600}` under the secret `mysecretkey`.
const MIA: &str = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpZCI6NDIsInVzZXJuYW1lIjoibWlhIiwianRpIjoiNWYyYzFkM\
     WUtN2QwYy00ZjZiLTlhNTctM2YxZjhmMGUyYjExIiwiZGV2aWNlSWQiOiJwaXhlbC03IiwiaWF0IjoxNzAwMDAwMDA\
     wLCJleHAiOjE3MDAwMDM2MDB9.hkt40_k22G6lhbIA6UBUUnz0Ku8svyTGfn3H1C5qQjU";

/// `{"id":"64a7f0c2e1b2a3d4c5f60718","username":"noah","iat":1700000000,"exp":1700003600}`: no `jti` either.
const NOAH: &str = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpZCI6IjY0YTdmMGMyZTFiMmEzZDRjNWY2MDcxOCIsInVzZXJuY\
     W1lIjoibm9haCIsImlhdCI6MTcwMDAwMDAwMCwiZXhwIjoxNzAwMDAzNjAwfQ._pTeejaDfrhiX_AHC7fOMwYi05Yc\
     Rv4FfbJqwlrrtzI";

fn needed() -> Vec<Relaxation> {
    vec![
        Relaxation::ShortSecret,
        Relaxation::MissingIssuer,
        Relaxation::MissingAudience,
        Relaxation::TypeJwt,
        Relaxation::SubjectClaim("id".to_owned()),
        Relaxation::DeviceClaim("deviceId".to_owned()),
    ]
}

fn config(relaxations: Vec<Relaxation>) -> Result<IssuerConfig, KeyError> {
    let rules = TimeRules { longest_life: Duration::from_secs(3600), ..TimeRules::default() };
    let start = IssuerConfig::foreign(issuer(NAME), Vec::new(), KeySet::default()).with_rules(rules);
    let relaxed = relaxations.into_iter().fold(start, IssuerConfig::relax);
    relaxed.with_secret(Algorithm::Hs256, &Secret::new(b"mysecretkey".to_vec()))
}

fn world(relaxations: Vec<Relaxation>) -> World {
    let builder = Verifier::builder().issuer(config(relaxations).unwrap());
    let verifier = builder.build(log_key(), Position::new(1).unwrap()).unwrap();
    World { own_key: signing_key(1, "own"), foreign_key: signing_key(2, "foreign"), verifier }
}

#[test]
fn they_are_accepted_under_named_relaxations() {
    let world = world(needed());
    let checked = world.check(MIA, ISSUED);
    let token = checked.accepted().unwrap();
    assert_eq!(token.subject(), Some("42"), "an integer counts as its decimal text");
    assert_eq!(token.device(), Some("pixel-7"));
    assert_eq!(token.issuer().as_str(), NAME);
    assert_eq!(world.check(NOAH, ISSUED).accepted().unwrap().subject(), Some("64a7f0c2e1b2a3d4c5f60718"));
    assert_eq!(world.refusal(MIA, ISSUED + 3600), "expired");
}

#[test]
fn without_any_one_of_the_relaxations_they_are_refused() {
    for missing in needed() {
        let rest: Vec<_> = needed().into_iter().filter(|relaxation| *relaxation != missing).collect();
        match missing {
            Relaxation::ShortSecret => assert_eq!(config(rest).err(), Some(KeyError::ShortSecret)),
            // Only the device would go unnoticed.
            Relaxation::DeviceClaim(_) => {
                assert_eq!(world(rest).check(MIA, ISSUED).accepted().unwrap().device(), None);
            }
            _ => assert!(!world(rest).accepts(MIA, ISSUED), "without {}", missing.name()),
        }
    }
}

#[test]
fn an_empty_secret_is_refused_under_every_relaxation() {
    // attack row 1
    let relaxed = needed()
        .into_iter()
        .fold(IssuerConfig::foreign(issuer(NAME), Vec::new(), KeySet::default()), IssuerConfig::relax);
    let refused = relaxed.with_secret(Algorithm::Hs256, &Secret::new(Vec::new()));
    assert_eq!(refused.err(), Some(KeyError::EmptySecret));
}

#[test]
fn they_are_revoked_by_jti_subject_device_claim_and_issuer_one_by_one() {
    let targets = [
        target::token("5f2c1d1e-7d0c-4f6b-9a57-3f1f8f0e2b11"),
        target::subject("42"),
        target::device("42", "pixel-7"),
        target::claim("username", "mia"),
    ];
    for target in targets {
        let world = world(needed());
        assert!(world.accepts(MIA, ISSUED));
        world.revoke(end(target.clone()).of(NAME).recorded(ISSUED).because("banned"));
        assert_eq!(world.refusal(MIA, ISSUED), "banned", "{target:?}");
        assert!(world.accepts(NOAH, ISSUED), "{target:?} hit another user");
    }
    let world = world(needed());
    world.revoke(end(Target::Issuer).of(NAME).recorded(ISSUED));
    assert!(!world.accepts(MIA, ISSUED) && !world.accepts(NOAH, ISSUED));
}

#[test]
fn one_without_jti_is_revoked_by_the_digest_of_its_signing_input() {
    // S11
    let world = world(needed());
    let digest = *world.check(NOAH, ISSUED).accepted().unwrap().digest().unwrap();
    assert!(world.check(MIA, ISSUED).accepted().unwrap().digest().is_none(), "it has a jti");
    world.revoke(end(Target::TokenDigest(digest)).of(NAME));
    assert!(!world.accepts(NOAH, ISSUED) && world.accepts(MIA, ISSUED));
}
