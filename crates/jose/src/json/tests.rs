//! The strict reader against hand-made texts, and against `serde_json` as oracle.

use proptest::prelude::*;

use super::*;

fn number(text: &str) -> Result<Number, Defect> {
    let mut scanner = Scanner::new(text);
    let number = Number::read(&mut scanner)?;
    scanner.end()?;
    Ok(number)
}

#[test]
fn a_number_is_told_by_its_spelling() {
    // Attack row 16: integers to 2^53 and plain decimals have a value, everything else has none.
    let decimal = |floor, above| Ok(Number::decimal(floor, above));
    for (text, expected) in [
        ("0", Ok(Number::integer(0))),
        ("9007199254740992", Ok(Number::integer(1 << 53))),
        ("9007199254740993", Ok(Number::OUT_OF_FORM)),
        ("99999999999999999999999999", Ok(Number::OUT_OF_FORM)),
        ("1.0", decimal(1, false)),
        ("1.000000000000000000001", decimal(1, true)),
        ("9007199254740991.9", decimal((1 << 53) - 1, true)),
        ("9007199254740992.0", Ok(Number::OUT_OF_FORM)),
        ("-1", Ok(Number::OUT_OF_FORM)),
        ("-0", Ok(Number::OUT_OF_FORM)),
        ("1e3", Ok(Number::OUT_OF_FORM)),
        ("1E+3", Ok(Number::OUT_OF_FORM)),
        ("1e300", Ok(Number::OUT_OF_FORM)),
        ("1e-1", Ok(Number::OUT_OF_FORM)),
        ("01", Err(Defect::NotJson)),
        ("1.", Err(Defect::NotJson)),
        (".5", Err(Defect::NotJson)),
        ("+1", Err(Defect::NotJson)),
        ("1e", Err(Defect::NotJson)),
        ("NaN", Err(Defect::NotJson)),
        ("Infinity", Err(Defect::NotJson)),
        ("0x10", Err(Defect::NotJson)),
        ("", Err(Defect::NotJson)),
        ("-", Err(Defect::NotJson)),
    ] {
        assert_eq!(number(text), expected, "{text}");
    }
}

#[test]
fn a_number_rounds_down_and_up_at_its_fraction() {
    assert_eq!(Number::decimal(7, true).floor(), Some(7));
    assert_eq!(Number::decimal(7, true).ceil(), Some(8));
    assert_eq!(Number::decimal(7, false).ceil(), Some(7));
    assert_eq!(Number::integer(7).floor(), Some(7));
    assert_eq!(Number::integer(7).ceil(), Some(7));
    assert_eq!(Number::integer(7).as_integer(), Some(7));
    assert_eq!(Number::decimal(7, false).as_integer(), None);
    for round in [Number::floor, Number::ceil, Number::as_integer] {
        assert_eq!(round(Number::OUT_OF_FORM), None);
    }
}

#[test]
fn a_name_that_occurs_twice_is_refused_at_every_level_and_in_every_spelling() {
    // Attack row 12; RFC 8259 leaves it open, RFC 7519 section 4 does not.
    for text in [
        r#"{"a":1,"a":1}"#,
        r#"{"a":1,"\u0061":1}"#,
        r#"{"a":{"b":1,"b":1}}"#,
        r#"{"a":[0,{"b":1,"b":1}]}"#,
        r#"{"":1,"":1}"#,
    ] {
        assert_eq!(check_object(text), Err(Defect::DuplicateMember), "{text}");
    }
    assert_eq!(check_object(r#"{"a":{"a":{"a":1}},"A":1}"#), Ok(()));
}

#[test]
fn what_is_not_plain_json_is_refused() {
    // Attack rows 11 and 15, RFC 8259.
    for text in [
        "",
        " ",
        "[]",
        "1",
        "null",
        "\"a\"",
        "{",
        "}",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{,}",
        "{a:1}",
        "{'a':1}",
        "{\"a\":1}{",
        "{\"a\":1} x",
        "{\"a\":1,,\"b\":2}",
        "{\"a\":[1,]}",
        "{\"a\":[,1]}",
        "{\"a\":tru}",
        "{\"a\":True}",
        "{\"a\":nul}",
        "{\"a\":\"\n\"}",
        "{\"a\":\"\0\"}",
        "{\"a\":\"\\x\"}",
        "{\"a\":\"\\u12\"}",
        "{\"a\":\"\\u12g4\"}",
        "{\"a\":\"\\ud800\"}",
        "{\"a\":\"\\udc00\"}",
        "{\"a\":\"\\ud800\\u0041\"}",
        "{\"a\":\"\\ud800x\"}",
        "{\"\\ud800\":1}",
        "\u{feff}{}",
        "{\"a\":1}\u{feff}",
        "{}\u{a0}",
        "{/**/}",
        "{\"a\":\"",
        "{\"a\":[",
        "{\"a\":1 \"b\":2}",
    ] {
        assert_eq!(check_object(text), Err(Defect::NotJson), "{text:?}");
    }
    for text in [
        "{}",
        " \t\r\n{ } ",
        "{\"a\":\"\\ud83d\\ude00\\/\\u0041\\b\\f\\n\\r\\t\\\"\\\\\"}",
        "{\"\\u0000\":null}",
    ] {
        assert_eq!(check_object(text), Ok(()), "{text:?}");
    }
}

#[test]
fn nesting_ends_at_sixteen_and_members_at_256() {
    let nested = |depth: usize| format!("{}{}{}", "{\"a\":".repeat(depth - 1), "{}", "}".repeat(depth - 1));
    assert_eq!(check_object(&nested(16)), Ok(()));
    assert_eq!(check_object(&nested(17)), Err(Defect::NotJson));
    let arrays = |depth: usize| format!("{{\"a\":{}{}}}", "[".repeat(depth - 1), "]".repeat(depth - 1));
    assert_eq!(check_object(&arrays(16)), Ok(()));
    assert_eq!(check_object(&arrays(17)), Err(Defect::NotJson));
    assert_eq!(check_object(&arrays(100_000)), Err(Defect::NotJson));
    let wide = |count: usize| {
        let members: Vec<String> = (0..count).map(|number| format!("\"m{number}\":0")).collect();
        format!("{{{}}}", members.join(","))
    };
    assert_eq!(check_object(&wide(256)), Ok(()));
    assert_eq!(check_object(&wide(257)), Err(Defect::NotJson));
}

#[test]
fn a_string_without_escapes_is_borrowed_and_one_with_escapes_is_decoded() {
    let mut scanner = Scanner::new(r#""plain""#);
    assert!(matches!(scanner.string(), Ok(JsonText::Plain { bytes: b"plain", start: 1 })));
    let mut scanner = Scanner::new(r#""a\u00e9\ud83d\ude00z""#);
    assert!(matches!(scanner.string(), Ok(JsonText::Decoded(text)) if &*text == "aé😀z"));
}

/// JSON texts, most of them well-formed, many nearly so.
fn json_like() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        Just("true".to_owned()),
        "-?(0|[1-9][0-9]{0,20})(\\.[0-9]{1,3})?([eE][+-]?[0-9]{1,2})?",
        "\"([a-z é😀]|\\\\[\"\\\\/bfnrt]|\\\\u[0-9a-fA-F]{4})*\"",
    ];
    let value = leaf.prop_recursive(5, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(|items| format!("[{}]", items.join(", "))),
            object_of(inner),
        ]
    });
    object_of(value)
}

fn object_of(value: impl Strategy<Value = String>) -> impl Strategy<Value = String> {
    prop::collection::vec(("[a-f\u{e9}]{1,2}", value), 0..6).prop_map(|members| {
        let members: Vec<String> =
            members.iter().map(|(name, value)| format!("\"{name}\" :{value}")).collect();
        format!("{{{}}}", members.join(","))
    })
}

/// Whether an object somewhere in `text` names a member twice, as `serde_json` reads it.
fn has_duplicate(text: &str) -> bool {
    #[derive(Default)]
    struct Seen(bool);
    impl<'de> serde::Deserialize<'de> for Seen {
        fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            deserializer.deserialize_any(SeenVisitor)
        }
    }
    struct SeenVisitor;
    impl<'de> serde::de::Visitor<'de> for SeenVisitor {
        type Value = Seen;
        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("any value")
        }
        fn visit_bool<E>(self, _: bool) -> Result<Seen, E> {
            Ok(Seen(false))
        }
        fn visit_i64<E>(self, _: i64) -> Result<Seen, E> {
            Ok(Seen(false))
        }
        fn visit_u64<E>(self, _: u64) -> Result<Seen, E> {
            Ok(Seen(false))
        }
        fn visit_f64<E>(self, _: f64) -> Result<Seen, E> {
            Ok(Seen(false))
        }
        fn visit_str<E>(self, _: &str) -> Result<Seen, E> {
            Ok(Seen(false))
        }
        fn visit_unit<E>(self) -> Result<Seen, E> {
            Ok(Seen(false))
        }
        fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut items: A) -> Result<Seen, A::Error> {
            let mut seen = false;
            while let Some(item) = items.next_element::<Seen>()? {
                seen |= item.0;
            }
            Ok(Seen(seen))
        }
        fn visit_map<A: serde::de::MapAccess<'de>>(self, mut members: A) -> Result<Seen, A::Error> {
            let mut names = std::collections::HashSet::new();
            let mut seen = false;
            while let Some((name, value)) = members.next_entry::<String, Seen>()? {
                seen |= !names.insert(name) | value.0;
            }
            Ok(Seen(seen))
        }
    }
    serde_json::from_str::<Seen>(text).is_ok_and(|seen| seen.0)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn the_reader_takes_what_serde_json_takes_except_for_duplicates(text in json_like()) {
        let oracle = serde_json::from_str::<serde_json::Value>(&text);
        // An exponent beyond the range of a double is an error there and merely out of form here.
        let out_of_range = oracle.as_ref().err().is_some_and(|e| e.to_string().contains("out of range"));
        let expected = if has_duplicate(&text) {
            Err(Defect::DuplicateMember)
        } else if oracle.is_ok() || out_of_range {
            Ok(())
        } else {
            Err(Defect::NotJson)
        };
        match (check_object(&text), expected) {
            (Err(_), Err(_)) => {}
            (ours, expected) => prop_assert_eq!(ours, expected),
        }
    }

    #[test]
    fn a_damaged_text_never_panics_and_is_never_taken_against_serde_json(
        text in json_like(), place in any::<prop::sample::Index>(), with in any::<char>(),
    ) {
        let mut damaged: Vec<char> = text.chars().collect();
        let place = place.index(damaged.len());
        damaged[place] = with;
        let damaged: String = damaged.into_iter().collect();
        if check_object(&damaged).is_ok() {
            let oracle = serde_json::from_str::<serde_json::Value>(&damaged);
            let fine = oracle.is_ok() || oracle.is_err_and(|e| e.to_string().contains("out of range"));
            prop_assert!(fine);
        }
    }
}
