//! What entries refuse: rows 17 to 21 of the attacks, through the whole verifier.

use quash_core::ids::{SessionId, TokenId};
use quash_core::revocation::entry::{Effect, Exception};
use quash_core::revocation::rejection::Remedy;
use quash_core::revocation::target::Target;
use serde_json::{Value, json};

use crate::support::{EntryOf, HEAD, NOW, World, end, target};

fn refused_after(entry: EntryOf, token: impl Fn(&World) -> String) -> bool {
    let world = World::new();
    let token = token(&world);
    assert!(world.accepts(&token, NOW));
    world.revoke(entry);
    let refused = !world.accepts(&token, NOW);
    assert_eq!(refused, !world.accepts(&token, NOW), "asking again changes nothing");
    refused
}

#[test]
fn every_kind_of_target_hits_the_tokens_that_it_names_and_no_others() {
    // I7; S10, S08, S13, S32, S16, S21, S15
    let own = |claims: Value| move |world: &World| world.own(&claims);
    let targets = [
        (target::token("tok_1"), json!({ "jti": "tok_2" })),
        (target::session("ses_1"), json!({ "sid": "ses_2" })),
        (target::subject("alice"), json!({ "sub": "bob" })),
        (target::device("alice", "dev_1"), json!({ "device_id": "dev_2" })),
        (target::client("web"), json!({ "client_id": "mobile" })),
        (target::claim("role", "admin"), json!({ "role": "user" })),
    ];
    for (target, another) in targets {
        let named = json!({ "role": ["user", "admin"] });
        assert!(refused_after(end(target.clone()), own(named)), "{target:?}");
        assert!(!refused_after(end(target.clone()), own(another)), "{target:?} hit another");
        assert!(
            !refused_after(end(target.clone()).foreign(), own(json!({}))),
            "{target:?} of another issuer"
        );
    }
    assert!(refused_after(end(Target::Issuer), own(json!({}))));
    assert!(!refused_after(end(Target::Issuer).foreign(), own(json!({}))));
}

#[test]
fn a_device_of_one_subject_is_not_that_of_another() {
    // attack row 21
    let token = |world: &World| world.own(&json!({ "sub": "bob" }));
    assert!(!refused_after(end(target::device("alice", "dev_1")), token));
}

#[test]
fn equal_subjects_of_two_issuers_are_two_people() {
    // attack row 21
    let world = World::new();
    let (own, foreign) = (world.own(&json!({})), world.foreign(&json!({})));
    world.revoke(end(target::subject("alice")));
    assert!(!world.accepts(&own, NOW) && world.accepts(&foreign, NOW));
    world.revoke(end(target::token("tok_1")).foreign());
    assert!(!world.accepts(&foreign, NOW));
}

#[test]
fn a_subject_that_is_no_string_is_refused() {
    // attack row 21
    let world = World::new();
    for subject in [json!(17), json!(["alice"]), json!({ "a": 1 }), json!(true)] {
        assert_eq!(world.defect(&world.own(&json!({ "sub": subject })), NOW), "malformed_claim");
    }
}

#[test]
fn a_token_from_the_future_is_refused_beyond_the_skew() {
    // attack row 17: it would escape every cutoff. The skew is 5 s.
    let world = World::new();
    let iat = |ahead: u64| world.foreign(&json!({ "iat": NOW + ahead, "exp": NOW + 300 }));
    assert!(world.accepts(&iat(5), NOW));
    assert_eq!(world.refusal(&iat(6), NOW), "issued_in_future");
    assert!(world.accepts(&iat(6), NOW + 1), "a second later it is within");
}

#[test]
fn a_foreign_token_of_the_cutoffs_own_second_is_refused_and_leeway_never_helps() {
    // attack row 19 and "same-second cutoffs": iat <= cutoff + skew.
    let issued = |iat: u64| move |world: &World| world.foreign(&json!({ "iat": iat }));
    let cutoff = || end(target::subject("alice")).foreign().recorded(NOW - 10);
    assert!(refused_after(cutoff(), issued(NOW - 11)));
    assert!(refused_after(cutoff(), issued(NOW - 10)));
    assert!(refused_after(cutoff(), issued(NOW - 5)), "within the skew of 5 s");
    assert!(!refused_after(cutoff(), issued(NOW - 4)));
}

#[test]
fn an_own_token_of_the_cutoffs_own_second_is_judged_by_position() {
    // attack row 19; S14: a sign-in in the same second passes, an older token of that second does not.
    let world = World::new();
    let before = world.own(&json!({ "pos": HEAD }));
    let position = world.revoke(end(target::subject("alice"))).number();
    let after = world.own(&json!({ "jti": "tok_2", "pos": position }));
    assert!(!world.accepts(&before, NOW));
    assert!(world.accepts(&after, NOW));
    let again = world.revoke(end(target::subject("alice"))).number();
    assert_eq!(again, position + 1, "two changes in one second");
    assert!(!world.accepts(&after, NOW));
}

#[test]
fn a_foreign_token_without_iat_is_hit_by_every_cutoff_and_one_without_jti_by_its_digest() {
    // attack row 18; S11
    let key = crate::support::signing_key(2, "foreign-1");
    let relaxed = crate::support::foreign_config(&key).relax(quash_verify::Relaxation::MissingIssuedAt);
    let world = World::with(|_| quash_verify::Verifier::builder().issuer(relaxed));
    let token = world.foreign(&json!({ "iat": null, "jti": null }));
    assert!(world.accepts(&token, NOW));
    let digest =
        world.check(&token, NOW).accepted().unwrap().digest().copied().expect("kept for want of a jti");
    world.revoke(end(Target::TokenDigest(digest)).foreign().because("stolen"));
    assert_eq!(world.refusal(&token, NOW), "stolen");
    let other = world.foreign(&json!({ "iat": null, "jti": null, "sid": "ses_2" }));
    assert!(world.accepts(&other, NOW));
    world.revoke(end(target::subject("alice")).foreign().recorded(NOW - 100_000));
    assert_eq!(world.refusal(&other, NOW), "admin", "the cutoff may be as old as it will");
}

#[test]
fn several_cutoffs_add_up_in_any_order() {
    // attack row 20: an older, wider cutoff must not hide a younger, narrower one (CVE-2026-18218).
    let targets =
        [Target::Issuer, target::client("web"), target::subject("alice"), target::device("alice", "dev_1")];
    for first in &targets {
        for second in &targets {
            let world = World::new();
            let position = world.revoke(end(first.clone()).because("first")).number();
            let token = world.own(&json!({ "pos": position }));
            assert!(world.accepts(&token, NOW), "issued after the first");
            world.revoke(end(second.clone()).because("second"));
            assert_eq!(world.refusal(&token, NOW), "second", "{first:?} then {second:?}");
        }
    }
}

#[test]
fn an_end_wins_over_a_refresh_and_each_says_what_to_do() {
    // S09, S26
    let world = World::new();
    let token = world.own(&json!({}));
    world.revoke(end(target::subject("alice")).effect(Effect::Refresh).because("stale_claims"));
    let checked = world.check(&token, NOW);
    assert_eq!(checked.rejection().unwrap().remedy(), Remedy::RenewSilently);
    world.revoke(end(target::session("ses_1")).because("kicked"));
    world.revoke(end(target::subject("alice")).effect(Effect::Refresh).because("stale_claims"));
    let checked = world.check(&token, NOW);
    assert_eq!(checked.rejection().unwrap().remedy(), Remedy::SignInAgain);
    assert_eq!(checked.rejection().unwrap().reason(), "kicked");
}

#[test]
fn an_exception_spares_one_session_or_one_token() {
    // S14: everything but this one
    let world = World::new();
    let (this, other) = (world.own(&json!({})), world.own(&json!({ "sid": "ses_2", "jti": "tok_2" })));
    let spared = Exception::Session(SessionId::new("ses_1").unwrap());
    world.revoke(end(target::subject("alice")).except(spared));
    assert!(world.accepts(&this, NOW) && !world.accepts(&other, NOW));
    let spared = Exception::Token(TokenId::new("tok_1").unwrap());
    world.revoke(end(target::client("web")).except(spared));
    assert!(world.accepts(&this, NOW));
    world.revoke(end(target::client("web")));
    assert!(!world.accepts(&this, NOW));
}

#[test]
fn a_window_narrows_a_cutoff_to_when_its_users_signed_in() {
    // S15: breach window, both ends included
    let token = |auth_time: u64| move |world: &World| world.own(&json!({ "auth_time": auth_time }));
    let breach = || end(Target::Issuer).between(NOW - 200, NOW - 100);
    assert!(!refused_after(breach(), token(NOW - 201)));
    assert!(refused_after(breach(), token(NOW - 200)));
    assert!(refused_after(breach(), token(NOW - 100)));
    assert!(!refused_after(breach(), token(NOW - 99)));
}

#[test]
fn life_ends_at_exp_exactly_and_a_verified_token_is_told_why() {
    // RFC 7519 section 4.1.4: on or after; S01, S09
    let world = World::new();
    let token = world.own(&json!({ "exp": NOW + 300, "nbf": NOW + 10 }));
    assert_eq!(world.refusal(&token, NOW + 9), "not_yet_valid");
    assert!(world.accepts(&token, NOW + 10) && world.accepts(&token, NOW + 299));
    assert_eq!(world.refusal(&token, NOW + 300), "expired");
    let checked = world.verifier.check(&token, crate::support::at(NOW + 300)).unwrap();
    let quash_verify::Checked::Rejected(refusal) = checked else { panic!("accepted") };
    assert_eq!(refusal.claims().unwrap().subject(), Some("alice"));
}

#[test]
fn a_token_that_would_outlive_the_memory_of_its_revocation_is_refused() {
    // S10: the longest life is 600 s
    let world = World::new();
    assert!(world.accepts(&world.own(&json!({ "exp": NOW + 600 })), NOW));
    assert_eq!(world.refusal(&world.own(&json!({ "exp": NOW + 601 })), NOW), "life_too_long");
}

#[test]
fn a_token_ahead_of_the_watermark_is_judged_by_what_is_known_and_again_by_what_comes() {
    let world = World::new();
    let token = world.own(&json!({ "pos": HEAD + 2 }));
    assert!(world.accepts(&token, NOW));
    world.revoke(end(target::subject("alice")));
    world.revoke(end(target::subject("alice")));
    assert!(world.accepts(&token, NOW), "both entries are below its position");
    world.revoke(end(target::subject("alice")));
    assert!(!world.accepts(&token, NOW));
}
