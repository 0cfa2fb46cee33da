//! A shop with accounts of its own, which lets the authority in its process mind the sessions.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use quash_authority::{PlainToken, RevocationRequest, SignIn, SignedIn, TargetRequest};
use quash_core::ids::{ClientId, Subject};
use quash_http::{AppState, HttpSettings};
use quash_middleware::{Authenticated, Gate, RequireToken, system_clock};
use serde_json::{Value, json};

use super::house::House;

/// The one password of this shop. A real one asks its own accounts.
const PASSWORD: &str = "open sesame";

/// The endpoints of the authority below `/auth`, and the shop's own routes: `/sign-in` with a name and a password,
/// `/me` and `/sign-out-everywhere` with a token.
pub(crate) fn router(house: House) -> Router {
    let settings = HttpSettings { base_path: "/auth".into(), ..HttpSettings::default() };
    let state = AppState::new(Arc::clone(&house.authority), Arc::clone(&house.verifier), settings);
    let gate = Gate::new(Arc::clone(&house.verifier), system_clock);
    Router::new()
        .route("/me", get(me))
        .route("/sign-out-everywhere", post(sign_out_everywhere))
        .layer(RequireToken::new(gate))
        .route("/sign-in", post(sign_in))
        .with_state(Arc::new(house))
        .nest("/auth", quash_http::router(state))
}

async fn sign_in(
    State(house): State<Arc<House>>,
    Json(body): Json<Value>,
) -> Result<Json<Value>, StatusCode> {
    let text = |name: &str| body.get(name).and_then(Value::as_str).ok_or(StatusCode::BAD_REQUEST);
    if text("password")? != PASSWORD {
        return Err(StatusCode::UNAUTHORIZED);
    }
    let subject = Subject::new(text("name")?).map_err(|_| StatusCode::BAD_REQUEST)?;
    let client = ClientId::new("web").map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    match house.authority.sign_in(&house.admin, SignIn::new(subject, client)).await {
        Ok(SignedIn::Open(tokens)) => Ok(Json(json!({
            "access_token": tokens.access_token.expose(),
            "refresh_token": tokens.refresh_token.as_ref().map(PlainToken::expose),
            "expires_in": tokens.expires_in,
        }))),
        // An error says that nothing was done: the caller may repeat it.
        Ok(_) | Err(_) => Err(StatusCode::SERVICE_UNAVAILABLE),
    }
}

async fn me(user: Authenticated) -> Json<Value> {
    Json(json!({ "name": user.subject(), "session": user.session() }))
}

/// When this answers 204, no token of the user is accepted here any more.
async fn sign_out_everywhere(State(house): State<Arc<House>>, user: Authenticated) -> StatusCode {
    let Some(Ok(subject)) = user.subject().map(Subject::new) else { return StatusCode::FORBIDDEN };
    let everywhere = RevocationRequest::end(TargetRequest::Subject(subject));
    match house.authority.revoke(&house.admin, everywhere).await {
        Ok(_) => StatusCode::NO_CONTENT,
        Err(_) => StatusCode::SERVICE_UNAVAILABLE,
    }
}
