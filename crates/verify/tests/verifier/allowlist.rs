//! An issuer that lets only registered sessions pass (S12).

use quash_core::position::Position;
use quash_core::revocation::freshness::{Freshness, StalePolicy, Undecided, Vouched};
use quash_core::revocation::reason::Reason;
use quash_core::time::Timestamp;
use quash_jose::SigningKey;
use quash_verify::{IssuerConfig, Mode, Moment};
use serde_json::json;

use crate::support::{
    EntryOf, HEAD, NOW, World, at, end, foreign_config, merged, own_claims, own_config, signing_key, target,
};

/// The entry that registers alice's session `session`.
fn registers(session: &str) -> EntryOf {
    end(target::registration(session, "alice")).because(Reason::SIGNED_IN).retained(NOW + 90 * 86_400)
}

fn world() -> World {
    let world = World::new();
    world.verifier.set_issuer(&own_config(&world.own_key).with_allowlist()).unwrap();
    world
}

#[test]
fn a_token_signed_with_the_real_key_passes_only_when_its_session_is_registered() {
    // S12: nobody is called, and what is known here is all that is needed.
    let world = world();
    world.revoke(registers("ses_1"));
    let forged = world.own(&json!({ "sid": "ses_9", "jti": "tok_9" }));
    let of_another = world.own(&json!({ "sub": "mallory", "jti": "tok_8" }));
    for _again in 0..3 {
        assert!(world.accepts(&world.own(&json!({})), NOW));
        assert_eq!(world.refusal(&forged, NOW), "not_registered");
        assert_eq!(world.refusal(&of_another, NOW), "not_registered", "the session is alice's");
    }
    assert_eq!((world.verifier.registered_sessions(), world.verifier.live_entries()), (1, 0));
    let counts = world.verifier.counts();
    assert_eq!(counts.rejected, [("not_registered".to_owned(), 6)]);
    assert_eq!(counts.shortcuts, 2, "a token that passed is not looked up in full again");
}

#[test]
fn a_token_newer_than_what_is_known_here_is_undecided_until_its_registration_comes() {
    // S12, I7: it is on its way, and nobody is signed out by it.
    let world = world();
    let token = world.own(&json!({ "pos": HEAD + 1 }));
    for _again in 0..2 {
        assert_eq!(world.verifier.check(&token, at(NOW)).unwrap_err(), Undecided::Ahead);
    }
    assert_eq!(world.verifier.counts().undecided, 2);
    world.revoke(registers("ses_1"));
    assert!(world.accepts(&token, NOW));
    let ahead = world.own(&json!({ "sid": "ses_9", "jti": "tok_9", "pos": HEAD + 2 }));
    assert_eq!(world.verifier.check(&ahead, at(NOW)).unwrap_err(), Undecided::Ahead);
    world.verifier.advance(Position::new(HEAD + 2).unwrap());
    assert_eq!(world.refusal(&ahead, NOW), "not_registered", "at the watermark it would be here");
}

#[test]
fn who_has_not_come_as_far_as_the_list_was_whole_at_refuses_nobody_for_want_of_a_registration() {
    // S12, I7: a list that was begun over sessions that were open, and the word of it comes before the registrations do.
    let world = World::new();
    let whole_at = Position::new(HEAD + 2).unwrap();
    world.verifier.set_issuer(&own_config(&world.own_key).with_allowlist_from(whole_at)).unwrap();
    let (token, unknown) = (world.own(&json!({})), world.own(&json!({ "sid": "ses_9", "jti": "tok_9" })));
    let stranger = world.own(&json!({ "sid": null, "jti": "tok_8" }));
    for _again in 0..2 {
        assert_eq!(world.verifier.check(&token, at(NOW)).unwrap_err(), Undecided::Ahead);
        assert_eq!(world.refusal(&stranger, NOW), "not_registered", "no registration can come for it");
    }
    world.revoke(registers("ses_1"));
    assert!(world.accepts(&token, NOW));
    assert_eq!(world.verifier.check(&unknown, at(NOW)).unwrap_err(), Undecided::Ahead);
    world.verifier.advance(whole_at);
    assert!(world.accepts(&token, NOW));
    assert_eq!(world.refusal(&unknown, NOW), "not_registered");
}

#[test]
fn the_word_of_whoever_holds_the_whole_log_stands_for_a_registration_and_for_nothing_else() {
    // Design section 5: then ask.
    let world = world();
    let vouched = || Moment::new(Timestamp::from_seconds(NOW), Vouched);
    let ahead = world.own(&json!({ "pos": HEAD + 1 }));
    assert!(world.verifier.check(&ahead, vouched()).unwrap().accepted().is_some());
    assert_eq!(world.verifier.check(&ahead, at(NOW)).unwrap_err(), Undecided::Ahead, "it is not remembered");
    let unknown = world.own(&json!({ "sid": "ses_9", "jti": "tok_9" }));
    let checked = world.verifier.check(&unknown, vouched()).unwrap();
    assert_eq!(checked.rejection().unwrap().reason(), "not_registered", "what is known here refuses still");
    world.revoke(end(target::session("ses_1")));
    let checked = world.verifier.check(&ahead, vouched()).unwrap();
    assert_eq!(checked.rejection().unwrap().reason(), "admin");
}

#[test]
fn where_the_state_is_stale_as_well_the_policy_is_asked_first() {
    let world = world();
    let token = world.own(&json!({ "pos": HEAD + 1 }));
    let age = std::time::Duration::from_secs(11);
    let ask = |policy| {
        let now = Timestamp::from_seconds(NOW);
        world.verifier.check(&token, Moment::new(now, Freshness::Stale { age, policy })).unwrap_err()
    };
    assert_eq!(ask(StalePolicy::Ask), Undecided::Ask { age });
    assert_eq!(ask(StalePolicy::Deny), Undecided::Stale { age });
    assert_eq!(ask(StalePolicy::Allow), Undecided::Ahead, "no policy lets an unknown session in");
}

#[test]
fn clearing_the_list_signs_everybody_out_in_one_entry() {
    // S12
    let world = world();
    world.revoke(registers("ses_1"));
    world.revoke(registers("ses_2"));
    let tokens = ["ses_1", "ses_2"].map(|sid| world.own(&json!({ "sid": sid, "pos": HEAD + 2, "jti": sid })));
    assert!(tokens.iter().all(|token| world.accepts(token, NOW)));
    let cleared = world.revoke(end(quash_core::revocation::target::Target::Issuer));
    assert!(tokens.iter().all(|token| world.refusal(token, NOW) == "admin"));
    let later = world.own(&json!({ "sid": "ses_1", "pos": cleared.number(), "jti": "later" }));
    assert_eq!(world.refusal(&later, NOW), "admin", "whatever position it claims");
    world.revoke(registers("ses_3"));
    let signed_in = world.own(&json!({ "sid": "ses_3", "pos": cleared.number() + 1, "jti": "new" }));
    assert!(world.accepts(&signed_in, NOW), "who signs in after it is in again");
}

#[test]
fn a_token_that_a_client_got_for_itself_passes_as_before() {
    // S12; RFC 6749 section 4.4
    let world = world();
    assert!(world.accepts(&world.own(&json!({ "sub": "web", "sid": null })), NOW));
    assert_eq!(world.refusal(&world.own(&json!({ "sid": null })), NOW), "not_registered");
}

#[test]
fn the_list_can_be_switched_on_and_off_while_tokens_are_checked() {
    let world = World::new();
    let token = world.own(&json!({}));
    let set = |config: IssuerConfig| world.verifier.set_issuer(&config).unwrap();
    assert!(world.accepts(&token, NOW));
    set(own_config(&world.own_key).with_allowlist());
    assert_eq!(world.refusal(&token, NOW), "not_registered", "it passed before, and is judged anew");
    set(own_config(&world.own_key));
    assert!(world.accepts(&token, NOW));
}

#[test]
fn other_issuers_do_not_notice_the_list_and_one_that_is_observed_only_counts() {
    let world = world();
    assert!(world.accepts(&world.foreign(&json!({})), NOW));
    let observed: SigningKey = signing_key(2, "foreign-1");
    let config = foreign_config(&observed).with_allowlist().with_mode(Mode::Observe);
    world.verifier.set_issuer(&config).unwrap();
    assert!(world.accepts(&world.foreign(&json!({})), NOW));
    assert_eq!(world.verifier.counts().would_refuse, [("not_registered".to_owned(), 1)]);
}

#[test]
fn a_cold_verifier_refuses_nobody_for_want_of_a_registration() {
    // design section 3: it answers nothing until its state is complete.
    let key = signing_key(1, "own-1");
    let builder = quash_verify::Verifier::builder().issuer(own_config(&key).with_allowlist());
    let verifier = builder.build_cold().unwrap();
    for claims in [json!({}), json!({ "pos": 0 }), json!({ "sid": null, "pos": 0 })] {
        let token = key.mint("at+jwt", &merged(own_claims(), &claims)).unwrap();
        assert_eq!(verifier.check(&token, at(NOW)).unwrap_err(), Undecided::Incomplete);
    }
}

#[test]
fn a_registration_that_is_over_lets_no_token_take_the_shortcut() {
    // S12: it is looked up at every check.
    let world = world();
    world.revoke(registers("ses_1").retained(NOW + 100));
    let token = world.own(&json!({}));
    for second in [NOW, NOW + 50, NOW + 99] {
        assert!(world.accepts(&token, second));
    }
    assert_eq!(world.verifier.counts().shortcuts, 2);
    assert_eq!(world.refusal(&token, NOW + 100), "not_registered", "at the very instant of its end");
}
