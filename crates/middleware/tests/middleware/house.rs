//! A small API behind the layer, with a clock that stands still.

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use http::{Request, Response, StatusCode};
use http_body_util::BodyExt;
use quash_core::ids::SessionId;
use quash_core::revocation::entry::Effect;
use quash_core::revocation::target::Target;
use quash_core::time::Timestamp;
use quash_middleware::testing::TestIssuer;
use quash_middleware::{Authenticated, Denial, Gate, RequireToken};
use serde_json::{Value, json};
use tower::ServiceExt;

pub(crate) const NOW: u64 = TestIssuer::START.seconds();

pub(crate) struct House {
    pub(crate) issuer: TestIssuer,
}

/// What came back.
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) challenge: Option<String>,
    pub(crate) retry_after: Option<String>,
    pub(crate) content_type: Option<String>,
    pub(crate) body: String,
}

impl Reply {
    async fn of(response: Response<Body>) -> Self {
        let header =
            |name: &str| response.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
        let (status, challenge, retry_after) =
            (response.status(), header("www-authenticate"), header("retry-after"));
        let content_type = header("content-type");
        let body = response.into_body().collect().await.unwrap().to_bytes();
        Self { status, challenge, retry_after, content_type, body: String::from_utf8(body.to_vec()).unwrap() }
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

impl House {
    pub(crate) fn new() -> Self {
        Self { issuer: TestIssuer::new() }
    }

    pub(crate) fn set_clock(&self, second: u64) {
        self.issuer.set_clock(Timestamp::from_seconds(second));
    }

    pub(crate) fn gate(&self) -> Gate {
        self.issuer.gate()
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

    /// A token of `alice` in the session `ses_1`, for 300 seconds.
    pub(crate) fn token(&self, scope: &str) -> String {
        self.issuer.token("alice", json!({ "sid": "ses_1", "exp": NOW + 300, "scope": scope }))
    }

    pub(crate) fn end_session(&self, effect: Effect, reason: &'static str) {
        self.issuer.revoke(Target::Session(SessionId::new("ses_1").unwrap()), effect, reason);
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
