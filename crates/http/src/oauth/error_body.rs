//! Errors of the standard endpoints (RFC 6749 section 5.2, RFC 7009 section 2.2.1).

use axum::http::HeaderValue;
use axum::http::header::{CACHE_CONTROL, PRAGMA, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::response::{IntoResponse, Response};
use quash_core::time::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::error::{Failure, OAuthFailure};
use crate::replaced_by::ReplacedByView;
use crate::{problem, reply};

/// What went wrong.
#[derive(Serialize, ToSchema)]
pub(crate) struct OAuthError<'a> {
    /// One of the codes of the standards.
    error: &'a str,
    /// The same in a sentence, for people.
    error_description: &'a str,
    /// More exactly, in one word of `[a-z0-9_]`, for machines.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    /// What the holder of a refused refresh token does next: `sign_in`, or `wait`.
    #[serde(skip_serializing_if = "Option::is_none")]
    remedy: Option<&'a str>,
    /// Where another sign-in took the session's place: on which device.
    #[serde(skip_serializing_if = "Option::is_none")]
    replaced_by: Option<ReplacedByView>,
    /// Where a ban refuses it that ends: when, in Unix seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    banned_until: Option<u64>,
}

/// The answer to a failed request of a standard endpoint.
pub(crate) fn answer(failure: &OAuthFailure) -> Response {
    let description = describe(failure);
    let body = OAuthError {
        error: code(failure),
        error_description: &description,
        reason: match failure {
            OAuthFailure::Any(failure) => Some(failure.reason()),
            OAuthFailure::InvalidGrant { reason, .. } => Some(reason),
            _ => None,
        },
        remedy: match failure {
            OAuthFailure::InvalidGrant { remedy, .. } => Some(remedy),
            _ => None,
        },
        replaced_by: match failure {
            OAuthFailure::InvalidGrant { replaced_by, .. } => replaced_by.as_deref().map(Into::into),
            _ => None,
        },
        banned_until: banned_until(failure),
    };
    let mut response = (failure.status(), reply::json(&body)).into_response();
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, reply::NO_STORE);
    headers.insert(PRAGMA, HeaderValue::from_static("no-cache"));
    if let Some(challenge) = challenge(failure) {
        headers.insert(WWW_AUTHENTICATE, challenge);
    }
    if let OAuthFailure::Any(failure) = failure
        && let Some(seconds) = failure.retry_after_seconds()
    {
        headers.insert(RETRY_AFTER, seconds.into());
    }
    response
}

/// Rounded up: nobody is asked to come back before the ban is over.
fn banned_until(failure: &OAuthFailure) -> Option<u64> {
    let OAuthFailure::InvalidGrant { banned_until, .. } = failure else { return None };
    let until = banned_until.filter(|until| *until != Timestamp::FOREVER)?;
    Some(until.milliseconds().div_ceil(1_000))
}

fn challenge(failure: &OAuthFailure) -> Option<HeaderValue> {
    match failure {
        // Whoever came by the header is challenged in its scheme; whoever came by the body is not, or browsers
        // would ask their user for a password.
        OAuthFailure::InvalidClient { basic: true } => {
            Some(HeaderValue::from_static("Basic realm=\"quash\", charset=\"UTF-8\""))
        }
        OAuthFailure::Any(failure) => problem::challenge(failure),
        _ => None,
    }
}

fn code(failure: &OAuthFailure) -> &'static str {
    match failure {
        OAuthFailure::Any(Failure::Unauthenticated) | OAuthFailure::InvalidClient { .. } => "invalid_client",
        OAuthFailure::Any(Failure::Forbidden { .. }) => "access_denied",
        OAuthFailure::Any(failure) if failure.is_temporary() => "temporarily_unavailable",
        OAuthFailure::Any(_) => "invalid_request",
        OAuthFailure::InvalidGrant { .. } => "invalid_grant",
        OAuthFailure::UnauthorizedClient => "unauthorized_client",
        OAuthFailure::UnsupportedTokenType => "unsupported_token_type",
        OAuthFailure::UnsupportedGrantType => "unsupported_grant_type",
        OAuthFailure::InvalidScope => "invalid_scope",
    }
}

fn describe(failure: &OAuthFailure) -> std::borrow::Cow<'static, str> {
    match failure {
        OAuthFailure::Any(failure) => failure.detail(),
        OAuthFailure::InvalidClient { .. } => "the client is unknown or did not prove itself".into(),
        OAuthFailure::InvalidGrant { reason, .. } => format!("the refresh token is refused: {reason}").into(),
        OAuthFailure::UnauthorizedClient => "the client may not use this grant".into(),
        OAuthFailure::UnsupportedTokenType => "an edge knows no refresh tokens: ask the authority".into(),
        OAuthFailure::UnsupportedGrantType => {
            "`grant_type` has to be `refresh_token` or `client_credentials`".into()
        }
        OAuthFailure::InvalidScope => "the scope is malformed or more than was granted".into(),
    }
}
