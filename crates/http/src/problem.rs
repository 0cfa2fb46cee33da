//! Problems of the native API (RFC 9457).

use axum::http::HeaderValue;
use axum::http::header::{CACHE_CONTROL, CONNECTION, CONTENT_TYPE, RETRY_AFTER, UPGRADE, WWW_AUTHENTICATE};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::ban_view::BanView;
use crate::error::{Conflict, Failure};
use crate::reply;
use crate::token_refusal::{BARE_CHALLENGE, TokenRefusal};

/// The media type (RFC 9457 section 3).
pub(crate) const MEDIA_TYPE: HeaderValue = HeaderValue::from_static("application/problem+json");

/// What went wrong. `type` is left out, which means `about:blank`: the status code and `reason` say which it is.
#[derive(Serialize, ToSchema)]
pub(crate) struct Problem<'a> {
    /// The status code's own phrase.
    title: &'a str,
    /// The status code.
    status: u16,
    /// The problem in one word of `[a-z0-9_]`, for machines.
    reason: &'a str,
    /// The problem in a sentence, for people.
    detail: &'a str,
    /// The field that is wrong, with dots for what lies inside another: `device.id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<&'a str>,
    /// What was expected in that field.
    #[serde(skip_serializing_if = "Option::is_none")]
    expected: Option<&'a str>,
    /// What the holder of a refused token does next: `renew`, `sign_in` or `wait`.
    #[serde(skip_serializing_if = "Option::is_none")]
    remedy: Option<&'a str>,
    /// How many sessions matched, where they were more than expected.
    #[serde(skip_serializing_if = "Option::is_none")]
    matched_sessions: Option<u64>,
    /// Why the session is over, where it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    session_reason: Option<&'a str>,
    /// How many sessions of the subject live, where there may be no more.
    #[serde(skip_serializing_if = "Option::is_none")]
    live_sessions: Option<usize>,
    /// How many sessions the subject may have, where it has them.
    #[serde(skip_serializing_if = "Option::is_none")]
    session_limit: Option<u32>,
    /// The ban that refuses the sign-in, where one does.
    #[serde(skip_serializing_if = "Option::is_none")]
    ban: Option<BanView>,
    /// The id that the subject goes by now, where it got another one.
    #[serde(skip_serializing_if = "Option::is_none")]
    new_subject: Option<&'a str>,
}

/// The answer to a failed request of the native API.
pub(crate) fn answer(failure: &Failure) -> Response {
    let status = failure.status();
    let mut response = (status, reply::json(&Problem::of(failure, &failure.detail()))).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, MEDIA_TYPE);
    headers.insert(CACHE_CONTROL, reply::NO_STORE);
    if let Some(challenge) = challenge(failure) {
        headers.insert(WWW_AUTHENTICATE, challenge);
    }
    if matches!(failure, Failure::UpgradeRequired) {
        // RFC 9110 section 15.5.22
        headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
        headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
    }
    if let Some(seconds) = failure.retry_after_seconds() {
        headers.insert(RETRY_AFTER, seconds.into());
    }
    response
}

/// What `WWW-Authenticate` says to this failure, if anything.
pub(crate) fn challenge(failure: &Failure) -> Option<HeaderValue> {
    match failure {
        Failure::Unauthenticated => Some(BARE_CHALLENGE),
        Failure::Token(refusal) => Some(refusal.challenge()),
        // RFC 6750 section 3.1
        Failure::InsufficientScope => {
            Some(HeaderValue::from_static("Bearer realm=\"quash\", error=\"insufficient_scope\""))
        }
        _ => None,
    }
}

impl<'a> Problem<'a> {
    fn of(failure: &'a Failure, detail: &'a str) -> Self {
        let status = failure.status();
        let input = if let Failure::Input(bad) = failure { Some(bad) } else { None };
        let token = if let Failure::Token(refusal) = failure { Some(refusal) } else { None };
        let conflict = if let Failure::Conflict(conflict) = failure { Some(conflict) } else { None };
        let limit = conflict.and_then(|conflict| match conflict {
            Conflict::SessionLimit(limit) => Some(limit),
            _ => None,
        });
        Self {
            title: status.canonical_reason().unwrap_or_default(),
            status: status.as_u16(),
            reason: failure.reason(),
            detail,
            field: input.and_then(|bad| bad.field.as_deref()),
            expected: input.map(|bad| bad.expected.as_ref()),
            remedy: token.map(TokenRefusal::remedy),
            matched_sessions: conflict.and_then(|conflict| match conflict {
                Conflict::TooMany { matched, .. } => Some(*matched),
                _ => None,
            }),
            session_reason: conflict.and_then(|conflict| match conflict {
                Conflict::SessionOver { reason } => Some(reason.as_ref()),
                _ => None,
            }),
            live_sessions: limit.map(|limit| limit.live),
            session_limit: limit.map(|limit| limit.max),
            new_subject: conflict.and_then(|conflict| match conflict {
                Conflict::Alias { new } => Some(new.as_str()),
                _ => None,
            }),
            ban: conflict.and_then(|conflict| match conflict {
                Conflict::Banned(ban) => Some(BanView::from(&**ban)),
                _ => None,
            }),
        }
    }
}
