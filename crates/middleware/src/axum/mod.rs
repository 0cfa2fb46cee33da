//! The extractors and denials in axum's words, and what only axum needs.

mod metadata;
mod websocket;

use std::convert::Infallible;

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::response::{IntoResponse, Response};
use http::request::Parts;
use serde::de::DeserializeOwned;

use crate::challenge::Challenge;
use crate::denial::Denial;
use crate::extractors::{Authenticated, Claims};
use crate::verified::Verified;

pub use metadata::metadata_router;
pub use websocket::guard_websocket;

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

impl<S: Sync, T: DeserializeOwned> FromRequestParts<S> for Claims<T> {
    type Rejection = Denial;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Denial> {
        parts.extensions.get::<Verified>().ok_or(Denial::NoToken)?.typed().map(Self)
    }
}

impl IntoResponse for Denial {
    /// The realm is `api`, until the layer of the route puts its own challenge in place.
    fn into_response(self) -> Response {
        let mut response: Response = self.response(&Challenge::default());
        response.extensions_mut().insert(self);
        response
    }
}
