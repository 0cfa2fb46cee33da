//! A small API behind the layer, with a clock that stands still.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use http::{Request, Response, StatusCode};
use http_body_util::BodyExt;
use quash_core::ids::{Issuer, SessionId};
use quash_core::position::Position;
use quash_core::revocation::entry::{Effect, Entry, NewEntry};
use quash_core::revocation::reason::Reason;
use quash_core::revocation::target::Target;
use quash_core::revocation::target_key::LogKey;
use quash_core::time::Timestamp;
use quash_jose::{KeySet, SigningKey};
use quash_middleware::{Authenticated, Denial, Gate, RequireToken};
use quash_verify::{IssuerConfig, Verifier};
use serde_json::{Value, json};
use tower::ServiceExt;

pub(crate) const NOW: u64 = 1_800_000_000;
const ISSUER: &str = "https://login.example";

pub(crate) struct House {
    pub(crate) verifier: Arc<Verifier>,
    clock: Arc<AtomicU64>,
    key: SigningKey,
}

/// What came back.
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) challenge: Option<String>,
    pub(crate) retry_after: Option<String>,
    pub(crate) body: String,
}

impl Reply {
    async fn of(response: Response<Body>) -> Self {
        let header =
            |name: &str| response.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
        let (status, challenge, retry_after) =
            (response.status(), header("www-authenticate"), header("retry-after"));
        let body = response.into_body().collect().await.unwrap().to_bytes();
        Self { status, challenge, retry_after, body: String::from_utf8(body.to_vec()).unwrap() }
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

impl House {
    pub(crate) fn new() -> Self {
        let key = SigningKey::ed25519_from_seed(&[1; 32], None).unwrap();
        let keys = KeySet::new([key.verification_key().unwrap()]).unwrap();
        let issuer = IssuerConfig::own(Issuer::new(ISSUER).unwrap(), vec!["api".to_owned()], keys);
        let verifier = Verifier::builder().issuer(issuer).build(LogKey::from_random([1; 16]), Position::ZERO);
        Self { verifier: Arc::new(verifier.unwrap()), clock: Arc::new(AtomicU64::new(NOW)), key }
    }

    pub(crate) fn set_clock(&self, second: u64) {
        self.clock.store(second, Ordering::Relaxed);
    }

    pub(crate) fn gate(&self) -> Gate {
        let clock = Arc::clone(&self.clock);
        Gate::new(Arc::clone(&self.verifier), move || Timestamp::from_seconds(clock.load(Ordering::Relaxed)))
    }

    /// `/` tells who asks; `/orders` needs the scope `orders`, by its handler.
    pub(crate) fn api(layer: RequireToken) -> Router {
        async fn who(user: Option<Authenticated>) -> String {
            user.and_then(|user| user.subject().map(ToOwned::to_owned)).unwrap_or_else(|| "nobody".to_owned())
        }
        async fn orders(user: Authenticated) -> Result<&'static str, Denial> {
            user.require_scope("orders")?;
            Ok("the orders")
        }
        Router::new().route("/", get(who)).route("/orders", get(orders)).layer(layer)
    }

    pub(crate) fn token(&self, scope: &str) -> String {
        let claims = json!({
            "iss": ISSUER, "sub": "alice", "aud": "api", "client_id": "web", "iat": NOW, "exp": NOW + 300,
            "jti": "tok_1", "sid": "ses_1", "pos": 0, "scope": scope,
        });
        self.key.mint("at+jwt", &claims).unwrap()
    }

    pub(crate) fn end_session(&self, effect: Effect, reason: &'static str) {
        let entry = Entry {
            position: self.verifier.watermark().next().unwrap(),
            fact: NewEntry {
                recorded_at: Timestamp::from_seconds(NOW),
                issuer: Issuer::new(ISSUER).unwrap(),
                target: Target::Session(SessionId::new("ses_1").unwrap()),
                effect,
                window: None,
                exception: None,
                retain_until: Timestamp::from_seconds(NOW + 700),
                enforce_until: Timestamp::FOREVER,
                reason: Reason::known(reason),
                actor: "cred_test".into(),
                cause: "req_test".into(),
            },
        };
        self.verifier.apply(&entry).unwrap();
    }
}

/// Sends a request with these `Authorization` headers.
pub(crate) async fn ask(api: &Router, path: &str, authorization: &[&str]) -> Reply {
    let mut request = Request::builder().uri(path);
    for value in authorization {
        request = request.header("authorization", *value);
    }
    Reply::of(api.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap()).await
}

/// Sends a request with this token.
pub(crate) async fn ask_with(api: &Router, path: &str, token: &str) -> Reply {
    ask(api, path, &[&format!("Bearer {token}")]).await
}
