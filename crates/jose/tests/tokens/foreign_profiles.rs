//! Tokens of other issuers: strict until the operator relaxes by name (design section 3).

use quash_core::defect::Defect;
use quash_core::ids::Issuer;
use quash_core::verified::VerifiedClaims;
use quash_jose::{
    Algorithm, AudienceRule, IssuerRule, Limits, Required, ShortSecret, SigningKey, TokenProfile, TypeRule,
    UnverifiedToken, VerificationKey,
};

use crate::support::{header, payload_with, token, verify_as};

fn foreign() -> TokenProfile {
    TokenProfile::foreign(
        Issuer::new("https://quash.example").unwrap(),
        vec!["https://api.example".to_owned()],
    )
}

/// The profile for the tokens of ordinary tutorials.
fn tutorial() -> TokenProfile {
    TokenProfile::foreign(Issuer::new("shop").unwrap(), Vec::new())
        .with_issuer_rule(IssuerRule::MayBeMissing)
        .with_types(TypeRule::OneOfOrMissing(vec!["JWT".to_owned()]))
        .with_audience(AudienceRule::OneOfOrMissing(Vec::new()))
        .with_subject_claim("id")
        .with_device_claim("deviceId")
}

/// Verifies a token of the tutorial issuer, after a forged one of the same text was refused.
fn tutorial_token(payload: &str) -> Result<VerifiedClaims, Defect> {
    let verify = |secret: &[u8]| {
        let signing = SigningKey::from_private_bytes(Algorithm::Hs256, secret, None).unwrap();
        let token = signing.sign_compact(br#"{"alg":"HS256","typ":"JWT"}"#, payload.as_bytes()).unwrap();
        let key =
            VerificationKey::from_secret(Algorithm::Hs256, &[7; 32], None, ShortSecret::Refuse).unwrap();
        UnverifiedToken::parse(&token, Limits::default())?.verify(&key, &tutorial())
    };
    assert!(verify(&[8; 32]).is_err(), "a forged token was taken");
    verify(&[7; 32])
}

#[test]
fn a_tutorial_token_is_usable_unchanged_under_named_relaxations() {
    let payload =
        r#"{"id":42,"username":"alice","jti":"j1","deviceId":"phone","iat":1700000000,"exp":1700000600}"#;
    let verified = tutorial_token(payload).unwrap();
    assert_eq!(verified.subject(), Some("42"));
    assert_eq!(verified.device(), Some("phone"));
    assert_eq!(verified.token(), Some("j1"));
    assert_eq!(verified.issuer(), None);
    assert_eq!(verified.verified_issuer().as_str(), "shop");
    assert_eq!(verified.key(), None);
    assert_eq!(verified.digest(), None);
}

#[test]
fn an_integer_subject_counts_as_its_decimal_text_and_nothing_else_does() {
    let with = |id: &str| {
        tutorial_token(&format!(r#"{{"id":{id},"exp":1}}"#)).map(|v| v.subject().unwrap().to_owned())
    };
    assert_eq!(with("0"), Ok("0".to_owned()));
    assert_eq!(with("9007199254740992"), Ok("9007199254740992".to_owned()));
    assert_eq!(with(r#""42""#), Ok("42".to_owned()));
    for id in ["42.0", "4.2e1", "-42", "9007199254740993", "null", "[42]", "true", "{}", r#""""#] {
        assert_eq!(with(id), Err(Defect::MalformedClaim), "{id}");
    }
    assert_eq!(tutorial_token(r#"{"exp":1}"#).err(), Some(Defect::MissingClaim));
    // `sub` itself stays a string (RFC 7519 section 4.1.2), and means nothing where another claim stands for it.
    let strict = foreign();
    let token = |sub: &str| token(Algorithm::Hs256, &header(Algorithm::Hs256), &payload_with("sub", sub));
    assert_eq!(verify_as(&token("42"), &strict).err(), Some(Defect::MalformedClaim));
    assert_eq!(tutorial_token(r#"{"sub":7,"id":"a","exp":1}"#).unwrap().subject(), Some("a"));
}

#[test]
fn each_relaxation_relaxes_one_thing_only() {
    let head = header(Algorithm::Hs256);
    let bare = token(Algorithm::Hs256, &head, r#"{"sub":"a","exp":1}"#);
    let with_issuer = token(Algorithm::Hs256, &head, r#"{"sub":"a","exp":1,"iss":"https://quash.example"}"#);
    assert_eq!(verify_as(&bare, &foreign()).err(), Some(Defect::UnknownIssuer));
    assert_eq!(verify_as(&with_issuer, &foreign()).err(), Some(Defect::WrongAudience));
    let no_issuer = foreign().with_issuer_rule(IssuerRule::MayBeMissing);
    assert_eq!(verify_as(&bare, &no_issuer).err(), Some(Defect::WrongAudience));
    let no_audience = foreign().with_audience(AudienceRule::Any);
    assert_eq!(verify_as(&bare, &no_audience).err(), Some(Defect::UnknownIssuer));
    assert!(verify_as(&with_issuer, &no_audience).is_ok());
    assert!(verify_as(&bare, &no_audience.with_issuer_rule(IssuerRule::MayBeMissing)).is_ok());
    let untyped =
        token(Algorithm::Hs256, r#"{"alg":"HS256"}"#, r#"{"sub":"a","exp":1,"iss":"https://quash.example"}"#);
    assert_eq!(
        verify_as(&untyped, &foreign().with_audience(AudienceRule::Any)).err(),
        Some(Defect::WrongType)
    );
    let any_type = foreign().with_audience(AudienceRule::Any).with_types(TypeRule::Any);
    assert!(verify_as(&untyped, &any_type).is_ok());
}

#[test]
fn an_audience_for_somebody_else_is_refused_even_where_it_may_be_missing() {
    let profile =
        foreign().with_audience(AudienceRule::OneOfOrMissing(vec!["https://api.example".to_owned()]));
    let token = |aud: &str| token(Algorithm::Hs256, &header(Algorithm::Hs256), &payload_with("aud", aud));
    assert_eq!(verify_as(&token(r#""https://other.example""#), &profile).err(), Some(Defect::WrongAudience));
    assert_eq!(verify_as(&token("[]"), &profile).err(), Some(Defect::WrongAudience));
    assert_eq!(verify_as(&token("null"), &profile).err(), Some(Defect::MalformedClaim));
}

#[test]
fn a_strangers_position_is_not_read() {
    let verified = verify_as(
        &token(Algorithm::Hs256, &header(Algorithm::Hs256), &payload_with("pos", "999")),
        &foreign(),
    );
    assert_eq!(verified.unwrap().position(), None);
    let odd = token(Algorithm::Hs256, &header(Algorithm::Hs256), &payload_with("pos", r#""front""#));
    assert!(verify_as(&odd, &foreign()).is_ok());
}

#[test]
fn the_client_may_stand_in_azp_and_scope_may_be_a_list() {
    // OpenID Connect Core section 2; several issuers write `scope` as an array.
    let profile = foreign().with_client_claim("azp").with_required(vec![Required::Subject, Required::Client]);
    let payload = payload_with("azp", r#""spa""#).replace(r#""client_id":"web","#, "");
    let verified =
        verify_as(&token(Algorithm::Hs256, &header(Algorithm::Hs256), &payload), &profile).unwrap();
    assert_eq!(verified.client(), Some("spa"));
    let without = token(Algorithm::Hs256, &header(Algorithm::Hs256), crate::support::PAYLOAD);
    assert_eq!(verify_as(&without, &profile).err(), Some(Defect::MissingClaim));
    let scope = |value: &str| {
        let token = token(Algorithm::Hs256, &header(Algorithm::Hs256), &payload_with("scope", value));
        verify_as(&token, &foreign()).map(|verified| verified.scope().map(str::to_owned))
    };
    assert_eq!(scope(r#"["read","write"]"#), Ok(Some("read write".to_owned())));
    assert_eq!(scope(r#"["read write"]"#), Err(Defect::MalformedClaim));
    assert_eq!(scope(r#"["read",7]"#), Err(Defect::MalformedClaim));
}

#[test]
fn a_short_secret_verifies_only_where_it_was_allowed() {
    let secret = b"secret";
    let key = VerificationKey::from_secret(Algorithm::Hs256, secret, None, ShortSecret::Allow).unwrap();
    // Signed elsewhere: HMAC-SHA-256 under the six bytes `secret`.
    let token = include_str!("fixtures/short_secret_token.txt").trim();
    let verified =
        UnverifiedToken::parse(token, Limits::default()).unwrap().verify(&key, &tutorial()).unwrap();
    assert_eq!(verified.subject(), Some("42"));
}
