//! Sign-ins that are refused: which field, and what was expected.

use std::time::Duration;

use quash_authority::settings::RequestedLifetimes;
use quash_authority::{DeviceDescription, Error, SignIn};
use quash_core::position::Position;
use quash_storage::ports::Role;
use serde_json::{Value, json};

use crate::scene::{START, Scene, client_id, scene, settings, sign_in};

/// The field that is complained about. Nothing was opened.
async fn bad_field(scene: &Scene, sign_in: SignIn) -> String {
    let error = scene.authority.sign_in(&scene.root(), sign_in).await.unwrap_err();
    assert_eq!(scene.authority.counts().sessions_opened, 0);
    let Error::Request(error) = error else { panic!("{error:?}") };
    assert!(!error.expected.is_empty());
    error.field.into_owned()
}

fn with_claims(claims: &Value) -> SignIn {
    SignIn { claims: claims.as_object().unwrap().clone(), ..sign_in("alice") }
}

#[tokio::test]
async fn every_bad_field_is_named() {
    let scene = scene().await;
    let long = "x".repeat(2_000);
    let device = |name: &str, kind: &str| DeviceDescription {
        id: None,
        name: Some(name.into()),
        kind: Some(kind.into()),
    };
    let lifetimes = |idle, absolute| RequestedLifetimes { idle, absolute };
    let days = |days: u64| Some(Duration::from_secs(days * 86_400));
    let base = || sign_in("alice");
    let ahead = Position::new(scene.head().await.number() + 1).unwrap();
    for (field, sign_in) in [
        ("client_id", SignIn { client: client_id("nobody"), ..base() }),
        ("scope", SignIn { scope: Some("a  b".into()), ..base() }),
        ("scope", SignIn { client: client_id("shop"), scope: Some("read admin".into()), ..base() }),
        ("device.name", SignIn { device: device("", "tv"), ..base() }),
        ("device.type", SignIn { device: device("tv", &long), ..base() }),
        ("ip", SignIn { ip: Some(long.as_str().into()), ..base() }),
        ("user_agent", SignIn { user_agent: Some("a\nb".into()), ..base() }),
        ("amr", SignIn { methods: vec!["pwd".into(); 17], ..base() }),
        ("amr", SignIn { methods: vec!["".into()], ..base() }),
        ("as_of", SignIn { as_of: Some(ahead), ..base() }),
        ("lifetimes.idle", SignIn { lifetimes: lifetimes(days(15), None), ..base() }),
        ("lifetimes.absolute", SignIn { lifetimes: lifetimes(None, days(91)), ..base() }),
        ("lifetimes.absolute", SignIn { lifetimes: lifetimes(None, days(0)), ..base() }),
        ("authenticated_at", SignIn { authenticated_at: Some(START.plus(Duration::from_secs(6))), ..base() }),
        ("authenticated_at", SignIn { authenticated_at: Some(START.minus(days(90).unwrap())), ..base() }),
        ("Idempotency-Key", SignIn { idempotency: Some("".into()), ..base() }),
    ] {
        assert_eq!(bad_field(&scene, sign_in).await, field);
    }
}

#[tokio::test]
async fn a_session_can_not_set_what_a_token_says_by_itself() {
    let scene = scene().await;
    for name in quash_authority::RESERVED_CLAIMS {
        assert_eq!(bad_field(&scene, with_claims(&json!({ name: "x" }))).await, format!("claims.{name}"));
    }
}

#[tokio::test]
async fn the_name_of_a_claim_is_not_repeated_where_it_could_be_a_key() {
    // I13: an admin key has 32 characters or more.
    let scene = scene().await;
    for (length, field) in [(31, format!("claims.{}", "k".repeat(31))), (32, "claims".to_owned())] {
        let claims = json!({ "k".repeat(length): 1 });
        let shop = SignIn { client: client_id("shop"), ..with_claims(&claims) };
        assert_eq!(bad_field(&scene, shop).await, field);
    }
}

#[tokio::test]
async fn claims_stay_within_the_clients_list_and_within_the_budget() {
    // S49: 4 KiB of JSON, exactly.
    let scene = scene().await;
    let shop = SignIn { client: client_id("shop"), ..with_claims(&json!({"tenant": "blue"})) };
    assert_eq!(bad_field(&scene, shop).await, "claims.tenant");
    let overhead = r#"{"a":""}"#.len();
    let filled = |bytes: usize| with_claims(&json!({"a": "x".repeat(bytes - overhead)}));
    assert_eq!(bad_field(&scene, filled(4097)).await, "claims");
    scene.opens(filled(4096)).await;
}

#[tokio::test]
async fn claims_that_a_verifier_would_refuse_for_their_shape_are_refused_at_once() {
    // Attack row 11: depth and members are bounded where tokens are read.
    let scene = scene().await;
    let nested = (0..9).fold(json!(1), |inner, _| json!([inner]));
    assert_eq!(bad_field(&scene, with_claims(&json!({ "a": nested }))).await, "claims");
    let wide: serde_json::Map<_, _> = (0..101).map(|n| (format!("m{n}"), json!(0))).collect();
    assert_eq!(bad_field(&scene, with_claims(&Value::Object(wide))).await, "claims");
}

#[tokio::test]
async fn a_strange_claim_name_is_not_echoed() {
    // I13: what is sent into a field never comes back in an error text.
    let scene = scene().await;
    let sign_in = SignIn { client: client_id("shop"), ..with_claims(&json!({"a\nb": 1})) };
    assert_eq!(bad_field(&scene, sign_in).await, "claims");
}

#[tokio::test]
async fn a_credential_for_one_client_opens_sessions_for_that_client_only() {
    // Attack row 37
    let scene = scene().await;
    let caller = scene.caller(&[Role::Issuer], Some("shop")).await;
    let refused = scene.authority.sign_in(&caller, sign_in("alice")).await.unwrap_err();
    assert!(matches!(refused, Error::Forbidden(_)));
    let own = SignIn { client: client_id("shop"), ..sign_in("alice") };
    scene.authority.sign_in(&caller, own).await.unwrap();
}

#[test]
fn the_settings_of_these_tests_have_no_problem() {
    assert_eq!(settings().problems(), []);
}
