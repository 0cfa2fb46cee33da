//! Opening a session: what the tokens say, and what they stand on.

use std::time::Duration;

use quash_authority::settings::{Lifetimes, RequestedLifetimes};
use quash_authority::{DeviceDescription, SignIn, SignedIn, TargetRequest};
use quash_core::ids::DeviceId;
use quash_core::revocation::decide::Decision;
use serde_json::json;

use crate::scene::{
    START, client_id, refresh_token, scene, scene_with, session_id, settings, sign_in, subject,
};

#[tokio::test]
async fn a_sign_in_gives_an_access_token_with_the_claims_of_rfc_9068_and_a_position() {
    // RFC 9068 section 2.2, design section 9
    let scene = scene().await;
    let claims = json!({"role": "editor"}).as_object().unwrap().clone();
    let device =
        DeviceDescription { id: Some(DeviceId::new("phone-7").unwrap()), ..DeviceDescription::default() };
    let scope = Some("read write".into());
    let tokens =
        scene.opens(SignIn { claims, device, scope, methods: vec!["pwd".into()], ..sign_in("alice") }).await;

    let said = scene.claims(&tokens).to_object();
    let head = scene.head().await;
    let expected = json!({
        "iss": "https://auth.example", "sub": "alice", "aud": "https://api.example", "client_id": "web",
        "iat": START.seconds(), "exp": START.seconds() + 600, "jti": said["jti"],
        "sid": session_id(&tokens).as_str(), "pos": head.number(), "scope": "read write",
        "auth_time": START.seconds(), "amr": ["pwd"], "device_id": "phone-7", "role": "editor",
    });
    assert_eq!(serde_json::Value::Object(said), expected);
    assert!(scene.accepts(&tokens));
}

#[tokio::test]
async fn the_reply_says_how_long_everything_lives() {
    // S01, S06: 600 s, 14 days, 90 days; refresh between 120 and 90 seconds before the end.
    let scene = scene().await;
    let tokens = scene.signs_in("alice").await;
    assert_eq!(tokens.expires_in, 600);
    assert_eq!(tokens.refresh_token_timeout, Some(14 * 86_400));
    assert_eq!(tokens.authorization_expires_in, Some(90 * 86_400));
    let refresh_in = tokens.refresh_at - START.seconds();
    assert!((480..=510).contains(&refresh_in), "{refresh_in}");
    assert!(refresh_token(&tokens).starts_with("qrt_"));
}

#[tokio::test]
async fn an_access_token_is_refused_at_exactly_its_exp() {
    // S01, RFC 7519 section 4.1.4
    let scene = scene().await;
    let tokens = scene.signs_in("alice").await;
    scene.clock.advance(Duration::from_millis(599_999));
    assert!(scene.accepts(&tokens));
    scene.clock.advance(Duration::from_millis(1));
    assert_eq!(scene.refuses(&tokens), "expired");
}

#[tokio::test]
async fn an_access_token_never_lives_beyond_its_session() {
    // S07
    let scene = scene().await;
    let lifetimes = RequestedLifetimes { idle: None, absolute: Some(Duration::from_secs(100)) };
    let tokens = scene.opens(SignIn { lifetimes, ..sign_in("alice") }).await;
    assert_eq!((tokens.expires_in, tokens.authorization_expires_in), (100, Some(100)));
    assert_eq!(scene.claims(&tokens).expires_at(), START.seconds() + 100);
    scene.passes(99);
    assert_eq!(scene.renews(&tokens).await.expires_in, 1);
}

#[tokio::test]
async fn in_the_last_part_of_a_second_of_a_session_no_token_is_handed_out_that_is_dead_already() {
    // `exp` is whole seconds: the last one may begin before the session's end.
    let scene = scene().await;
    scene.clock.advance(Duration::from_millis(500));
    let lifetimes = RequestedLifetimes { idle: None, absolute: Some(Duration::from_secs(100)) };
    let tokens = scene.opens(SignIn { lifetimes, ..sign_in("alice") }).await;
    scene.clock.advance(Duration::from_millis(99_499));
    assert_eq!(scene.renews(&tokens).await.expires_in, 1);
    scene.clock.advance(Duration::from_millis(1));
    assert_eq!(&*scene.renewal_refused(&tokens).await.reason, "absolute_limit");
}

#[tokio::test]
async fn the_age_of_a_session_counts_from_the_proof_of_identity() {
    // S07: `auth_time` + limit, whenever the backend told about it.
    let scene = scene().await;
    let authenticated_at = Some(START.minus(Duration::from_secs(86_400)));
    let tokens = scene.opens(SignIn { authenticated_at, ..sign_in("alice") }).await;
    assert_eq!(tokens.authorization_expires_in, Some(89 * 86_400));
    assert_eq!(scene.claims(&tokens).authenticated_at(), Some(START.seconds() - 86_400));
}

#[tokio::test]
async fn a_sign_in_may_ask_for_other_lifetimes_within_the_clients_longest() {
    // S01, "remember me"
    let mut settings = settings();
    let day = Duration::from_secs(86_400);
    settings.clients[0].lifetimes =
        Some(Lifetimes { access: Duration::from_secs(300), idle: day, absolute: 2 * day });
    settings.clients[0].longest = Some(Lifetimes::default().limits());
    let scene = scene_with(settings).await;
    let tokens = scene.signs_in("alice").await;
    assert_eq!((tokens.expires_in, tokens.refresh_token_timeout), (300, Some(86_400)));
    let lifetimes = RequestedLifetimes { idle: Some(10 * day), absolute: Some(20 * day) };
    let remembered = scene.opens(SignIn { lifetimes, ..sign_in("alice") }).await;
    assert_eq!(remembered.refresh_token_timeout, Some(10 * 86_400));
    assert_eq!(remembered.authorization_expires_in, Some(20 * 86_400));
}

#[tokio::test]
async fn a_password_change_between_head_and_sign_in_hits_the_new_token() {
    // Design section 2, "What `pos` is": the backend read the head, checked the old password, then somebody
    // changed it, then the session was opened.
    let scene = scene().await;
    let as_of = Some(scene.head().await);
    scene.revokes(TargetRequest::Subject(subject("alice"))).await;
    let tokens = scene.opens(SignIn { as_of, ..sign_in("alice") }).await;
    assert_eq!(scene.refuses(&tokens), "admin");
    assert_eq!(&*scene.renewal_refused(&tokens).await.reason, "admin");
}

#[tokio::test]
async fn a_sign_in_that_looks_back_beyond_the_memory_of_verifiers_gets_no_token() {
    // I6: verifiers forget the cutoff before the new access token would be over, so it must not be made.
    let scene = scene().await;
    let as_of = Some(scene.head().await);
    scene.revokes(TargetRequest::Subject(subject("alice"))).await;
    scene.passes(600);
    scene.authority.maintain().await.unwrap();
    let caller = scene.root();
    let late = scene.authority.sign_in(&caller, SignIn { as_of, ..sign_in("alice") }).await.unwrap();
    let SignedIn::Over(refusal) = late else { panic!("a token was made: {late:?}") };
    assert_eq!(&*refusal.reason, "admin");
}

#[tokio::test]
async fn a_sign_in_in_the_second_of_a_cutoff_passes_and_the_older_token_of_that_second_does_not() {
    // S13, S14: positions are compared, not seconds.
    let scene = scene().await;
    let before = scene.signs_in("alice").await;
    scene.revokes(TargetRequest::Subject(subject("alice"))).await;
    let after = scene.signs_in("alice").await;
    assert_eq!(scene.claims(&before).issued_at(), scene.claims(&after).issued_at());
    assert_eq!(scene.refuses(&before), "admin");
    assert!(scene.accepts(&after));
    scene.renews(&after).await;
}

#[tokio::test]
async fn a_repeated_sign_in_with_one_idempotency_key_opens_one_session() {
    // Design section 5: a lost reply.
    let scene = scene().await;
    let request = SignIn { idempotency: Some("order 7".into()), ..sign_in("alice") };
    let first = scene.opens(request.clone()).await;
    let second = scene.opens(request).await;
    assert_eq!(first.session_id, second.session_id);
    assert_eq!(first.refresh_token, second.refresh_token);
    assert!(scene.accepts(&second));
    assert_eq!(scene.authority.counts().sessions_opened, 1);
}

#[tokio::test]
async fn an_idempotency_key_of_another_request_is_refused() {
    let scene = scene().await;
    let idempotency = Some("order 7".into());
    scene.opens(SignIn { idempotency: idempotency.clone(), ..sign_in("alice") }).await;
    let other = SignIn { idempotency, ..sign_in("bob") };
    let outcome = scene.authority.sign_in(&scene.root(), other).await.unwrap();
    assert_eq!(outcome, SignedIn::KeyUsedOtherwise);
}

#[tokio::test]
async fn two_callers_never_share_an_idempotency_key() {
    let scene = scene().await;
    let other = scene.caller(&[quash_storage::ports::Role::Issuer], None).await;
    let request = SignIn { idempotency: Some("1".into()), ..sign_in("alice") };
    let first = scene.opens(request.clone()).await;
    let SignedIn::Open(second) = scene.authority.sign_in(&other, request).await.unwrap() else {
        panic!("not opened")
    };
    assert_ne!(first.session_id, second.session_id);
}

#[tokio::test]
async fn a_repeated_sign_in_whose_session_was_ended_meanwhile_gives_no_tokens() {
    let scene = scene().await;
    for (key, target) in
        [("by its row", None), ("by a cutoff", Some(TargetRequest::Subject(subject("alice"))))]
    {
        let request = SignIn { idempotency: Some(key.into()), ..sign_in("alice") };
        let tokens = scene.opens(request.clone()).await;
        scene.revokes(target.unwrap_or(TargetRequest::Session(session_id(&tokens)))).await;
        let again = scene.authority.sign_in(&scene.root(), request).await.unwrap();
        let SignedIn::Over(refusal) = again else { panic!("{key}: {again:?}") };
        assert_eq!(&*refusal.reason, "admin", "{key}");
    }
}

#[tokio::test]
async fn a_device_without_an_id_gets_one_that_the_reply_and_the_token_name() {
    // Design section 9
    let scene = scene().await;
    let tokens = scene.signs_in("alice").await;
    let device = tokens.device_id.clone().unwrap();
    assert!(device.as_str().starts_with("dev_"));
    assert_eq!(scene.claims(&tokens).device(), Some(device.as_str()));
}

#[tokio::test]
async fn several_audiences_are_an_array_and_the_type_is_the_clients() {
    // RFC 7519 section 4.1.3; design section 5, `typ` per client
    let mut settings = settings();
    settings.clients[0].audiences.push("https://other.example".into());
    settings.clients[0].token_type = quash_authority::settings::TokenType::Jwt;
    let scene = scene_with(settings).await;
    let tokens = scene.signs_in("alice").await;
    let audiences = scene.claims(&tokens).to_object()["aud"].clone();
    assert_eq!(audiences, json!(["https://api.example", "https://other.example"]));
    let header = tokens.access_token.expose().split('.').next().unwrap().to_owned();
    let header = base64_simd::URL_SAFE_NO_PAD.decode_to_vec(header).unwrap();
    assert_eq!(serde_json::from_slice::<serde_json::Value>(&header).unwrap()["typ"], "JWT");
}

#[tokio::test]
async fn one_users_sign_ins_are_separate_sessions() {
    // S08
    let scene = scene().await;
    let (phone, laptop) = (scene.signs_in("alice").await, scene.signs_in("alice").await);
    assert_ne!(phone.session_id, laptop.session_id);
    scene.revokes(TargetRequest::Session(session_id(&phone))).await;
    assert_ne!(scene.judge(phone.access_token.expose()), Decision::Accept);
    assert!(scene.accepts(&laptop));
}

#[tokio::test]
async fn claims_that_a_client_may_not_carry_do_not_reach_its_tokens() {
    // S49, least privilege: the session has them through another client.
    let scene = scene().await;
    let claims = json!({"role": "editor", "tenant": "blue"}).as_object().unwrap().clone();
    let tokens = scene.opens(SignIn { claims, ..sign_in("alice") }).await;
    let join = quash_authority::JoinSession { client: client_id("shop"), scope: None };
    let joined = scene.authority.join(&scene.root(), &session_id(&tokens), join).await.unwrap();
    let quash_authority::JoinedSession::Open(joined) = joined else { panic!("{joined:?}") };
    let said = scene.claims(&joined).to_object();
    assert_eq!(said.get("role"), Some(&json!("editor")));
    assert_eq!(said.get("tenant"), None);
}
