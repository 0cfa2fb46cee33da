//! The check as it is usually done in Rust: axum, `jsonwebtoken`, and one `EXISTS` at Redis for every request.

use std::sync::Arc;

use anyhow::{Context as _, ensure};
use axum::Router;
use axum::extract::State;
use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::routing::any;
use redis::AsyncCommands as _;
use redis::aio::MultiplexedConnection;

use crate::reference::jsonwebtoken::Decoder;

/// What the handler needs.
struct Service {
    decoder: Decoder,
    redis: MultiplexedConnection,
}

/// `--alone denylist PORT REDIS JWK`: the ports to listen on and of Redis, and the key of the tokens.
pub(super) fn run(given: &[String]) -> anyhow::Result<()> {
    let [port, redis, jwk] = given else { anyhow::bail!("expected two ports and a key") };
    let decoder = Decoder::of_jwk(&serde_json::from_str(jwk)?)?;
    let port: u16 = port.parse()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let client = redis::Client::open(format!("redis://127.0.0.1:{redis}/"))?;
        let redis = client.get_multiplexed_async_connection().await?;
        let router = Router::new().route("/auth/check", any(check));
        let router = router.with_state(Arc::new(Service { decoder, redis }));
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
        axum::serve(listener, router).await.context("the service ended")
    })?;
    ensure!(false, "the service ended");
    Ok(())
}

type Identity = [(HeaderName, String); 4];

async fn check(State(service): State<Arc<Service>>, headers: HeaderMap) -> Result<Identity, StatusCode> {
    let header = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = header.and_then(|value| value.strip_prefix("Bearer ")).ok_or(StatusCode::UNAUTHORIZED)?;
    let claims = service.decoder.decode(token).ok_or(StatusCode::UNAUTHORIZED)?;
    let revoked = service.redis.clone().exists::<_, bool>(format!("revoked:{}", claims.jti)).await;
    match revoked {
        Ok(false) => Ok([
            (HeaderName::from_static("x-auth-subject"), claims.sub),
            (HeaderName::from_static("x-auth-session"), claims.sid),
            (HeaderName::from_static("x-auth-scope"), claims.scope),
            (HeaderName::from_static("x-auth-roles"), claims.roles.join(",")),
        ]),
        Ok(true) => Err(StatusCode::UNAUTHORIZED),
        Err(_) => Err(StatusCode::SERVICE_UNAVAILABLE),
    }
}
