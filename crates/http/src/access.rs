//! Who may use an endpoint: stated for every route in the table of routes, enforced before its handler runs.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::Response;
use quash_authority::{Caller, Verb};
use quash_verify::VerifiedToken;

use crate::error::Failure;
use crate::node::Node;
use crate::request::authorization::Authorization;
use crate::request_id::RequestId;
use crate::state::AppState;

/// Who may use an endpoint. There is no way to leave it unsaid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Access {
    /// Everybody.
    Open,
    /// Service credentials that may do this.
    Service(Verb),
    /// Users, with an access token of our own that belongs to a session.
    User,
    /// OAuth clients, by the rules of the standards; the endpoint's own handler asks, since what proves them may
    /// stand in the body.
    Client,
    /// OAuth clients with a secret, and service credentials that may do this; asked for as above.
    ClientOrService(Verb),
    /// Whoever holds a token: what the endpoint is there to find out.
    Bearer,
}

/// A service credential that may do what the route asks for.
pub(crate) struct ServiceCaller(pub(crate) Caller);

/// The user whose own token came with the request.
pub(crate) struct User(pub(crate) Arc<VerifiedToken>);

/// Lets a request through to a route, or not.
pub(crate) async fn guard<N: Node>(
    State((node, access)): State<(N, Access)>,
    mut request: Request<Body>,
    next: Next,
) -> Result<Response, Failure> {
    node.admit(access, &mut request)?;
    Ok(next.run(request).await)
}

/// The service credential behind a bearer key. From memory.
pub(crate) fn service_caller(state: &AppState, authorization: &Authorization<'_>) -> Result<Caller, Failure> {
    let Authorization::Bearer(key) = authorization else {
        return Err(Failure::Unauthenticated);
    };
    state.authority().authenticate_credential(key).ok_or(Failure::Unauthenticated)
}

impl<S: Sync> FromRequestParts<S> for ServiceCaller {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Failure> {
        // A handler that asks for a caller on a route that let nobody prove themselves answers nobody.
        let caller = parts.extensions.remove::<Caller>().ok_or(Failure::Unauthenticated)?;
        let id = parts.extensions.get::<RequestId>().copied();
        Ok(Self(caller.caused_by(id.map(RequestId::text).unwrap_or_default())))
    }
}

impl<S: Sync> FromRequestParts<S> for User {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Failure> {
        parts.extensions.remove::<Arc<VerifiedToken>>().map(Self).ok_or(Failure::Unauthenticated)
    }
}
