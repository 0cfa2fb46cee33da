//! `GET /v1/feed/ws`: the feed for verifiers, as `docs/feed-format.md` describes it.

use axum::extract::State;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::response::Response;
use axum::routing::get;
use quash_authority::Verb;

use crate::access::ServiceCaller;
use crate::error::Failure;
use crate::extract::Query;
use crate::feed::Full;
use crate::openapi::Description;
use crate::route::{Route, RouteInfo, RouteMethod};
use crate::state::AppState;

pub(super) fn routes() -> Vec<Route> {
    let description = Description::new("Follow the feed over WebSocket, in binary messages")
        .upgrades("CBOR: see docs/feed-format.md");
    let info =
        RouteInfo::public(RouteMethod::Get, "/v1/feed/ws", crate::access::Access::Service(Verb::FollowFeed));
    vec![Route::new(info, get(follow), description)]
}

async fn follow(
    State(state): State<AppState>,
    ServiceCaller(caller): ServiceCaller,
    Query(params): Query,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, Failure> {
    params.only(&[])?;
    let upgrade = upgrade.map_err(|_| Failure::UpgradeRequired)?;
    let source = state.feed_of(&caller)?;
    state.feed().upgrade(upgrade, source).map_err(|Full| Failure::Unavailable { retryable: true })
}
