//! The extractor for axum, and denials as its responses.

use std::convert::Infallible;
use std::ops::Deref;

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::response::{IntoResponse, Response};
use http::request::Parts;
use quash_verify::{Shortfall, VerifiedToken};

use crate::challenge::Denial;
use crate::verified::Verified;

/// Whoever sent the request, proven by their token. For handlers behind [`RequireToken`](crate::RequireToken).
///
/// As an `Option` it is `None` for a request without a token, where the layer lets such requests in.
#[derive(Clone, Debug)]
pub struct Authenticated(pub Verified);

impl Authenticated {
    /// Goes on only when the token has `scope`: for routes whose need depends on the request. Where it does not,
    /// [`Gate::scope`](crate::Gate::scope) says it once.
    ///
    /// # Errors
    /// [`Denial::Forbidden`], which a handler can return as its response.
    pub fn require_scope(&self, scope: &str) -> Result<(), Denial> {
        if self.has_scope(scope) { Ok(()) } else { Err(Shortfall::Scope(scope.to_owned()).into()) }
    }
}

impl Deref for Authenticated {
    type Target = VerifiedToken;

    fn deref(&self) -> &VerifiedToken {
        &self.0
    }
}

impl<S: Sync> FromRequestParts<S> for Authenticated {
    type Rejection = Denial;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Denial> {
        // A handler that asks for a user on a route that no layer guards answers nobody.
        parts.extensions.get::<Verified>().cloned().map(Self).ok_or(Denial::NoToken)
    }
}

impl<S: Sync> OptionalFromRequestParts<S> for Authenticated {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Option<Self>, Infallible> {
        Ok(parts.extensions.get::<Verified>().cloned().map(Self))
    }
}

impl IntoResponse for Denial {
    fn into_response(self) -> Response {
        self.response("api")
    }
}
