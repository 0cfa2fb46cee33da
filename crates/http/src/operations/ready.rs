//! `GET /readyz`: tokens can be judged. 503 while the revocation state is not complete or too old.

use axum::extract::State;
use axum::response::Response;
use axum::routing::get;

use super::health::StatusView;
use crate::access::Access;
use crate::error::Failure;
use crate::openapi::Description;
use crate::reply;
use crate::route::{Route, RouteInfo, RouteMethod};
use crate::state::AppState;

pub(crate) const PATH: &str = "/readyz";

pub(super) fn routes() -> Vec<Route> {
    let description = Description::new("Whether tokens can be judged").gives::<StatusView>();
    let info = RouteInfo::public(RouteMethod::Get, PATH, Access::Open);
    vec![Route::new(info, get(ready), description)]
}

async fn ready(State(state): State<AppState>) -> Result<Response, Failure> {
    state.moment().freshness.may_accept()?;
    Ok(reply::json(&StatusView { status: "ok" }))
}
