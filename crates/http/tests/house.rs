//! What the tests play on: the router over everything in memory, and short words for requests.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::http::{HeaderMap, Request, header};
use base64_simd::STANDARD;
use quash_authority::settings::Allowed;
use quash_authority::testing::{FaultyStore, ManualClock, ManualUptime, SeededEntropy};
use quash_authority::{
    Authority, ClientProfile, Clock, Foundations, Lease, LeaseRequest, Master, Masters, Settings, StartError,
    UptimeClock,
};
use quash_core::ids::{ClientId, Issuer};
use quash_core::lease::Instance;
use quash_core::revocation::freshness::{Freshness, from_fn};
use quash_core::time::Timestamp;
use quash_http::{AppState, HttpSettings, VerifierEnforcement, router};
use quash_jose::KeySet;
use quash_jose::digest::sha256;
use quash_storage::memory::MemoryStore;
use quash_storage::ports::{RevocationLog as _, Store};
use quash_verify::{IssuerConfig, Verifier};
use serde_json::{Value, json};
use std::sync::Mutex;
use std::time::Duration;
use tower::ServiceExt as _;

pub(crate) const ISSUER: &str = "https://auth.example";
pub(crate) const API: &str = "https://api.example";
pub(crate) const ADMIN_KEY: &str = "the administrator's key: 32 to 256 characters!";
pub(crate) const SHOP_SECRET: &str = "the shop's secret: with a % and a + in it";
/// When every test begins: 2027-01-15T08:00:00Z.
pub(crate) const START: Timestamp = Timestamp::from_seconds(1_800_000_000);

/// A server in memory. `web` is a public client, `shop` has a secret.
pub(crate) struct House {
    pub(crate) router: Router,
    pub(crate) state: AppState,
    pub(crate) authority: Arc<Authority>,
    pub(crate) verifier: Arc<Verifier>,
    pub(crate) store: Arc<FaultyStore<MemoryStore>>,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) uptime: Arc<ManualUptime>,
    pub(crate) freshness: Arc<Mutex<Freshness>>,
}

pub(crate) fn settings() -> Settings {
    let client = |id| ClientId::new(id).unwrap();
    let shop = ClientProfile {
        scopes: Allowed::only(["read", "write"]),
        default_scope: "read".into(),
        ..ClientProfile::confidential(client("shop"), API, sha256(SHOP_SECRET.as_bytes()))
    };
    Settings {
        clients: vec![ClientProfile::public(client("web"), API), shop],
        admin_key_digests: vec![sha256(ADMIN_KEY.as_bytes())],
        ..Settings::new(Issuer::new(ISSUER).unwrap())
    }
}

impl House {
    /// A server with nothing in it.
    pub(crate) async fn new() -> Self {
        Self::with(settings(), Vec::new()).await
    }

    /// A server that trusts other issuers, too.
    pub(crate) async fn with(settings: Settings, foreign: Vec<IssuerConfig>) -> Self {
        Self::start(settings, foreign).await.unwrap()
    }

    /// The same, which may refuse to start.
    pub(crate) async fn start(
        mut settings: Settings,
        foreign: Vec<IssuerConfig>,
    ) -> Result<Self, StartError> {
        let store = MemoryStore::fresh(settings.issuer.clone(), START, [1; 36]);
        let store = Arc::new(FaultyStore::new(store));
        let log = store.identity().await.unwrap();
        let own = IssuerConfig::own(settings.issuer.clone(), vec![API.to_owned()], KeySet::default());
        let mut builder = Verifier::builder().issuer(own).reports_activity(true);
        for issuer in foreign {
            settings.foreign_issuers.insert(issuer.name().clone(), *issuer.rules());
            builder = builder.issuer(issuer);
        }
        let verifier = Arc::new(builder.build(log.key, log.origin).unwrap());
        let enforcement = VerifierEnforcement::new(Arc::clone(&verifier), settings.issuer.clone()).unwrap();
        let clock = Arc::new(ManualClock::at(START));
        let uptime = Arc::new(ManualUptime::default());
        let authority = Authority::start(Foundations {
            store: Arc::clone(&store) as Arc<dyn Store>,
            enforcement: Arc::new(enforcement),
            clock: Arc::clone(&clock) as Arc<dyn Clock>,
            uptime: Arc::clone(&uptime) as Arc<dyn UptimeClock>,
            entropy: Arc::new(SeededEntropy::new(7)),
            masters: Masters::single(Master::from_random([7; 32])).unwrap(),
            settings,
        });
        let authority = Arc::new(authority.await?);
        let freshness = Arc::new(Mutex::new(Freshness::Fresh));
        let source = Arc::clone(&freshness);
        let state = AppState::with_freshness(
            Arc::clone(&authority),
            Arc::clone(&verifier),
            HttpSettings::default(),
            from_fn(move || *source.lock().unwrap()),
        );
        let router = router(state.clone());
        Ok(Self { router, state, authority, verifier, store, clock, uptime, freshness })
    }

    pub(crate) fn get(&self, uri: &str) -> Call {
        self.call("GET", uri)
    }

    pub(crate) fn post(&self, uri: &str) -> Call {
        self.call("POST", uri)
    }

    pub(crate) fn delete(&self, uri: &str) -> Call {
        self.call("DELETE", uri)
    }

    pub(crate) fn call(&self, method: &str, uri: &str) -> Call {
        Call::new(self.router.clone(), method, uri)
    }

    /// A session of `subject` through `web`: the token reply.
    pub(crate) async fn sign_in(&self, subject: &str) -> Value {
        self.sign_in_as(json!({ "subject": subject, "client_id": "web" })).await
    }

    pub(crate) async fn sign_in_as(&self, body: Value) -> Value {
        let reply = self.post("/v1/sessions").admin().json(&body).send().await;
        assert_eq!(reply.status, 201, "{}", reply.text());
        reply.json()
    }

    /// The key of a new service credential with this role.
    pub(crate) async fn key_of(&self, role: &str) -> String {
        let body = json!({ "name": role, "roles": [role] });
        let reply = self.post("/v1/credentials").admin().json(&body).send().await;
        assert_eq!(reply.status, 201, "{}", reply.text());
        text(&reply.json()["key"])
    }

    /// Revokes, and answers with the reply's body.
    pub(crate) async fn revoke(&self, body: Value) -> Value {
        let reply = self.post("/v1/revocations").admin().json(&body).send().await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        reply.json()
    }

    /// A verifier `name` that holds a lease of 10 s, which begins now. `number` tells it from others.
    pub(crate) async fn follower(&self, name: &str, number: u8) -> Lease {
        let request = LeaseRequest {
            instance: Instance::from_random([number; 16]),
            name: name.into(),
            max_staleness: Duration::from_secs(10),
            unfenced: false,
            relay: false,
        };
        self.follower_as(request).await
    }

    pub(crate) async fn follower_as(&self, request: LeaseRequest) -> Lease {
        let admin = self.authority.authenticate_credential(ADMIN_KEY).unwrap();
        let lease = self.authority.open_feed(&admin).unwrap().open_lease(request).await.unwrap();
        lease.answer_ping(self.uptime.uptime());
        lease
    }

    /// The status of a forward-auth check.
    pub(crate) async fn check(&self, token: &str) -> u16 {
        self.get("/auth/check").bearer(token).send().await.status
    }
}

/// A request in the making.
pub(crate) struct Call {
    router: Router,
    request: axum::http::request::Builder,
    body: Vec<u8>,
}

impl Call {
    pub(crate) fn new(router: Router, method: &str, uri: &str) -> Self {
        Self { router, request: Request::builder().method(method).uri(uri), body: Vec::new() }
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        // Bytes, since a caller may send what is no ASCII.
        self.request = self.request.header(name, value.as_bytes());
        self
    }

    pub(crate) fn bearer(self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }

    pub(crate) fn admin(self) -> Self {
        self.bearer(ADMIN_KEY)
    }

    /// As the client `shop`, by `client_secret_basic`.
    pub(crate) fn shop(self) -> Self {
        self.basic("shop", SHOP_SECRET)
    }

    pub(crate) fn basic(self, id: &str, secret: &str) -> Self {
        let encoded = STANDARD.encode_to_string(format!("{}:{}", encode(id), encode(secret)));
        self.header("authorization", &format!("Basic {encoded}"))
    }

    pub(crate) fn json(self, body: &Value) -> Self {
        self.raw("application/json", body.to_string())
    }

    pub(crate) fn form(self, params: &[(&str, &str)]) -> Self {
        let pair = |(name, value): &(&str, &str)| format!("{}={}", encode(name), encode(value));
        let body = params.iter().map(pair).collect::<Vec<_>>().join("&");
        self.raw("application/x-www-form-urlencoded", body)
    }

    pub(crate) fn raw(mut self, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self.header(header::CONTENT_TYPE.as_str(), content_type)
    }

    pub(crate) async fn send(self) -> Reply {
        let request = self.request.body(Body::from(self.body)).unwrap();
        let response = self.router.oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        // A stream has no end: its status and headers are what is asked for here.
        let is_stream = parts.headers.get("content-type").is_some_and(|kind| kind == "text/event-stream");
        let body = if is_stream { Bytes::new() } else { to_bytes(body, 16 << 20).await.unwrap() };
        let reply = Reply { status: parts.status.as_u16(), headers: parts.headers, body };
        reply.assert_envelope();
        reply
    }
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Reply {
    /// What every answer has, whatever was asked.
    fn assert_envelope(&self) {
        assert!(self.header("x-request-id").starts_with("req_"));
        assert_eq!(self.header("x-content-type-options"), "nosniff");
        assert_eq!(self.status == 503, self.headers.contains_key("retry-after"), "{self:?}");
        assert!(self.status < 500 || self.status == 503, "{self:?}");
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("not JSON: {}", self.text()))
    }

    /// The problem's reason, after checking that it is a problem (RFC 9457).
    pub(crate) fn reason(&self) -> String {
        assert_eq!(self.header("content-type"), "application/problem+json", "{self:?}");
        let problem = self.json();
        assert_eq!(problem["status"], self.status);
        text(&problem["reason"])
    }

    /// The OAuth error (RFC 6749 section 5.2).
    pub(crate) fn oauth_error(&self) -> String {
        assert_eq!(self.header("content-type"), "application/json", "{self:?}");
        assert_eq!(self.header("cache-control"), "no-store");
        text(&self.json()["error"])
    }
}

/// `token` with one character near its end changed: the signature or the MAC does not fit any more.
pub(crate) fn spoiled(token: &str) -> String {
    let mut bytes = token.as_bytes().to_vec();
    let place = bytes.len() - 5;
    bytes[place] = if bytes[place] == b'A' { b'B' } else { b'A' };
    String::from_utf8(bytes).unwrap()
}

/// A JSON text.
pub(crate) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("not a text: {value}")).to_owned()
}

/// A text in a form, everything but letters and digits encoded.
pub(crate) fn encode(text: &str) -> String {
    let encoded = |byte: u8| {
        if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") }
    };
    text.bytes().map(encoded).collect()
}
