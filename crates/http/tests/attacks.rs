//! The attack rows that concern a token, tried where a token arrives over HTTP: `/auth/check` and introspection.
//! Whatever does not verify gets one and the same answer.

use std::time::Duration;

use aws_lc_rs::hmac;
use base64_simd::{STANDARD, URL_SAFE_NO_PAD};
use quash_core::ids::{Issuer, KeyId};
use quash_jose::{Algorithm, KeySet, SigningKey};
use quash_verify::IssuerConfig;
use serde_json::{Value, json};

use crate::house::{API, House, START, settings};

const OTHER: &str = "https://other.example";

/// A server that trusts another issuer, whose key the test holds.
struct Scene {
    house: House,
    key: SigningKey,
}

async fn scene() -> Scene {
    let key = SigningKey::generate(Algorithm::Es256, Some(KeyId::new("k1").unwrap())).unwrap();
    let keys = KeySet::new([key.verification_key().unwrap()]).unwrap();
    let issuer = IssuerConfig::foreign(Issuer::new(OTHER).unwrap(), vec![API.to_owned()], keys);
    Scene { house: House::with(settings(), vec![issuer]).await, key }
}

fn payload() -> Value {
    let now = START.seconds();
    json!({ "iss": OTHER, "aud": API, "sub": "alice", "jti": "t1", "iat": now, "exp": now + 600 })
}

const HEADER: &str = r#"{"alg":"ES256","typ":"at+jwt","kid":"k1"}"#;

fn base64(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode_to_string(bytes)
}

impl Scene {
    fn token(&self) -> String {
        self.signed(HEADER, payload().to_string())
    }

    fn signed(&self, header: impl AsRef<[u8]>, payload: impl AsRef<[u8]>) -> String {
        self.key.sign_compact(header.as_ref(), payload.as_ref()).unwrap()
    }

    /// The good payload with some claims changed; null takes one out.
    fn with_claims(&self, changed: &Value) -> String {
        let mut claims = payload();
        for (name, value) in changed.as_object().unwrap() {
            if value.is_null() {
                claims.as_object_mut().unwrap().remove(name);
            } else {
                claims[name] = value.clone();
            }
        }
        self.signed(HEADER, claims.to_string())
    }

    async fn introspected(&self, token: &str) -> String {
        let reply = self.house.post("/oauth/introspect").admin().form(&[("token", token)]).send().await;
        // What does not even fit a body is inactive, too.
        let is_long = token.len() > 20_000;
        assert!(reply.status == 200 || is_long && reply.status == 413, "{}", reply.text());
        if is_long { r#"{"active":false}"#.to_owned() } else { reply.text().to_owned() }
    }

    /// Refused with the one generic answer, and inactive.
    async fn assert_invalid(&self, token: &str, what: &str) {
        let reply = self.house.get("/auth/check").bearer(token).send().await;
        assert_eq!(reply.status, 401, "{what}");
        let challenge =
            r#"Bearer realm="quash", error="invalid_token", reason="invalid_token", remedy="sign_in""#;
        assert_eq!(reply.header("www-authenticate"), challenge, "{what}");
        let expected = json!({
            "title": "Unauthorized", "status": 401, "reason": "invalid_token",
            "detail": "the token is refused: invalid_token", "remedy": "sign_in",
        });
        assert_eq!(reply.json(), expected, "{what}");
        assert_eq!(self.introspected(token).await, r#"{"active":false}"#, "{what}");
    }

    async fn reason(&self, token: &str) -> String {
        let reply = self.house.get("/auth/check").bearer(token).send().await;
        if reply.status == 200 { "accepted".to_owned() } else { reply.reason() }
    }
}

#[tokio::test]
async fn the_good_token_is_good() {
    // Without this every other test here could pass for the wrong reason.
    let scene = scene().await;
    let token = scene.token();
    assert_eq!(scene.reason(&token).await, "accepted");
    let introspected: Value = serde_json::from_str(&scene.introspected(&token).await).unwrap();
    assert_eq!((&introspected["active"], &introspected["sub"]), (&json!(true), &json!("alice")));
}

#[tokio::test]
async fn row_1_unsigned_tokens_are_refused_however_none_is_spelt() {
    let scene = scene().await;
    let body = base64(payload().to_string());
    let [_, _, signature] = parts(&scene.token());
    for alg in ["none", "None", "NONE", "nOnE", "", "null"] {
        let header = base64(format!(r#"{{"alg":"{alg}","typ":"at+jwt","kid":"k1"}}"#));
        for end in ["", "AA", &signature] {
            scene.assert_invalid(&format!("{header}.{body}.{end}"), alg).await;
        }
    }
    scene.assert_invalid(&format!("{}.{body}.", base64(HEADER)), "an empty signature").await;
}

#[tokio::test]
async fn row_2_the_public_key_is_no_secret() {
    let scene = scene().await;
    let published = quash_jose::jwks::publish([&scene.key.verification_key().unwrap()]);
    let jwk = serde_json::from_str::<Value>(&published).unwrap()["keys"][0].to_string();
    let pem = format!(
        "-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n",
        STANDARD.encode_to_string(&jwk)
    );
    for secret in [jwk.clone(), pem.clone(), pem.trim().to_owned(), format!("{jwk}\n")] {
        // The library refuses such a secret, so the forger does the sum alone.
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
        for kid in [r#","kid":"k1""#, ""] {
            let header = base64(format!(r#"{{"alg":"HS256","typ":"at+jwt"{kid}}}"#));
            let input = format!("{header}.{}", base64(payload().to_string()));
            let token = format!("{input}.{}", base64(hmac::sign(&key, input.as_bytes())));
            scene.assert_invalid(&token, "HMAC under a public key").await;
        }
    }
}

#[tokio::test]
async fn row_3_a_key_id_is_looked_up_and_nothing_else() {
    let scene = scene().await;
    let long = "k".repeat(1 << 20);
    for kid in
        ["../../dev/null", "k1' OR '1'='1", "k1\0", "k1\r\nx-auth-roles: admin", "K1", " k1", "", &long]
    {
        let header = json!({ "alg": "ES256", "typ": "at+jwt", "kid": kid }).to_string();
        scene.assert_invalid(&scene.signed(header, payload().to_string()), "a foreign key id").await;
    }
}

#[tokio::test]
async fn row_4_no_key_is_taken_from_the_token() {
    let scene = scene().await;
    let forger = SigningKey::generate(Algorithm::Es256, None).unwrap();
    for (name, value) in [
        ("jwk", json!({ "kty": "EC" })),
        ("jku", json!("http://127.0.0.1:9/jwks.json")),
        ("x5u", json!("http://127.0.0.1:9/cert")),
        ("x5c", json!(["AA"])),
    ] {
        let mut header: Value = serde_json::from_str(HEADER).unwrap();
        header[name] = value;
        let header = header.to_string();
        let own = forger.sign_compact(header.as_bytes(), payload().to_string().as_bytes()).unwrap();
        scene.assert_invalid(&own, name).await;
        scene.assert_invalid(&scene.signed(header, payload().to_string()), name).await;
    }
}

fn parts(token: &str) -> [String; 3] {
    let parts: Vec<String> = token.split('.').map(ToOwned::to_owned).collect();
    parts.try_into().unwrap()
}

#[tokio::test]
async fn row_5_psychic_and_misshapen_signatures_are_refused() {
    let scene = scene().await;
    let [header, body, signature] = parts(&scene.token());
    let bytes = URL_SAFE_NO_PAD.decode_to_vec(&signature).unwrap();
    let der = [&[0x30, 0x44, 2, 32][..], &bytes[..32], &[2, 32], &bytes[32..]].concat();
    for bad in
        [vec![0; 64], vec![1; 64], vec![0xFF; 64], der, bytes[..63].to_vec(), [&bytes[..], &[0]].concat()]
    {
        scene.assert_invalid(&format!("{header}.{body}.{}", base64(bad)), "a signature").await;
    }
}

/// The order of P-256 (FIPS 186-4 appendix D.1.2).
const ORDER: [u8; 32] = [
    0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xBC, 0xE6, 0xFA,
    0xAD, 0xA7, 0x17, 0x9E, 0x84, 0xF3, 0xB9, 0xCA, 0xC2, 0xFC, 0x63, 0x25, 0x51,
];

/// The other signature of the same token: r, n - s.
fn twin(token: &str) -> String {
    let [header, body, signature] = parts(token);
    let mut bytes = URL_SAFE_NO_PAD.decode_to_vec(&signature).unwrap();
    let mut borrow = 0;
    for place in (0..32).rev() {
        let step = i32::from(ORDER[place]) - i32::from(bytes[32 + place]) - borrow;
        borrow = i32::from(step < 0);
        bytes[32 + place] = u8::try_from(step.rem_euclid(256)).unwrap();
    }
    format!("{header}.{body}.{}", base64(bytes))
}

#[tokio::test]
async fn row_6_the_twin_of_a_signature_falls_by_the_same_revocation() {
    // S11: a digest of the raw string would let the twin through.
    let scene = scene().await;
    for claims in [json!({}), json!({ "jti": null })] {
        let token = scene.with_claims(&claims);
        let twin = twin(&token);
        assert_ne!(token, twin);
        assert_eq!(scene.reason(&twin).await, "accepted", "it is legal");
        scene.house.revoke(json!({ "target": { "type": "token", "token": token } })).await;
        for spelling in [&token, &twin] {
            assert_eq!(scene.reason(spelling).await, "admin", "{claims}");
            assert_eq!(scene.introspected(spelling).await, r#"{"active":false}"#);
        }
    }
}

#[tokio::test]
async fn row_7_a_token_has_one_spelling() {
    let scene = scene().await;
    let token = scene.token();
    let [header, body, signature] = parts(&token);
    let (rest, last) = signature.split_at(signature.len() - 1);
    let digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let place = digits.find(last).unwrap();
    // 64 bytes leave four stray bits in the last digit, which have to be zero.
    let stray = digits.chars().nth(place | 1).unwrap();
    let restyled = format!("{rest}{stray}");
    for spelling in [
        format!("{header}.{body}.{restyled}"),
        format!("{token}="),
        format!("{token}=="),
        format!("{token}."),
        format!(".{token}"),
        format!("{token}.{signature}"),
        format!("{header}=.{body}.{signature}"),
        format!("{header}..{signature}"),
        format!("{header}.{body}.{}", signature.replace(['-', '_'], "+") + "/"),
    ] {
        scene.assert_invalid(&spelling, &spelling).await;
    }
}

#[tokio::test]
async fn row_10_and_11_encrypted_nested_huge_and_deep_tokens_are_refused() {
    let scene = scene().await;
    let deep = |depth: usize| format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
    let nested =
        format!(r#"{{"iss":"{OTHER}","aud":"{API}","sub":"a","exp":1800000600,"x":{}}}"#, deep(100_000));
    let wide = format!(r#"{{"iss":"{OTHER}","x":"{}"}}"#, "a".repeat(10 << 20));
    scene.assert_invalid(&".".repeat(1_000_000), "dots").await;
    scene.assert_invalid("a.b.c.d.e", "five parts").await;
    scene.assert_invalid(&scene.signed(HEADER, nested), "deep").await;
    scene.assert_invalid(&scene.signed(HEADER, wide), "wide").await;
    let jwt = HEADER.replace('}', r#","cty":"JWT"}"#);
    scene.assert_invalid(&scene.signed(jwt, scene.token()), "a token in a token").await;
}

#[tokio::test]
async fn row_12_to_14_duplicate_members_and_extensions_are_refused() {
    let scene = scene().await;
    let good = payload().to_string();
    for header in [
        HEADER.replace('}', r#","alg":"ES256"}"#),
        HEADER.replace('}', r#","crit":["x"],"x":1}"#),
        HEADER.replace('}', r#","crit":[]}"#),
        HEADER.replace('}', r#","crit":["exp"]}"#),
        HEADER.replace('}', r#","b64":false}"#),
        HEADER.replace('}', r#","crit":["b64"],"b64":false}"#),
        HEADER.replace('}', r#","zip":"DEF"}"#),
    ] {
        scene.assert_invalid(&scene.signed(&header, &good), &header).await;
    }
    for claims in [good.replace('}', r#","sub":"root"}"#), good.replace('}', r#","ex\u0070":9999999999}"#)] {
        scene.assert_invalid(&scene.signed(HEADER, &claims), &claims).await;
    }
}

#[tokio::test]
async fn row_15_texts_are_plain_utf8() {
    let scene = scene().await;
    let good = payload().to_string();
    scene.assert_invalid(&scene.signed(HEADER, format!("\u{feff}{good}")), "a byte order mark").await;
    scene.assert_invalid(&scene.signed(format!("\u{feff}{HEADER}"), &good), "one in the header").await;
    let broken = [good.as_bytes(), &[0xFF]].concat();
    scene.assert_invalid(&scene.signed(HEADER, broken), "not UTF-8").await;
    let lone = good.replace("alice", r"\ud800");
    scene.assert_invalid(&scene.signed(HEADER, lone), "half a surrogate").await;
    // Two spellings of one letter are two subjects.
    scene.house.revoke(json!({ "target": { "type": "subject", "id": "caf\u{e9}", "issuer": OTHER } })).await;
    assert_eq!(scene.reason(&scene.with_claims(&json!({ "sub": "caf\u{e9}" }))).await, "admin");
    assert_eq!(scene.reason(&scene.with_claims(&json!({ "sub": "cafe\u{301}" }))).await, "accepted");
}

#[tokio::test]
async fn row_16_numbers_are_numbers() {
    let scene = scene().await;
    let now = START.seconds();
    for exp in [json!("1800000600"), json!(-1), json!([now + 600]), json!({}), json!(true), json!("")] {
        scene.assert_invalid(&scene.with_claims(&json!({ "exp": exp })), "exp").await;
    }
    let null = payload().to_string().replace(&(now + 600).to_string(), "null");
    scene.assert_invalid(&scene.signed(HEADER, null), "exp null").await;
    let huge = payload().to_string().replace(&(now + 600).to_string(), "1e300");
    scene.assert_invalid(&scene.signed(HEADER, huge), "exp 1e300").await;
    scene.assert_invalid(&scene.with_claims(&json!({ "exp": null })), "exp missing").await;
    scene.assert_invalid(&scene.with_claims(&json!({ "iat": "now" })), "iat").await;
    scene.assert_invalid(&scene.with_claims(&json!({ "nbf": "now" })), "nbf").await;
    assert_eq!(scene.reason(&scene.with_claims(&json!({ "exp": now + 601 }))).await, "life_too_long");
}

#[tokio::test]
async fn row_17_a_token_from_the_future_is_refused() {
    let scene = scene().await;
    let now = START.seconds();
    let issued = |iat: u64| scene.with_claims(&json!({ "iat": iat, "exp": iat + 600 }));
    assert_eq!(scene.reason(&issued(now + 5)).await, "accepted", "the skew itself");
    assert_eq!(scene.reason(&issued(now + 6)).await, "issued_in_future");
}

#[tokio::test]
async fn row_18_and_19_without_an_id_the_signing_input_counts_and_a_cutoffs_second_is_inside() {
    let scene = scene().await;
    let nameless = scene.with_claims(&json!({ "jti": null }));
    assert_eq!(scene.reason(&nameless).await, "accepted");
    scene.house.revoke(json!({ "target": { "type": "token", "token": nameless } })).await;
    assert_eq!(scene.reason(&nameless).await, "admin");
    let same_second = scene.with_claims(&json!({ "jti": "t2", "sub": "bob" }));
    scene.house.revoke(json!({ "target": { "type": "subject", "id": "bob", "issuer": OTHER } })).await;
    assert_eq!(scene.reason(&same_second).await, "admin");
    scene.house.clock.advance(Duration::from_secs(7));
    let later =
        json!({ "jti": "t3", "sub": "bob", "iat": START.seconds() + 6, "exp": START.seconds() + 600 });
    assert_eq!(scene.reason(&scene.with_claims(&later)).await, "accepted");
}

#[tokio::test]
async fn row_20_any_entry_that_hits_refuses() {
    // CVE-2026-18218: a newer cutoff must not hide an older one.
    let scene = scene().await;
    let token = scene.with_claims(&json!({ "client_id": "app", "sub": "carol" }));
    assert_eq!(scene.reason(&token).await, "accepted");
    let older = json!({ "type": "client", "id": "app", "issuer": OTHER });
    scene.house.revoke(json!({ "target": older, "reason": "older" })).await;
    scene.house.clock.advance(Duration::from_secs(60));
    for target in [
        json!({ "type": "subject", "id": "dave", "issuer": OTHER }),
        json!({ "type": "client", "id": "x", "issuer": OTHER }),
    ] {
        scene.house.revoke(json!({ "target": target })).await;
    }
    assert_eq!(scene.reason(&token).await, "older");
}

#[tokio::test]
async fn row_21_names_belong_to_their_issuer() {
    let scene = scene().await;
    let token = scene.token();
    scene.house.revoke(json!({ "target": { "type": "subject", "id": "alice" } })).await;
    scene.house.revoke(json!({ "target": { "type": "token", "id": "t1" } })).await;
    assert_eq!(scene.reason(&token).await, "accepted", "our own alice is another");
    for sub in [json!(1), json!(["alice"]), json!({})] {
        scene.assert_invalid(&scene.with_claims(&json!({ "sub": sub })), "sub").await;
    }
    let stolen = scene.with_claims(&json!({ "iss": "https://auth.example" }));
    scene.assert_invalid(&stolen, "our own name, another's key").await;
}

#[tokio::test]
async fn row_22_another_kind_of_token_is_no_access_token() {
    let scene = scene().await;
    for typ in ["JWT", "logout+jwt", "secevent+jwt", "dpop+jwt", "at+jwt ", ""] {
        let header = json!({ "alg": "ES256", "typ": typ, "kid": "k1" }).to_string();
        scene.assert_invalid(&scene.signed(header, payload().to_string()), typ).await;
    }
    scene
        .assert_invalid(&scene.signed(r#"{"alg":"ES256","kid":"k1"}"#, payload().to_string()), "no type")
        .await;
    let refresh = scene.house.sign_in("alice").await["refresh_token"].as_str().unwrap().to_owned();
    let reply = scene.house.get("/auth/check").bearer(&refresh).send().await;
    assert_eq!((reply.status, reply.reason().as_str()), (401, "invalid_token"));
}

#[tokio::test]
async fn row_23_a_token_for_somebody_else_is_refused() {
    let scene = scene().await;
    for aud in [json!(null), json!("https://api.example.evil"), json!("https://api"), json!([]), json!(1)] {
        scene.assert_invalid(&scene.with_claims(&json!({ "aud": aud })), "aud").await;
    }
    scene.assert_invalid(&scene.with_claims(&json!({ "iss": [OTHER] })), "iss").await;
    scene.assert_invalid(&scene.with_claims(&json!({ "iss": "https://other.example/" })), "iss").await;
    let many = scene.with_claims(&json!({ "aud": ["https://x.example", API] }));
    assert_eq!(scene.reason(&many).await, "accepted");
}

#[tokio::test]
async fn row_24_a_token_that_ends_like_a_known_one_is_not_it() {
    // CVE-2026-35039: what is cached is the signature result of exactly these bytes.
    let scene = scene().await;
    let good = scene.token();
    assert_eq!(scene.reason(&good).await, "accepted");
    let [header, _, signature] = parts(&good);
    let root = base64(payload().to_string().replace("alice", "root!"));
    scene.assert_invalid(&format!("{header}.{root}.{signature}"), "another payload").await;
    assert_eq!(scene.reason(&good).await, "accepted");
    scene.house.revoke(json!({ "target": { "type": "token", "token": good } })).await;
    assert_eq!(scene.reason(&good).await, "admin", "a cached token is judged anew");
}
