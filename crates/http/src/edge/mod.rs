//! An edge: the endpoints that judge tokens, without an authority. It follows the feed of one, and knows of callers
//! what that told it.
//!
//! | call | at an edge |
//! |---|---|
//! | `/auth/check` | as at a server |
//! | `POST /oauth/introspect` | access tokens, from memory; refresh tokens are unknown: `unsupported_token_type` |
//! | `GET /v1/feed/ws` | the feed, onward; where the edge relays |
//! | `POST /v1/activity` | kept, and passed on with the edge's own report; where the edge relays |
//! | `GET /.well-known/jwks.json` | the authority's keys as they were learnt, the one that comes next among them |
//! | `GET /healthz`, `/readyz`, `/metrics` | of this process |

mod callers;
mod state;

use axum::Router;

pub use self::callers::Learned;
pub use self::state::{Ask, EdgeParts, EdgeState, NoAnswer};
use crate::route::{Route, Surface};
use crate::{auth_check, oauth, operations, router, v1, well_known};

/// Every endpoint of an edge.
pub fn edge_router(state: EdgeState) -> Router {
    router::assemble(state, table())
}

/// The endpoints of an edge on some surfaces only, for a listener of their own. Health and readiness are in each.
pub fn edge_router_for(state: EdgeState, surfaces: &[Surface]) -> Router {
    router::assemble(state, router::on(surfaces, table()))
}

fn table() -> Vec<Route<EdgeState>> {
    let routes = [
        auth_check::routes(),
        v1::feed::follow::routes(),
        v1::activity::routes(),
        oauth::introspect::routes(),
        well_known::jwks::routes(),
        operations::health::routes(),
        operations::ready::routes(),
        operations::metrics::routes(),
    ];
    routes.into_iter().flatten().collect()
}
