//! Attack rows 7, 9, 10, 11, 12 and 15: what is not one canonical, plain, bounded JWS is refused before any
//! key is looked for.

use quash_core::defect::Defect;
use quash_jose::{Algorithm, Limits, UnverifiedToken};

use crate::support::{PAYLOAD, assert_refused, base64url, good_token, header, parts, token, verify};

fn parse(token: &str) -> Option<Defect> {
    UnverifiedToken::parse(token, Limits::default()).err()
}

#[test]
fn a_token_has_exactly_three_parts() {
    // Row 7, RFC 7515 section 7.1.
    let good = good_token(Algorithm::Hs256);
    let [head, payload, signature] = parts(&good);
    for (what, token) in [
        ("nothing", String::new()),
        ("one part", head.to_owned()),
        ("two parts", format!("{head}.{payload}")),
        ("four parts", format!("{good}.{signature}")),
        ("a trailing dot", format!("{good}.")),
        ("a leading dot", format!(".{good}")),
        ("a double dot", format!("{head}..{payload}.{signature}")),
        ("an encrypted token's five parts", format!("{head}.AAAA.AAAA.{payload}.{signature}")),
        ("dots alone", ".".repeat(10_000)),
    ] {
        assert_eq!(parse(&token), Some(Defect::NotCompact), "{what}");
    }
}

#[test]
fn every_part_is_canonical_base64url() {
    // Row 7, RFC 7515 section 2: no padding, no white space, no other alphabet.
    let good = good_token(Algorithm::Es256);
    let [head, payload, signature] = parts(&good);
    let spoilt = |part: &str| {
        let middle = part.len() / 2;
        let mut variants: Vec<String> =
            ["=", "==", "\n", "\r\n", " ", "\t", "+", "/", "%", "\0", "é", "A===="]
                .iter()
                .flat_map(|foreign| {
                    let inside = format!("{}{foreign}{}", &part[..middle], &part[middle..]);
                    [format!("{part}{foreign}"), format!("{foreign}{part}"), inside]
                })
                .collect();
        variants
            .push(format!("{part}A").chars().chain("AAA".chars().take((8 - part.len() % 4) % 4)).collect());
        variants.retain(|variant| {
            variant.bytes().any(|byte| !byte.is_ascii_alphanumeric() && byte != b'-' && byte != b'_')
        });
        variants
    };
    for variant in spoilt(head) {
        assert_eq!(
            parse(&format!("{variant}.{payload}.{signature}")),
            Some(Defect::NotBase64url),
            "{variant:?}"
        );
    }
    for variant in spoilt(payload) {
        assert_eq!(
            parse(&format!("{head}.{variant}.{signature}")),
            Some(Defect::NotBase64url),
            "{variant:?}"
        );
    }
    for variant in spoilt(signature) {
        assert_eq!(parse(&format!("{head}.{payload}.{variant}")), Some(Defect::NotBase64url), "{variant:?}");
    }
}

#[test]
fn a_token_is_measured_before_it_is_decoded() {
    // Row 11: 10^6 dots, 10 MB of claims, a kid of 1 MB (row 3).
    for token in [
        ".".repeat(1_000_000),
        "A".repeat(10_000_000),
        format!(
            "{}.e30.",
            base64url(format!(r#"{{"alg":"HS256","kid":"{}"}}"#, "k".repeat(1 << 20)).as_bytes())
        ),
    ] {
        assert_eq!(parse(&token), Some(Defect::TooLong));
    }
    let good = good_token(Algorithm::Hs256);
    let exact = Limits::of_bytes(good.len()).unwrap();
    assert!(UnverifiedToken::parse(&good, exact).is_ok());
    let less = Limits::of_bytes(good.len() - 1).unwrap();
    assert_eq!(UnverifiedToken::parse(&good, less).err(), Some(Defect::TooLong));
}

#[test]
fn nesting_and_member_counts_are_bounded_in_header_and_payload() {
    // Row 11.
    let nested = |depth: usize| format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
    let with = |value: &str| format!("{},\"x\":{value}}}", &PAYLOAD[..PAYLOAD.len() - 1]);
    assert!(verify(&token(Algorithm::Hs256, &header(Algorithm::Hs256), &with(&nested(15)))).is_ok());
    for depth in [16, 1000, 5000] {
        let token = token(Algorithm::Hs256, &header(Algorithm::Hs256), &with(&nested(depth)));
        assert_refused(&token, Defect::NotJson, "deep payload");
    }
    let deep_header = format!(r#"{{"alg":"HS256","x":{}}}"#, nested(16));
    assert_refused(&token(Algorithm::Hs256, &deep_header, PAYLOAD), Defect::NotJson, "deep header");
    let many: Vec<String> = (0..300).map(|number| format!("\"m{number}\":0")).collect();
    let wide = token(Algorithm::Hs256, &header(Algorithm::Hs256), &format!("{{{}}}", many.join(",")));
    assert_refused(&wide, Defect::NotJson, "wide payload");
}

#[test]
fn a_member_that_occurs_twice_is_refused_at_every_level_however_it_is_spelt() {
    // Row 12, RFC 7515 section 4 and RFC 7519 section 4.
    let with = |more: &str| format!("{},{more}}}", &PAYLOAD[..PAYLOAD.len() - 1]);
    for more in [
        r#""sub":"alice""#,
        r#""s\u0075b":"mallory""#,
        r#""exp":1700000600"#,
        r#""\u0065xp":9999999999"#,
        r#""x":1,"x":2"#,
        r#""x":{"y":1,"y":1}"#,
        r#""x":[[{"y":1,"\u0079":1}]]"#,
    ] {
        let token = token(Algorithm::Hs256, &header(Algorithm::Hs256), &with(more));
        assert_refused(&token, Defect::DuplicateMember, more);
    }
    for twice in [
        r#"{"alg":"HS256","alg":"HS256","typ":"at+jwt"}"#,
        r#"{"alg":"HS256","typ":"at+jwt","\u0074yp":"at+jwt"}"#,
        r#"{"alg":"none","alg":"HS256"}"#,
    ] {
        assert_refused(&token(Algorithm::Hs256, twice, PAYLOAD), Defect::DuplicateMember, twice);
    }
}

#[test]
fn header_and_payload_are_plain_utf8_objects() {
    // Row 15: BOM, other encodings, invalid UTF-8, lone surrogates; RFC 8259 section 8.1.
    let head = base64url(header(Algorithm::Hs256).as_bytes());
    let payload = base64url(PAYLOAD.as_bytes());
    let utf16: Vec<u8> = PAYLOAD.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let with_bom = |text: &str| format!("\u{feff}{text}").into_bytes();
    let bad_byte = |text: &str| {
        text.replace("at+jwt", "\u{1}")
            .replace("alice", "\u{1}")
            .into_bytes()
            .into_iter()
            .map(|byte| if byte == 1 { 0xFF } else { byte })
            .collect::<Vec<u8>>()
    };
    let cut = |text: &str| text.as_bytes()[..text.len() - 1].to_vec();
    for (what, bytes) in [
        ("a byte order mark", with_bom(&header(Algorithm::Hs256))),
        ("an invalid byte", bad_byte(&header(Algorithm::Hs256))),
        ("a lone surrogate", br#"{"alg":"HS256","x":"\ud800"}"#.to_vec()),
        ("a cut object", cut(&header(Algorithm::Hs256))),
        ("an array", br#"["alg"]"#.to_vec()),
        ("nothing", Vec::new()),
    ] {
        assert_eq!(
            parse(&format!("{}.{payload}.AAAA", base64url(&bytes))),
            Some(Defect::NotJson),
            "header: {what}"
        );
    }
    for (what, bytes) in [
        ("a byte order mark", with_bom(PAYLOAD)),
        ("an invalid byte", bad_byte(PAYLOAD)),
        ("UTF-16", utf16),
        ("an overlong NUL", b"{\"a\":\"\xC0\x80\"}".to_vec()),
        ("a surrogate in UTF-8", b"{\"a\":\"\xED\xA0\x80\"}".to_vec()),
        ("a lone surrogate in a claim", PAYLOAD.replace("alice", "\\ud800").into_bytes()),
        ("a lone surrogate in an unknown claim", br#"{"x":["\udfff"]}"#.to_vec()),
        ("a raw control character", PAYLOAD.replace("alice", "al\u{1}ice").into_bytes()),
        ("a cut object", cut(PAYLOAD)),
        ("a text", br#""eyJhbGciOiJIUzI1NiJ9""#.to_vec()),
        ("a nested token", good_token(Algorithm::Hs256).into_bytes()),
        ("nothing", Vec::new()),
        ("something behind the object", format!("{PAYLOAD}{{}}").into_bytes()),
    ] {
        assert_eq!(
            parse(&format!("{head}.{}.AAAA", base64url(&bytes))),
            Some(Defect::NotJson),
            "payload: {what}"
        );
    }
}

#[test]
fn white_space_between_members_is_json_and_is_taken() {
    // The example of RFC 7515 appendix A.1 has a line break in header and payload.
    let spaced = PAYLOAD.replace(',', ",\r\n ").replace(':', " :\t").replace("https :\t", "https:");
    let token =
        token(Algorithm::Hs256, " {\"typ\" : \"at+jwt\",\r\n \"alg\":\"HS256\"}\n", &format!(" {spaced}\n"));
    assert_eq!(verify(&token).unwrap().subject(), Some("alice"));
}

#[test]
fn what_is_malformed_is_refused_before_a_key_is_asked_for() {
    // Attack rows 7 to 16: no cryptography for what can not be a token.
    struct NoKeys;
    impl quash_jose::FindKey for NoKeys {
        fn find_key(&self, _: Algorithm, _: Option<&str>) -> Result<&quash_jose::VerificationKey, Defect> {
            panic!("a key was asked for");
        }
    }
    let good = good_token(Algorithm::Hs256);
    for place in 0..good.len() {
        let spoilt = format!("{}*{}", &good[..place], &good[place + 1..]);
        let outcome = UnverifiedToken::parse(&spoilt, Limits::default())
            .and_then(|read| read.verify(&NoKeys, &crate::support::own_profile()));
        assert!(matches!(outcome, Err(Defect::NotBase64url | Defect::NotCompact)), "{place}");
    }
}
