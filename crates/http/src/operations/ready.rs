//! `GET /readyz`: tokens can be judged. 503 while the revocation state is not complete or too old.

use axum::extract::State;
use axum::response::Response;
use axum::routing::get;

use super::health::StatusView;
use crate::access::Access;
use crate::error::Failure;
use crate::node::Node;
use crate::openapi::Description;
use crate::reply;
use crate::route::{Route, RouteInfo, RouteMethod};

pub(crate) const PATH: &str = "/readyz";

pub(crate) fn routes<N: Node>() -> Vec<Route<N>> {
    let description = Description::new("Whether tokens can be judged").gives::<StatusView>();
    let info = RouteInfo::public(RouteMethod::Get, PATH, Access::Open);
    vec![Route::new(info, get(ready::<N>), description)]
}

async fn ready<N: Node>(State(node): State<N>) -> Result<Response, Failure> {
    node.moment().freshness.freshness().may_accept()?;
    Ok(reply::json(&StatusView { status: "ok" }))
}
