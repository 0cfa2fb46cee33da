//! `GET /healthz`: the process runs and answers.

use axum::response::Response;
use axum::routing::get;
use serde::Serialize;
use utoipa::ToSchema;

use crate::access::Access;
use crate::node::Node;
use crate::openapi::Description;
use crate::reply;
use crate::route::{Route, RouteInfo, RouteMethod};

pub(crate) const PATH: &str = "/healthz";

/// How the server is.
#[derive(Serialize, ToSchema)]
pub(super) struct StatusView {
    /// `ok`.
    pub(super) status: &'static str,
}

pub(crate) fn routes<N: Node>() -> Vec<Route<N>> {
    let description = Description::new("Whether the process runs and answers").gives::<StatusView>();
    let info = RouteInfo::public(RouteMethod::Get, PATH, Access::Open);
    vec![Route::new(info, get(health), description)]
}

async fn health() -> Response {
    reply::json(&StatusView { status: "ok" })
}
