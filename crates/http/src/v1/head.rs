//! `GET /v1/head`: where the log stands, for `as_of`.

use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use quash_authority::Verb;
use serde::Serialize;
use utoipa::ToSchema;

use crate::error::Failure;
use crate::extract::Query;
use crate::openapi::Description;
use crate::reply;
use crate::route::{Route, RouteInfo, RouteMethod};
use crate::state::AppState;

/// Where the log stands.
#[derive(Serialize, ToSchema)]
struct HeadView {
    /// The last durable position.
    position: u64,
    /// The log's identity, 32 hexadecimal digits. Data that was lost or restored goes on as another log.
    log: String,
}

pub(super) fn routes() -> Vec<Route> {
    let description = Description::new("Read the head of the log: before checking a password, for `as_of`")
        .gives::<HeadView>();
    let info = RouteInfo::admin(RouteMethod::Get, "/v1/head", Verb::ReadHead);
    vec![Route::new(info, get(head), description)]
}

async fn head(State(state): State<AppState>, Query(params): Query) -> Result<Response, Failure> {
    params.only(&[])?;
    let head = state.done(state.authority().head().await)?;
    Ok(reply::json(&HeadView { position: head.position.number(), log: head.log.to_string() }))
}
