//! The table of routes, and the routers made from it.

use axum::Router;
use axum::middleware::from_fn_with_state;

use crate::access::{Access, guard};
use crate::error::Failure;
use crate::node::Node;
use crate::route::{Route, RouteInfo, Surface};
use crate::state::AppState;
use crate::{auth_check, envelope, oauth, operations, v1, well_known};

/// All endpoints, to be served or nested: `Router::new().nest("/auth", quash_http::router(state))`.
pub fn router(state: AppState) -> Router {
    assemble(state, table())
}

/// The endpoints of some surfaces only, for a listener of their own. Health and readiness are in each.
pub fn router_for(state: AppState, surfaces: &[Surface]) -> Router {
    assemble(state, on(surfaces, table()))
}

/// Every route: what there is, and who may use it.
pub fn routes() -> Vec<RouteInfo> {
    table().iter().map(|route| route.info).collect()
}

/// The table itself.
pub(crate) fn table() -> Vec<Route> {
    [v1::routes(), oauth::routes(), well_known::routes(), auth_check::routes(), operations::routes()]
        .into_iter()
        .flatten()
        .collect()
}

/// The routes of `table` that belong on these surfaces, health and readiness among them.
pub(crate) fn on<N>(surfaces: &[Surface], table: Vec<Route<N>>) -> Vec<Route<N>> {
    let health = [operations::health::PATH, operations::ready::PATH];
    let wanted = |info: &RouteInfo| surfaces.contains(&info.surface) || health.contains(&info.path);
    table.into_iter().filter(|route| wanted(&route.info)).collect()
}

pub(crate) fn assemble<N: Node>(node: N, table: Vec<Route<N>>) -> Router {
    let mut router = Router::new();
    if table.iter().any(|route| route.info.path == auth_check::PATH) {
        router = with_ext_authz(router, &node);
    }
    router = with_empty_answer(router);
    for Route { info, handler, .. } in table {
        let handler = match info.access {
            Access::Service(_) | Access::User => {
                handler.route_layer(from_fn_with_state((node.clone(), info.access), guard::<N>))
            }
            _ => handler,
        };
        router = router.route(info.path, handler);
    }
    router
        .method_not_allowed_fallback(async || Failure::MethodNotAllowed)
        .fallback(async || Failure::NotFound)
        .layer(from_fn_with_state(node.clone(), envelope::wrap::<N>))
        .with_state(node)
}

/// `/auth/check` as Envoy asks it over gRPC: open to whoever holds a token, as that is. It is no HTTP API, so it stands
/// in no table of routes and in no OpenAPI document.
#[cfg(feature = "ext-authz")]
fn with_ext_authz<N: Node>(router: Router<N>, node: &N) -> Router<N> {
    router.route(auth_check::ext_authz::PATH, auth_check::ext_authz::handler(node))
}

#[cfg(not(feature = "ext-authz"))]
fn with_ext_authz<N: Node>(router: Router<N>, _node: &N) -> Router<N> {
    router
}

/// `/empty` answers 204 and does nothing else: what the stack itself costs, behind the same layers as everything here.
/// It stands in no table of routes and in no OpenAPI document.
#[cfg(feature = "empty-answer")]
fn with_empty_answer<N: Node>(router: Router<N>) -> Router<N> {
    router.route("/empty", axum::routing::any(async || axum::http::StatusCode::NO_CONTENT))
}

#[cfg(not(feature = "empty-answer"))]
fn with_empty_answer<N: Node>(router: Router<N>) -> Router<N> {
    router
}
