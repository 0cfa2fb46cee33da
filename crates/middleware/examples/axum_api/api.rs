//! The API itself: what it needs is a gate, whoever feeds it.

use axum::routing::{get, post};
use axum::{Json, Router};
use quash_middleware::{
    Authenticated, Claims, Denial, Gate, RequireToken, ResourceMetadata, metadata_router,
};
use serde::Deserialize;
use serde_json::{Value, json};

/// What this API wants to know beyond who asks. A token that does not say it gets 403.
#[derive(Deserialize)]
struct Shopper {
    #[serde(default)]
    scope: String,
    client_id: String,
}

/// The routes: `/me` for everybody with a token, `/orders` for those with a scope, `/stock` for those with a role.
pub(crate) fn router(gate: Gate, metadata: &ResourceMetadata) -> Router {
    let gate = gate.realm("shop").resource(metadata);
    let everybody = Router::new().route("/me", get(me)).route("/orders", post(order));
    let staff = Router::new().route("/stock", get(stock));
    Router::new()
        .merge(everybody.layer(RequireToken::new(gate.clone())))
        .merge(staff.layer(RequireToken::new(gate.role("staff"))))
        .merge(metadata_router(metadata))
}

async fn me(user: Authenticated, Claims(shopper): Claims<Shopper>) -> Json<Value> {
    let session = user.session();
    Json(json!({
        "subject": user.subject(), "session": session, "client": shopper.client_id, "scope": shopper.scope,
    }))
}

async fn order(user: Authenticated) -> Result<&'static str, Denial> {
    user.require_scope("orders:write")?;
    Ok("ordered")
}

async fn stock() -> &'static str {
    "7 left"
}
