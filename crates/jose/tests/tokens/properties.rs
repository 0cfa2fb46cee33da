//! What holds for every token and every text.

use proptest::prelude::*;
use quash_jose::{Algorithm, Limits, UnverifiedToken};
use serde_json::{Map, Value, json};

use crate::support::{
    all_keys, base64url, from_base64url, good_token, own_profile, parts, signing_key, verify,
};

/// A JSON value that survives a round trip through `serde_json`.
fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 30, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::btree_map(any::<String>(), inner, 0..5)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// The claims of an own token, with some of them and any others.
fn claims() -> impl Strategy<Value = Map<String, Value>> {
    let id = "[a-zA-Z0-9é😀 \"\\\\/_.-]{1,40}";
    let more = prop::collection::btree_map("x_[a-z]{1,8}", value(), 0..8);
    (id, id, id, 0_u64..=1 << 53, 0_u64..1 << 53, more).prop_map(|(sub, sid, jti, exp, pos, more)| {
        let mut claims = Map::from_iter(more);
        for (name, value) in [
            ("iss", json!("https://quash.example")),
            ("aud", json!(["https://api.example", "x"])),
            ("client_id", json!("web")),
            ("sub", json!(sub)),
            ("sid", json!(sid)),
            ("jti", json!(jti)),
            ("exp", json!(exp)),
            ("iat", json!(exp)),
            ("pos", json!(pos)),
        ] {
            claims.insert(name.to_owned(), value);
        }
        claims
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn no_text_makes_the_parser_panic(text in any::<String>(), dots in "[a-zA-Z0-9_.=-]{0,200}") {
        prop_assert!(UnverifiedToken::parse(&text, Limits::default()).is_err());
        prop_assert!(UnverifiedToken::parse(&dots, Limits::default()).is_err());
    }

    #[test]
    fn no_bytes_in_a_part_make_the_parser_panic(
        header in any::<Vec<u8>>(), payload in any::<Vec<u8>>(), signature in any::<Vec<u8>>(),
        text in "\\{(\"[a-z]{0,3}\":(\"[a-z\\\\u0-9]{0,6}\"|[0-9.eE+-]{0,6}|\\[|\\]|null|\\{|\\}),?){0,6}\\}?",
    ) {
        let good = good_token(Algorithm::Hs256);
        let [good_header, good_payload, _] = parts(&good);
        for (header, payload) in [
            (base64url(&header), base64url(&payload)),
            (good_header.to_owned(), base64url(&payload)),
            (good_header.to_owned(), base64url(text.as_bytes())),
            (base64url(&header), good_payload.to_owned()),
            (base64url(text.as_bytes()), good_payload.to_owned()),
        ] {
            let token = format!("{header}.{payload}.{}", base64url(&signature));
            let outcome = UnverifiedToken::parse(&token, Limits::default())
                .and_then(|read| read.verify(&all_keys(), &own_profile()));
            prop_assert!(outcome.is_err());
        }
    }

    #[test]
    fn a_token_that_verifies_says_what_was_signed_and_encodes_to_itself(claims in claims()) {
        let token = signing_key(Algorithm::EdDsa).mint("at+jwt", &claims).unwrap();
        let verified = verify(&token).unwrap();
        prop_assert_eq!(verified.subject(), claims["sub"].as_str());
        prop_assert_eq!(verified.session(), claims["sid"].as_str());
        prop_assert_eq!(verified.token(), claims["jti"].as_str());
        prop_assert_eq!(Some(verified.expires_at()), claims["exp"].as_u64());
        prop_assert_eq!(verified.position().map(quash_core::position::Position::number), claims["pos"].as_u64());
        prop_assert_eq!(verified.audiences().collect::<Vec<_>>(), ["https://api.example", "x"]);
        prop_assert_eq!(verified.to_object(), claims);
        let again = parts(&token).map(|part| base64url(&from_base64url(part))).join(".");
        prop_assert_eq!(again, token);
    }

    #[test]
    fn a_token_changed_anywhere_is_refused(place in any::<prop::sample::Index>(), with in any::<char>(), cut in any::<bool>()) {
        let good = good_token(Algorithm::Hs256);
        let place = place.index(good.len());
        let middle = if cut { String::new() } else { with.to_string() };
        let changed = format!("{}{middle}{}", &good[..place], &good[place + 1..]);
        prop_assume!(changed != good);
        prop_assert!(verify(&changed).is_err());
    }
}
