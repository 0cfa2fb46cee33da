//! The adapter for actix-web, behind a real server.

use actix_web::dev::ServerHandle;
use actix_web::{App, HttpServer, web};
use http::StatusCode;
use quash_middleware::actix::metadata_resource;
use quash_middleware::testing::TestIssuer;
use quash_middleware::{Authenticated, Claims, Denial, RequireToken, ResourceMetadata};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

#[derive(Deserialize)]
struct Tenant {
    tenant: String,
}

async fn who(user: Option<Authenticated>) -> String {
    user.and_then(|user| user.subject().map(ToOwned::to_owned)).unwrap_or_else(|| "nobody".to_owned())
}

async fn orders(user: Authenticated) -> Result<&'static str, Denial> {
    user.require_scope("orders").map(|()| "the orders")
}

async fn tenant(Claims(claims): Claims<Tenant>) -> String {
    claims.tenant
}

struct Server {
    issuer: TestIssuer,
    address: std::net::SocketAddr,
    handle: ServerHandle,
}

impl Server {
    fn start() -> Self {
        let issuer = TestIssuer::new();
        let metadata = ResourceMetadata::new("https://api.example/shop").unwrap();
        let gate = issuer.gate().realm("shop").resource(&metadata);
        let server = HttpServer::new(move || {
            let guarded = web::scope("/shop")
                .wrap(RequireToken::new(gate.clone()))
                .route("/who", web::get().to(who))
                .route("/orders", web::get().to(orders))
                .route("/tenant", web::get().to(tenant));
            let open = web::scope("/open")
                .wrap(RequireToken::new(gate.clone()).or_anonymous())
                .route("/who", web::get().to(who));
            let bare = web::resource("/bare").route(web::get().to(orders));
            App::new().service(metadata_resource(&metadata)).service(guarded).service(open).service(bare)
        });
        let server = server.workers(1).disable_signals().bind(("127.0.0.1", 0)).unwrap();
        let address = *server.addrs().first().unwrap();
        let running = server.run();
        let handle = running.handle();
        std::thread::spawn(move || actix_web::rt::System::new().block_on(running).unwrap());
        Self { issuer, address, handle }
    }

    async fn ask(&self, path: &str, authorization: &[String]) -> Reply {
        let mut request = format!("GET {path} HTTP/1.1\r\nHost: api.example\r\nConnection: close\r\n");
        for value in authorization {
            request.extend(["Authorization: ", value, "\r\n"]);
        }
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(format!("{request}\r\n").as_bytes()).await.unwrap();
        let mut reply = String::new();
        stream.read_to_string(&mut reply).await.unwrap();
        let (head, body) = reply.split_once("\r\n\r\n").unwrap();
        let header = |name: &str| {
            let mut lines = head.lines().filter_map(|line| line.split_once(": "));
            lines.find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value.to_owned())
        };
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Reply { status, challenge: header("www-authenticate"), body: body.to_owned() }
    }

    async fn ask_with(&self, path: &str, token: &str) -> Reply {
        self.ask(path, &[format!("Bearer {token}")]).await
    }

    async fn stop(self) {
        self.handle.stop(false).await;
    }
}

struct Reply {
    status: StatusCode,
    challenge: Option<String>,
    body: String,
}

impl Reply {
    fn reason(&self) -> Value {
        serde_json::from_str::<Value>(&self.body).unwrap().get("reason").unwrap().clone()
    }
}

const METADATA: &str = r#"resource_metadata="https://api.example/.well-known/oauth-protected-resource/shop""#;

#[tokio::test]
async fn a_good_token_reaches_the_handler_until_its_session_ends() {
    // S08
    let server = Server::start();
    let token = server.issuer.token("alice", json!({ "sid": "ses_1", "tenant": "acme" }));
    let reply = server.ask_with("/shop/who", &token).await;
    assert_eq!((reply.status, reply.body.as_str()), (StatusCode::OK, "alice"));
    assert_eq!(server.ask_with("/shop/tenant", &token).await.body, "acme");
    server.issuer.end_session("ses_1");
    let reply = server.ask_with("/shop/who", &token).await;
    assert_eq!((reply.status, reply.reason()), (StatusCode::UNAUTHORIZED, "admin".into()));
    let challenge = reply.challenge.unwrap();
    assert!(challenge.contains(r#"error="invalid_token""#) && challenge.contains(r#"remedy="sign_in""#));
    server.stop().await;
}

#[tokio::test]
async fn every_denial_has_its_status_and_its_challenge() {
    // RFC 6750 section 3.1, RFC 9728 section 5.1
    let server = Server::start();
    let token = server.issuer.token("alice", json!({ "scope": "profile" }));
    let bearer = format!("Bearer {token}");
    for (path, headers, status, reason, challenge) in [
        ("/shop/who", vec![], 401, "token_missing", format!(r#"Bearer realm="shop", {METADATA}"#)),
        (
            "/shop/who",
            vec![bearer.clone(), bearer.clone()],
            400,
            "authorization_malformed",
            format!(
                r#"Bearer realm="shop", error="invalid_request", error_description="exactly one bearer token is expected", {METADATA}"#
            ),
        ),
        (
            "/shop/orders",
            vec![bearer.clone()],
            403,
            "insufficient_scope",
            format!(r#"Bearer realm="shop", error="insufficient_scope", scope="orders", {METADATA}"#),
        ),
        (
            "/shop/tenant",
            vec![bearer.clone()],
            403,
            "claims_unfit",
            format!(r#"Bearer realm="shop", error="insufficient_scope", {METADATA}"#),
        ),
        ("/bare", vec![bearer], 401, "token_missing", r#"Bearer realm="api""#.to_owned()),
    ] {
        let reply = server.ask(path, &headers).await;
        assert_eq!((reply.status.as_u16(), reply.reason()), (status, reason.into()), "{path}");
        assert_eq!(reply.challenge.as_deref(), Some(challenge.as_str()), "{path}");
    }
    server.stop().await;
}

#[tokio::test]
async fn an_open_route_lets_nobody_in_as_nobody_and_a_forged_token_not_at_all() {
    let server = Server::start();
    assert_eq!(server.ask("/open/who", &[]).await.body, "nobody");
    let token = server.issuer.token("alice", json!({}));
    assert_eq!(server.ask_with("/open/who", &token).await.body, "alice");
    assert_eq!(server.ask_with("/open/who", "a.b.c").await.status, StatusCode::UNAUTHORIZED);
    server.stop().await;
}

#[tokio::test]
async fn the_description_needs_no_token() {
    // RFC 9728 section 3
    let server = Server::start();
    let reply = server.ask("/.well-known/oauth-protected-resource/shop", &[]).await;
    assert_eq!(reply.status, StatusCode::OK);
    assert_eq!(
        serde_json::from_str::<Value>(&reply.body).unwrap().get("resource").unwrap(),
        "https://api.example/shop"
    );
    server.stop().await;
}
