//! `GET /v1/feed/ws`: the feed for verifiers, as `docs/feed-format.md` describes it.

use axum::extract::State;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::http::Extensions;
use axum::response::Response;
use axum::routing::get;
use quash_authority::Verb;

use crate::error::Failure;
use crate::extract::Query;
use crate::feed::Full;
use crate::node::ServesFeed;
use crate::openapi::Description;
use crate::route::{Route, RouteInfo, RouteMethod};

pub(crate) fn routes<N: ServesFeed>() -> Vec<Route<N>> {
    let description = Description::new("Follow the feed over WebSocket, in binary messages")
        .upgrades("CBOR: see docs/feed-format.md");
    let info =
        RouteInfo::public(RouteMethod::Get, "/v1/feed/ws", crate::access::Access::Service(Verb::FollowFeed));
    vec![Route::new(info, get(follow::<N>), description)]
}

async fn follow<N: ServesFeed>(
    State(node): State<N>,
    extensions: Extensions,
    Query(params): Query,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, Failure> {
    params.only(&[])?;
    let upgrade = upgrade.map_err(|_| Failure::UpgradeRequired)?;
    let source = node.source_for(&extensions)?;
    node.door().upgrade(upgrade, source).map_err(|Full| Failure::Unavailable { retryable: true })
}
