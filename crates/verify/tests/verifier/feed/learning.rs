//! Whom to trust, as a follower learns it.

use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::hmac;
use quash_core::revocation::decide::TimeRules;
use quash_core::revocation::freshness::{Freshness, Undecided};
use quash_jose::{Algorithm, KeySet, Required, Secret, SigningKey};
use quash_verify::feed::{
    Action, Alarm, ConfidentialClient, Follower, FollowerConfig, IntrospectionCredential, IssuerDocument,
    LONGEST_DOCUMENT, MOST_TRUSTED, TrustDocument,
};
use quash_verify::{Gauge, IssuerConfig, Mode, Relaxation, Verifier};
use serde_json::json;

use super::pair::{LEASE, Pair, follower_config};
use crate::support::{
    FOREIGN, NOW, OWN, at, foreign_config, issuer, key_set, merged, own_claims, own_config, signing_key,
};

/// A document with one of everything.
pub(super) fn document() -> TrustDocument {
    let foreign =
        IssuerConfig::foreign(issuer(FOREIGN), vec!["api".into()], key_set(&[&signing_key(2, "foreign-1")]))
            .with_types(vec!["at+jwt".into(), "JWT".into()])
            .with_rules(TimeRules {
                leeway: Duration::from_secs(30),
                future_skew: Duration::from_millis(2_500),
                longest_life: Duration::from_secs(3_600),
            })
            .require(Required::Session)
            .relax(Relaxation::MissingIssuer)
            .relax(Relaxation::SubjectClaim("id".into()))
            .with_mode(Mode::Observe);
    TrustDocument {
        issuers: vec![
            IssuerDocument::of(&own_config(&signing_key(1, "own-1"))),
            IssuerDocument::of(&foreign),
            IssuerDocument::of(&secret_config()),
        ],
        introspection: vec![
            IntrospectionCredential { digest: [0xD1; 32], client: None },
            IntrospectionCredential { digest: [0xD2; 32], client: Some("web".into()) },
        ],
        clients: vec![ConfidentialClient { id: "backend".into(), secret_digest: [0xD3; 32] }],
        horizon: Duration::from_secs(3_665),
    }
}

const SECRET_ISSUER: &str = "https://tutorial.example";
const SECRET: &[u8] = b"0123456789abcdef0123456789abcdef";

fn secret_config() -> IssuerConfig {
    IssuerConfig::foreign(issuer(SECRET_ISSUER), vec!["api".into()], KeySet::default())
        .with_secret(Algorithm::Hs256, &Secret::new(SECRET.to_vec()))
        .unwrap()
}

fn only(configs: &[IssuerConfig]) -> TrustDocument {
    TrustDocument { issuers: configs.iter().map(IssuerDocument::of).collect(), ..TrustDocument::default() }
}

/// A pair whose verifier trusts nobody until it is told.
fn learning() -> Pair {
    let mut pair = Pair::new();
    pair.verifier = Arc::new(Verifier::builder().build_cold().unwrap());
    pair.gauge = Arc::new(Gauge::new(LEASE));
    let config = FollowerConfig { learn: true, ..follower_config() };
    pair.follower = Follower::new(config, Arc::clone(&pair.verifier), Arc::clone(&pair.gauge));
    pair
}

fn tell(pair: &mut Pair, version: u64, document: &TrustDocument) {
    let bytes = document.encode().unwrap();
    pair.publication.as_mut().unwrap().trust(version, &bytes);
    pair.settle();
}

/// Whether a fresh check of a token of this key accepts; `None` when it is undecided.
fn accepts(pair: &Pair, key: &SigningKey, name: &str) -> Option<bool> {
    accepts_token(pair, &key.mint("at+jwt", &merged(own_claims(), &json!({ "iss": name }))).unwrap())
}

/// A token under the shared secret.
fn secret_token() -> String {
    let encode = |bytes: &[u8]| base64_simd::URL_SAFE_NO_PAD.encode_to_string(bytes);
    let claims = merged(own_claims(), &json!({ "iss": SECRET_ISSUER })).to_string();
    let input = format!("{}.{}", encode(br#"{"alg":"HS256","typ":"at+jwt"}"#), encode(claims.as_bytes()));
    let key = hmac::Key::new(hmac::HMAC_SHA256, SECRET);
    format!("{input}.{}", encode(hmac::sign(&key, input.as_bytes()).as_ref()))
}

fn accepts_token(pair: &Pair, token: &str) -> Option<bool> {
    match pair.verifier.check(token, at(NOW)) {
        Ok(checked) => Some(checked.accepted().is_some()),
        Err(Undecided::Incomplete) => None,
        Err(other) => panic!("{other:?}"),
    }
}

#[test]
fn a_document_travels_exactly_and_holds_no_secret() {
    let document = document();
    let bytes = document.encode().unwrap();
    assert_eq!(TrustDocument::decode(&bytes).unwrap(), document);
    assert!(!bytes.windows(8).any(|part| SECRET.windows(8).any(|secret| part == secret)));
    let secret = &document.issuers[2];
    assert!(secret.secret && secret.jwks == r#"{"keys":[]}"#);
    assert!(!format!("{document:?}").contains("209"), "digests stay out of the debug output");
}

#[test]
fn an_issuer_comes_out_of_its_document_as_it_went_in() {
    for document in document().issuers {
        let config = document.config().unwrap();
        let again = IssuerDocument::of(&config);
        assert_eq!(IssuerDocument { secret: document.secret, ..again }, document);
        assert_eq!(config.is_own(), document.own);
    }
}

#[test]
fn a_rule_that_is_unknown_here_is_not_left_out() {
    let known = document().issuers.remove(1);
    for relaxation in [("any_key".to_owned(), None), ("subject_claim".to_owned(), None)] {
        let unknown = IssuerDocument { relaxations: vec![relaxation], ..known.clone() };
        assert!(unknown.config().is_err());
    }
    assert!(IssuerDocument { required: vec![10], ..known }.config().is_err());
}

#[test]
fn what_does_not_fit_one_message_is_refused() {
    let client = ConfidentialClient { id: "c".repeat(256).into(), secret_digest: [0; 32] };
    let many = |count| TrustDocument { clients: vec![client.clone(); count], ..TrustDocument::default() };
    let excess = |document: &TrustDocument| document.encode().map_err(|error| error.to_string()).unwrap_err();
    assert!(excess(&many(4_000)).starts_with("followers can be told of at most 1047552 bytes of"));
    let short = ConfidentialClient { id: "c".into(), secret_digest: [0; 32] };
    let short = |count| TrustDocument { clients: vec![short.clone(); count], ..TrustDocument::default() };
    assert!(short(MOST_TRUSTED).encode().is_ok());
    let expected = "followers can be told of at most 4096 confidential clients, and there are 4097";
    assert_eq!(excess(&short(MOST_TRUSTED + 1)), expected);
    assert!(TrustDocument::decode(&vec![0; LONGEST_DOCUMENT + 1]).is_err());
    let twice = only(&[own_config(&signing_key(1, "a")), own_config(&signing_key(2, "b"))]);
    assert_eq!(excess(&twice), "followers can be told of at most 1 issuers of one name, and there are 2");
}

#[test]
fn a_learning_follower_is_complete_only_once_it_knows_whom_to_trust() {
    let mut pair = learning();
    let key = signing_key(1, "own-1");
    pair.connect();
    assert_eq!(pair.freshness(), Freshness::Incomplete);
    tell(&mut pair, 1, &only(&[own_config(&key)]));
    assert!(pair.gauge.is_complete());
    assert_eq!(accepts(&pair, &key, OWN), Some(true));
    assert_eq!(pair.acknowledged.unwrap().trust, 1);
    pair.pass(Duration::from_millis(300));
    assert!(pair.is_fresh());
}

#[test]
fn issuers_come_change_their_keys_and_go() {
    let mut pair = learning();
    let (first, second, foreign) =
        (signing_key(1, "own-1"), signing_key(3, "own-2"), signing_key(2, "foreign-1"));
    pair.connect();
    tell(&mut pair, 1, &only(&[own_config(&first)]));
    assert_eq!(accepts(&pair, &second, OWN), Some(false));
    // The next key is announced, and the first one goes.
    let both = IssuerConfig::own(issuer(OWN), vec!["api".into()], key_set(&[&first, &second]));
    tell(&mut pair, 2, &only(&[both, foreign_config(&foreign)]));
    assert_eq!(accepts(&pair, &first, OWN), Some(true));
    assert_eq!(accepts(&pair, &second, OWN), Some(true));
    assert_eq!(accepts(&pair, &foreign, FOREIGN), Some(true));
    tell(&mut pair, 3, &only(&[own_config(&second)]));
    assert_eq!(accepts(&pair, &first, OWN), Some(false));
    assert_eq!(accepts(&pair, &foreign, FOREIGN), Some(false));
    assert_eq!(pair.acknowledged.unwrap().trust, 3);
    assert!(pair.alarms.is_empty());
}

#[test]
fn an_issuer_with_a_secret_is_undecided_until_the_owner_gives_the_secret() {
    let mut pair = learning();
    let token = secret_token();
    pair.connect();
    tell(&mut pair, 1, &only(&[own_config(&signing_key(1, "own-1")), secret_config()]));
    assert_eq!(accepts_token(&pair, &token), None);
    // Where the owner has it, the owner's word stands, whatever the authority says later.
    let mut pair = learning();
    pair.verifier.set_issuer(&secret_config()).unwrap();
    pair.connect();
    for version in 1..=2 {
        tell(&mut pair, version, &only(&[own_config(&signing_key(1, "own-1")), secret_config()]));
        assert_eq!(accepts_token(&pair, &token), Some(true));
    }
    tell(&mut pair, 3, &only(&[own_config(&signing_key(1, "own-1"))]));
    assert_eq!(accepts_token(&pair, &token), Some(true), "what was not learnt is not unlearnt");
}

#[test]
fn who_takes_tokens_without_a_name_may_become_another_one() {
    let mut pair = learning();
    let nameless = |name: &str, seed| {
        let key = signing_key(seed, "k");
        IssuerConfig::foreign(issuer(name), vec!["api".into()], key_set(&[&key]))
            .relax(Relaxation::MissingIssuer)
    };
    let named = |name: &str, seed| {
        IssuerConfig::foreign(issuer(name), vec!["api".into()], key_set(&[&signing_key(seed, "k")]))
    };
    pair.connect();
    tell(&mut pair, 1, &only(&[nameless("a", 4), named("b", 5)]));
    tell(&mut pair, 2, &only(&[nameless("b", 5), named("a", 4)]));
    assert!(pair.alarms.is_empty(), "{:?}", pair.alarms);
    assert_eq!(pair.acknowledged.unwrap().trust, 2);
}

#[test]
fn a_trust_that_does_not_read_leaves_the_one_before_and_is_not_acknowledged() {
    let mut pair = learning();
    let key = signing_key(1, "own-1");
    pair.connect();
    tell(&mut pair, 1, &only(&[own_config(&key)]));
    pair.publication.as_mut().unwrap().trust(2, &[0xFF]);
    pair.settle();
    assert_eq!(pair.alarms, [Alarm::TrustUnreadable { version: 2 }]);
    assert_eq!(accepts(&pair, &key, OWN), Some(true));
    assert_eq!(pair.acknowledged.unwrap().trust, 1);
    assert!(pair.broken.is_empty());
}

#[test]
fn tokens_of_an_issuer_with_a_rule_that_is_unknown_here_are_undecided() {
    // Design, "Verifier": denied is only what the state refuses. The authority takes such tokens, in a way that an
    // older follower does not know.
    let (own, foreign) = (signing_key(1, "own-1"), signing_key(2, "foreign-1"));
    let sound = only(&[own_config(&own), foreign_config(&foreign)]);
    let mut newer = sound.clone();
    newer.issuers[1].relaxations = vec![("any_letter".to_owned(), None), ("any_type".to_owned(), None)];
    let mut pair = learning();
    pair.connect();
    tell(&mut pair, 1, &newer);
    assert_eq!(pair.alarms, [Alarm::RuleUnknown(issuer(FOREIGN))]);
    assert_eq!(accepts(&pair, &foreign, FOREIGN), None, "from the start");
    assert_eq!(accepts(&pair, &own, OWN), Some(true), "the others are served");
    assert_eq!(pair.acknowledged.unwrap().trust, 1);
    assert_eq!(accepts(&pair, &own, "https://nobody.example"), Some(false), "nobody takes these");

    tell(&mut pair, 2, &sound);
    assert_eq!(accepts(&pair, &foreign, FOREIGN), Some(true));
    tell(&mut pair, 3, &newer);
    assert_eq!(accepts(&pair, &foreign, FOREIGN), None, "by the rules of before they might be refused");
    newer.issuers[1].relaxations.clear();
    newer.issuers[1].required = vec![200];
    tell(&mut pair, 4, &newer);
    assert_eq!(accepts(&pair, &foreign, FOREIGN), None, "or accepted");
    tell(&mut pair, 5, &newer);
    assert_eq!(pair.alarms.len(), 3, "each is told once: {:?}", pair.alarms);
    tell(&mut pair, 6, &only(&[own_config(&own)]));
    assert_eq!(accepts(&pair, &foreign, FOREIGN), Some(false), "the authority does not take them any more");
}

#[test]
fn tokens_of_an_issuer_whose_first_keys_do_not_read_are_undecided() {
    let (own, foreign) = (signing_key(1, "own-1"), signing_key(2, "foreign-1"));
    let sound = only(&[own_config(&own), foreign_config(&foreign)]);
    let mut broken = sound.clone();
    broken.issuers[1].jwks = "{".into();
    let mut pair = learning();
    pair.connect();
    tell(&mut pair, 1, &broken);
    assert_eq!(pair.alarms, [Alarm::KeysRefused(issuer(FOREIGN))]);
    assert_eq!(accepts(&pair, &foreign, FOREIGN), None);
    tell(&mut pair, 2, &sound);
    assert_eq!(accepts(&pair, &foreign, FOREIGN), Some(true));
    tell(&mut pair, 3, &broken);
    assert_eq!(accepts(&pair, &foreign, FOREIGN), Some(true), "those of before stay in force");
}

#[test]
fn own_keys_that_are_not_sound_are_not_acknowledged() {
    // A new key would be used too early otherwise.
    let mut pair = learning();
    let key = signing_key(1, "own-1");
    pair.connect();
    tell(&mut pair, 1, &only(&[own_config(&key)]));
    let mut broken = only(&[own_config(&key)]);
    broken.issuers[0].jwks = "{".into();
    tell(&mut pair, 2, &broken);
    assert_eq!(pair.alarms, [Alarm::KeysRefused(issuer(OWN))]);
    assert_eq!(accepts(&pair, &key, OWN), Some(true));
    assert_eq!(pair.acknowledged.unwrap().trust, 1);
}

#[test]
fn what_was_learnt_is_known_after_a_restart_and_taken_over_anew_from_the_server() {
    let mut pair = learning();
    let key = signing_key(1, "own-1");
    pair.connect();
    tell(&mut pair, 9, &only(&[own_config(&key)]));
    assert_eq!(pair.acknowledged.unwrap().trust, 9);
    pair.disconnect();
    pair.connect();
    assert_eq!(pair.acknowledged.unwrap().trust, 0, "a version of one connection says nothing on another");
    pair.disconnect();
    let file = pair.file.clone();
    let mut later = learning();
    let loaded = later.follower.load(&file).unwrap();
    assert!(!loaded.torn && later.gauge.is_complete());
    assert_eq!(accepts(&later, &key, OWN), Some(true));
    let Some(Action::Learned(learned)) = later.follower.next_action() else { panic!("what was learnt") };
    assert_eq!(*learned, only(&[own_config(&key)]));
    // Another server counts from one.
    later.file = file;
    later.connect();
    assert_eq!(later.acknowledged.map(|ack| ack.trust), Some(0), "nothing was heard of on this connection");
    tell(&mut later, 1, &only(&[own_config(&key)]));
    assert_eq!(later.acknowledged.unwrap().trust, 1);
}

#[test]
fn a_follower_that_does_not_learn_acknowledges_and_changes_nothing() {
    let mut pair = Pair::new();
    pair.connect();
    tell(&mut pair, 4, &only(&[foreign_config(&signing_key(2, "foreign-1"))]));
    assert_eq!(pair.acknowledged.unwrap().trust, 4);
    assert_eq!(accepts(&pair, &signing_key(2, "foreign-1"), FOREIGN), Some(false));
    assert_eq!(accepts(&pair, &signing_key(1, "own-1"), OWN), Some(true));
}
