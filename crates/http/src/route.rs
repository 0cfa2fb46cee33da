//! A route of the table that the router, the test of who may do what, and the OpenAPI document are all made from.

use axum::routing::MethodRouter;
use quash_authority::Verb;

use crate::access::Access;
use crate::openapi::Description;
use crate::state::AppState;

/// What a route answers to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RouteMethod {
    /// GET, and HEAD with it.
    Get,
    /// POST.
    Post,
    /// PUT.
    Put,
    /// DELETE.
    Delete,
    /// Every method there is.
    Any,
}

/// Which listener a route belongs on. All of them can be one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Surface {
    /// For users, OAuth clients, gateways and resource servers.
    Public,
    /// For trusted backends and administrators.
    Admin,
    /// For whoever runs the server.
    Metrics,
}

/// One line of the table of routes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RouteInfo {
    /// What it answers to.
    pub method: RouteMethod,
    /// Its path, parameters in braces.
    pub path: &'static str,
    /// Who may use it.
    pub access: Access,
    /// Where it belongs.
    pub surface: Surface,
}

/// A line of the table with what stands behind it, for a node of the kind `N`.
pub(crate) struct Route<N = AppState> {
    pub(crate) info: RouteInfo,
    pub(crate) handler: MethodRouter<N>,
    pub(crate) description: Description,
}

impl<N> Route<N> {
    /// One line of the table.
    pub(crate) fn new(info: RouteInfo, handler: MethodRouter<N>, description: Description) -> Self {
        Self { info, handler, description }
    }
}

impl RouteInfo {
    /// For users, clients, gateways and resource servers.
    pub(crate) const fn public(method: RouteMethod, path: &'static str, access: Access) -> Self {
        Self { method, path, access, surface: Surface::Public }
    }

    /// For trusted backends and administrators.
    pub(crate) const fn admin(method: RouteMethod, path: &'static str, verb: Verb) -> Self {
        Self { method, path, access: Access::Service(verb), surface: Surface::Admin }
    }
}
