//! Any headers at `/auth/check` (attack rows 30 and 36): the answer is one of four, and it says of the holder what the
//! token says and nothing else, whatever identity or forwarded headers came with it.
//!
//! An input is a request: lines of `name: value`, of which the first is the method and the target. A line `@token`
//! stands for a good token in the `Authorization` header.

use std::sync::{Arc, LazyLock};

use axum::Router;
use axum::body::Body;
use http::{HeaderName, HeaderValue, Request, Response};
use quash_authority::testing::{ManualClock, ManualUptime, SeededEntropy};
use quash_authority::{
    Authority, Clock, ClientProfile, Foundations, Master, Masters, Settings, SignIn, SignedIn,
};
use quash_core::ids::{ClientId, Issuer, Subject};
use quash_core::time::Timestamp;
use quash_http::{AppState, HttpSettings, VerifierEnforcement, router};
use quash_jose::KeySet;
use quash_jose::digest::sha256;
use quash_storage::memory::MemoryStore;
use quash_storage::ports::{RevocationLog as _, Store};
use quash_verify::{IssuerConfig, Verifier};
use tower::ServiceExt as _;

const ISSUER: &str = "https://quash.example";
const AUDIENCE: &str = "https://api.example";
const ADMIN_KEY: &str = "the administrator's key of the fuzzed server";
const NOW: Timestamp = Timestamp::from_seconds(1_700_000_000);

/// A server in memory, and a good token of it.
struct House {
    runtime: tokio::runtime::Runtime,
    router: Router,
    token: String,
}

static HOUSE: LazyLock<House> = LazyLock::new(House::build);

impl House {
    fn build() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let (router, token) = runtime.block_on(Self::start());
        Self { runtime, router, token }
    }

    async fn start() -> (Router, String) {
        let issuer = Issuer::new(ISSUER).expect("an issuer");
        let web = ClientId::new("web").expect("a client id");
        let settings = Settings {
            clients: vec![ClientProfile::public(web.clone(), AUDIENCE)],
            admin_key_digests: vec![sha256(ADMIN_KEY.as_bytes())],
            ..Settings::new(issuer.clone())
        };
        let store = Arc::new(MemoryStore::fresh(issuer.clone(), NOW, [1; 36]));
        let log = store.identity().await.expect("a store in memory answers");
        let own = IssuerConfig::own(issuer.clone(), vec![AUDIENCE.to_owned()], KeySet::default());
        let verifier = Verifier::builder().issuer(own).build(log.key, log.origin).expect("one issuer");
        let verifier = Arc::new(verifier);
        let enforcement = VerifierEnforcement::new(Arc::clone(&verifier), issuer).expect("its own issuer");
        let authority = Authority::start(Foundations {
            store: store as Arc<dyn Store>,
            enforcement: Arc::new(enforcement),
            clock: Arc::new(ManualClock::at(NOW)) as Arc<dyn Clock>,
            uptime: Arc::new(ManualUptime::default()),
            entropy: Arc::new(SeededEntropy::new(7)),
            masters: Masters::single(Master::from_random([7; 32])).expect("a master"),
            settings,
        });
        let authority = Arc::new(authority.await.expect("an authority in memory starts"));
        let admin = authority.authenticate_credential(ADMIN_KEY).expect("the administrator");
        let sign_in = SignIn::new(Subject::new("alice").expect("a subject"), web);
        let token = match authority.sign_in(&admin, sign_in).await.expect("a sign-in in memory") {
            SignedIn::Open(reply) => reply.access_token.expose().to_owned(),
            _ => panic!("alice was not signed in"),
        };
        (router(AppState::new(authority, verifier, HttpSettings::default())), token)
    }
}

/// Sends the request that `data` spells.
pub fn run(data: &[u8]) {
    let Some(request) = request(data, &HOUSE.token) else { return };
    let response = HOUSE.runtime.block_on(HOUSE.router.clone().oneshot(request)).expect("a router answers");
    let status = response.status().as_u16();
    assert!([200, 401, 403, 503].contains(&status), "{status}");
    let told = |name: &str| only(&response, name);
    if status == 200 {
        assert_eq!(told("x-auth-subject"), b"alice");
        assert_eq!(told("x-auth-issuer"), ISSUER.as_bytes());
        assert!(told("x-auth-session").starts_with(b"ses_"));
    } else {
        assert!(response.headers().get("x-auth-subject").is_none(), "a refusal names somebody");
    }
}

/// The one value of a header.
fn only<'r>(response: &'r Response<Body>, name: &str) -> &'r [u8] {
    let mut values = response.headers().get_all(name).iter();
    let value = values.next().expect("a 200 carries every identity header");
    assert!(values.next().is_none(), "`{name}` is there twice");
    value.as_bytes()
}

fn request(data: &[u8], token: &str) -> Option<Request<Body>> {
    let mut lines = data.split(|byte| *byte == b'\n');
    let first = std::str::from_utf8(lines.next()?).ok()?;
    let (method, target) = first.split_once(' ')?;
    let mut request = Request::builder().method(method).uri(format!("/auth/check{target}")).body(Body::empty()).ok()?;
    for line in lines {
        if line == b"@token" {
            request.headers_mut().append(http::header::AUTHORIZATION, format!("Bearer {token}").parse().ok()?);
            continue;
        }
        let place = line.iter().position(|byte| *byte == b':')?;
        let name = HeaderName::from_bytes(&line[..place]).ok()?;
        let value = HeaderValue::from_bytes(line[place + 1..].trim_ascii()).ok()?;
        request.headers_mut().try_append(name, value).ok()?;
    }
    (request.uri().path() == "/auth/check").then_some(request)
}

/// Requests with what attackers send.
pub fn seeds() -> Vec<Vec<u8>> {
    [
        "GET ?\n@token",
        "GET ?scope=read\n@token",
        "POST ?\n@token\nX-Auth-Subject: mallory\nX-Auth-Session: ses_1",
        "DELETE ?access_token=abc\nX_Auth_Subject: mallory",
        "PATCH ?\n@token\nConnection: x-auth-subject\nX-Forwarded-User: mallory",
        "OPTIONS ?\n@token\nX-Forwarded-For: 127.0.0.1\nForwarded: for=127.0.0.1;host=x",
        "GET ?\nX-Forwarded-Uri: /public\nX-Original-URL: /public\n@token",
        "GET ?\n@token\n@token",
        "GET ?\nAuthorization: Basic YTpi\n@token",
        "GET ?\nauthorization: bearer abc",
        "GET ?\nProxy-Authorization: Bearer abc\nCookie: access_token=abc",
        "BREW ?\nX-HTTP-Method-Override: GET\nAuthorization: Bearer \u{7f}",
    ]
    .map(|text| text.as_bytes().to_vec())
    .into()
}
