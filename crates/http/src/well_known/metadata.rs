//! `GET /.well-known/oauth-authorization-server`: where everything is (RFC 8414).

use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::get;
use serde::Serialize;
use utoipa::ToSchema;

use super::jwks;
use crate::access::Access;
use crate::error::Failure;
use crate::openapi::Description;
use crate::reply;
use crate::route::{Route, RouteInfo, RouteMethod};
use crate::state::AppState;

const PATH: &str = "/.well-known/oauth-authorization-server";
/// An issuer with a path has it behind the well-known one (RFC 8414 section 3.1).
const WITH_ISSUER_PATH: &str = "/.well-known/oauth-authorization-server/{*path}";

/// What the server can do, and where (RFC 8414 section 2).
#[derive(Serialize, ToSchema)]
struct Metadata<'a> {
    /// Exactly what tokens say in `iss`.
    issuer: &'a str,
    /// Where tokens are renewed.
    token_endpoint: String,
    /// Where tokens are given back.
    revocation_endpoint: String,
    /// Where tokens are asked about.
    introspection_endpoint: String,
    /// Where the public keys are.
    jwks_uri: String,
    /// There is no authorization endpoint, so no type of answer from it.
    response_types_supported: [&'static str; 0],
    /// What the token endpoint grants.
    grant_types_supported: [&'static str; 2],
    /// How clients prove themselves at the token endpoint.
    token_endpoint_auth_methods_supported: [&'static str; 3],
    /// The same where tokens are given back.
    revocation_endpoint_auth_methods_supported: [&'static str; 3],
    /// The same where tokens are asked about.
    introspection_endpoint_auth_methods_supported: [&'static str; 2],
    /// Refresh tokens end by disuse, and with their session.
    refresh_token_expiration_types_supported: [&'static str; 2],
}

pub(super) fn routes() -> Vec<Route> {
    let description = || Description::new("What the server can do, and where").gives::<Metadata<'_>>();
    let info = |path| RouteInfo::public(RouteMethod::Get, path, Access::Open);
    let with_path = description().path("path", "The path of the issuer, if it has one");
    vec![
        Route::new(info(PATH), get(metadata), description()),
        Route::new(info(WITH_ISSUER_PATH), get(metadata_with_path), with_path),
    ]
}

async fn metadata(State(state): State<AppState>) -> Response {
    const SECRET: [&str; 2] = ["client_secret_basic", "client_secret_post"];
    const ANY: [&str; 3] = ["client_secret_basic", "client_secret_post", "none"];
    let issuer = state.authority().settings().issuer.as_str();
    let base = state.settings().public_url.as_deref().unwrap_or(issuer).trim_end_matches('/');
    let at = |path: &str| format!("{base}{path}");
    reply::json(&Metadata {
        issuer,
        token_endpoint: at("/oauth/token"),
        revocation_endpoint: at("/oauth/revoke"),
        introspection_endpoint: at("/oauth/introspect"),
        jwks_uri: at(jwks::PATH),
        response_types_supported: [],
        grant_types_supported: ["refresh_token", "client_credentials"],
        token_endpoint_auth_methods_supported: ANY,
        revocation_endpoint_auth_methods_supported: ANY,
        introspection_endpoint_auth_methods_supported: SECRET,
        refresh_token_expiration_types_supported: ["authorization", "token_timeout"],
    })
}

async fn metadata_with_path(
    State(state): State<AppState>,
    Path(path): Path<String>,
) -> Result<Response, Failure> {
    let issuer = state.authority().settings().issuer.as_str();
    let after_scheme = issuer.split_once("://").map_or(issuer, |(_, rest)| rest);
    let own = after_scheme.split_once('/').map(|(_, path)| path.trim_end_matches('/'));
    if own.is_none_or(|own| own.is_empty() || own != path) {
        return Err(Failure::NotFound);
    }
    Ok(metadata(State(state)).await)
}
