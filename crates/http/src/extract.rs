//! What handlers ask for, taken from a request.

use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::http::request::Parts;

use crate::error::{Failure, OAuthFailure};
use crate::request::fields::Body;
use crate::request::params::Params;
use crate::request::{body, idempotency_key};
use crate::request_id::RequestId;

/// A JSON body.
pub(crate) struct JsonBody<T>(pub(crate) T);

/// A JSON body that may be left out.
pub(crate) struct OptionalJsonBody<T>(pub(crate) Option<T>);

/// The parameters of a form body, for an endpoint that fails in OAuth's format.
pub(crate) struct OAuthForm(pub(crate) Params);

/// The parameters of the query.
pub(crate) struct Query(pub(crate) Params);

/// The one id in the path. What is no id names nothing: 404.
pub(crate) struct PathId<T>(pub(crate) T);

/// `Idempotency-Key`, if it was sent.
pub(crate) struct IdempotencyKey(pub(crate) Option<Box<str>>);

impl<T: Body, S: Send + Sync> FromRequest<S> for JsonBody<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, _state: &S) -> Result<Self, Failure> {
        Ok(Self(T::from_fields(body::json(request).await?)?))
    }
}

impl<T: Body, S: Send + Sync> FromRequest<S> for OptionalJsonBody<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, _state: &S) -> Result<Self, Failure> {
        if body::is_absent(request.headers()) {
            return Ok(Self(None));
        }
        Ok(Self(Some(T::from_fields(body::json(request).await?)?)))
    }
}

impl<S: Send + Sync> FromRequest<S> for OAuthForm {
    type Rejection = OAuthFailure;

    async fn from_request(request: Request, _state: &S) -> Result<Self, OAuthFailure> {
        Ok(Self(body::form(request).await?))
    }
}

impl<S: Sync> FromRequestParts<S> for Query {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Failure> {
        Ok(Self(Params::parse(parts.uri.query().unwrap_or_default())?))
    }
}

impl<T: TryFrom<String>, S: Send + Sync> FromRequestParts<S> for PathId<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        let text = Path::<String>::from_request_parts(parts, state).await.map_err(|_| Failure::NotFound)?;
        T::try_from(text.0).map(Self).map_err(|_| Failure::NotFound)
    }
}

impl<S: Sync> FromRequestParts<S> for IdempotencyKey {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Failure> {
        Ok(Self(idempotency_key::read(&parts.headers)?.map(Into::into)))
    }
}

impl<S: Sync> FromRequestParts<S> for RequestId {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Failure> {
        let missing = Failure::Unavailable { retryable: false };
        parts.extensions.get::<Self>().copied().ok_or(missing)
    }
}
