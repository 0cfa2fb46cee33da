//! No token, key or secret in any Debug, error or log line (I13, attack row 36), and what is logged at all (S49).

use std::fmt::Debug;
use std::io::Write;
use std::sync::{Arc, Mutex};

use quash_authority::testing::ADMIN_KEY;
use quash_authority::{
    Master, Masters, NewCredential, PlainToken, PresentedToken, RevocationRequest, SignIn, TargetRequest,
};
use quash_storage::ports::Role;
use serde_json::json;
use tracing_subscriber::fmt::MakeWriter;

use crate::scene::{SHOP_SECRET, Scene, refresh_token, scene, sign_in};

/// Everything that was logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

impl Log {
    fn start(&self) -> tracing::subscriber::DefaultGuard {
        let subscriber = tracing_subscriber::fmt().with_writer(self.clone()).with_ansi(false);
        tracing::subscriber::set_default(subscriber.with_max_level(tracing::Level::TRACE).finish())
    }

    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

fn shown(things: &[&dyn Debug]) -> String {
    things.iter().map(|thing| format!("{thing:?} {thing:#?}")).collect::<Vec<_>>().concat()
}

/// The parts of a secret that must not be seen: all of it, and the middle of it.
fn assert_unseen(text: &str, secrets: &[&str]) {
    for secret in secrets {
        let middle = &secret[secret.len() / 3..secret.len() / 3 + 12];
        assert!(!text.contains(middle), "a secret was shown: {text}");
    }
}

#[tokio::test]
async fn no_debug_shows_a_token_a_key_or_a_secret() {
    let scene = scene().await;
    let tokens = scene.signs_in("alice").await;
    let claims = scene.claims(&tokens);
    let refresh = refresh_token(&tokens).to_owned();
    let new = NewCredential { name: "x".into(), roles: vec![Role::Issuer], client: None };
    let made = scene.authority.create_credential(&scene.root(), new).await.unwrap();
    let caller = scene.authority.authenticate_credential(made.key.expose()).unwrap();
    let request = RevocationRequest::end(TargetRequest::TokenText(tokens.access_token.clone()));
    let renewed = scene.tries_to_renew(&tokens).await;
    let opened = scene.authority.sign_in(&scene.root(), sign_in("alice")).await.unwrap();
    let master = Master::from_random(*b"master-secret-of-thirty-two-byte");
    let text = shown(&[
        &tokens,
        &opened,
        &renewed,
        &made,
        &caller,
        &scene.client("shop"),
        &scene.authority.settings(),
        &*scene.authority,
        &request,
        &PresentedToken::Refresh(&refresh),
        &PresentedToken::Access(&claims),
        &PlainToken::new(refresh.clone()),
        &master,
        &Masters::single(master.clone()).unwrap(),
    ]);
    let canaries = [
        tokens.access_token.expose(),
        &refresh,
        made.key.expose(),
        ADMIN_KEY,
        SHOP_SECRET,
        "master-secret-of-thirty-two-byte",
    ];
    assert_unseen(&text, &canaries);
    for secret in [SHOP_SECRET, ADMIN_KEY] {
        let digest = format!("{:?}", quash_jose::digest::sha256(secret.as_bytes()));
        assert!(!text.contains(&digest), "nor the digest of one");
    }
}

#[tokio::test]
async fn no_error_and_no_log_line_shows_what_was_presented() {
    let log = Log::default();
    let _logging = log.start();
    let scene = scene().await;
    let first = scene.signs_in("alice").await;
    scene.renews(&first).await;
    scene.passes(31);
    scene.renewal_refused(&first).await;
    let canary = "canary-token.with-three.parts-that-are-not-a-token";
    let request = RevocationRequest::end(TargetRequest::TokenText(PlainToken::new(canary)));
    let error = scene.authority.revoke(&scene.root(), request).await.unwrap_err();
    let claims = json!({"canary-token.with-three": 1, "iss": 1}).as_object().unwrap().clone();
    let other =
        scene.authority.sign_in(&scene.root(), SignIn { claims, ..sign_in("alice") }).await.unwrap_err();
    let text = format!("{error} {error:?} {other} {other:?} {}", log.text());
    assert_unseen(&text, &[canary, first.access_token.expose(), refresh_token(&first)]);
}

#[tokio::test]
async fn a_theft_is_logged_with_its_evidence() {
    // S02: reason `refresh_reuse`, evidence in the log.
    let log = Log::default();
    let _logging = log.start();
    let scene = scene().await;
    let first = scene.signs_in("alice").await;
    scene.renews(&first).await;
    scene.passes(30);
    scene.renewal_refused(&first).await;
    let line =
        log.text().lines().find(|line| line.contains("refresh token was used again")).unwrap().to_owned();
    assert!(line.contains(first.session_id.as_ref().unwrap().as_str()));
    assert!(line.contains("presented_generation=0") && line.contains("current_generation=1"));
}

#[tokio::test]
async fn claims_that_look_private_are_warned_about_once_a_name_and_counted_always() {
    // S49
    let log = Log::default();
    let _logging = log.start();
    let scene = scene().await;
    for _ in 0..3 {
        opens_with(&scene, &json!({"email": "a@example.org", "Home-Phone": "1", "role": "editor"})).await;
    }
    let text = log.text();
    assert_eq!(text.matches("claim=\"email\"").count(), 1);
    assert_eq!(text.matches("claim=\"Home-Phone\"").count(), 1);
    assert!(!text.contains("role") && !text.contains("a@example.org"));
    assert_eq!(scene.authority.counts().private_claims, 6);
}

async fn opens_with(scene: &Scene, claims: &serde_json::Value) {
    scene.opens(SignIn { claims: claims.as_object().unwrap().clone(), ..sign_in("alice") }).await;
}
