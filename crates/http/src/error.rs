//! Every way to fail, and the only place where it becomes a status code.
//!
//! A [`Failure`] leaves as a problem (RFC 9457) from the native API, and inside an [`OAuthFailure`] as OAuth's error
//! object (RFC 6749 section 5.2) from the standard endpoints.

use std::borrow::Cow;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use quash_authority::{LimitReached, UndoRefusal};
use quash_core::ids::Subject;
use quash_core::revocation::freshness::Undecided;
use quash_core::revocation::reason::Reason;
use quash_core::session::ban::Ban;
use quash_core::session::policy::ReplacedBy;
use quash_core::time::Timestamp;

use crate::oauth::error_body;
use crate::problem;
use crate::request::bad_input::BadInput;
use crate::token_refusal::TokenRefusal;

/// Why a request was not done. Nothing of it was acknowledged.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The request can not be understood: 400.
    Input(BadInput),
    /// The body is longer than `longest` bytes: 413.
    BodyTooLong { longest: usize },
    /// The body is not of the type `expected`: 415.
    UnsupportedMediaType { expected: &'static str },
    /// No service key, or none that is known: 401. Nobody is told which.
    Unauthenticated,
    /// The user's token is missing or refused: 401.
    Token(TokenRefusal),
    /// The token is good and lacks a scope: 403.
    InsufficientScope,
    /// The credential may not do this: 403.
    Forbidden { phrase: &'static str },
    /// There is no such thing: 404.
    NotFound,
    /// The resource exists, but not for this method: 405.
    MethodNotAllowed,
    /// The resource is there for those who switch to WebSocket: 426.
    UpgradeRequired,
    /// What is asked does not fit what is stored: 409.
    Conflict(Conflict),
    /// The store or this server's keys are out of reach: 503. `retryable` without an operator.
    Unavailable { retryable: bool },
    /// The revocation state is too old or not complete: 503.
    Undecided(Undecided),
}

/// What does not fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Conflict {
    /// The idempotency key was used for another request.
    KeyUsedOtherwise,
    /// More sessions match than the caller expected.
    TooMany { matched: u64, expected: u64 },
    /// The audit log is not what it was: where first.
    AuditBroken { how: Box<str> },
    /// As many revocations are scheduled as may be.
    TooManySchedules { most: usize },
    /// The entry is not taken back.
    NotUndone(UndoRefusal),
    /// Verifiers elsewhere could not be told of one more.
    TrustTooLarge(quash_authority::TrustTooLarge),
    /// The one-time token is not honoured, for this reason.
    NotSpent { reason: Box<str> },
    /// Tokens that the key signed may be alive until then.
    KeyNeeded { until: Option<String> },
    /// The key signs, or is to sign next.
    KeyInUse,
    /// The session is over, for this reason.
    SessionOver { reason: Box<str> },
    /// The subject has as many sessions as it may have.
    SessionLimit(LimitReached),
    /// The subject is banned from the client.
    Banned(Box<Ban>),
    /// The subject got another id.
    Alias { new: Subject },
}

/// Why a request to a standard OAuth endpoint was not done.
#[derive(Debug)]
pub(crate) enum OAuthFailure {
    /// What can go wrong anywhere.
    Any(Failure),
    /// The client did not prove itself: 401. `basic` says that it tried by the `Authorization` header.
    InvalidClient { basic: bool },
    /// The refresh token is refused: 400.
    InvalidGrant {
        reason: Box<str>,
        remedy: &'static str,
        replaced_by: Option<Box<ReplacedBy>>,
        banned_until: Option<Timestamp>,
    },
    /// The client may not use this grant: 400.
    UnauthorizedClient,
    /// The node can not know such tokens: 400 (RFC 7009 section 2.2.1).
    UnsupportedTokenType,
    /// No such grant here: 400.
    UnsupportedGrantType,
    /// The scope is not granted: 400.
    InvalidScope,
}

impl Failure {
    /// The status code.
    pub(crate) const fn status(&self) -> StatusCode {
        match self {
            Self::Input(_) => StatusCode::BAD_REQUEST,
            Self::BodyTooLong { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedMediaType { .. } => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Unauthenticated | Self::Token(_) => StatusCode::UNAUTHORIZED,
            Self::InsufficientScope | Self::Forbidden { .. } => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::UpgradeRequired => StatusCode::UPGRADE_REQUIRED,
            Self::Conflict(_) => StatusCode::CONFLICT,
            Self::Unavailable { .. } | Self::Undecided(_) => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// The reason in one word, for machines: `[a-z0-9_]`.
    pub(crate) fn reason(&self) -> &str {
        match self {
            Self::Input(bad) => bad.fault.reason(),
            Self::BodyTooLong { .. } => "body_too_long",
            Self::UnsupportedMediaType { .. } => "unsupported_media_type",
            Self::Unauthenticated => "credential_required",
            Self::Token(refusal) => refusal.reason(),
            Self::InsufficientScope => "insufficient_scope",
            Self::Forbidden { .. } => "forbidden",
            Self::NotFound => "not_found",
            Self::MethodNotAllowed => "method_not_allowed",
            Self::UpgradeRequired => "upgrade_required",
            Self::Conflict(Conflict::KeyUsedOtherwise) => "idempotency_key_reused",
            Self::Conflict(Conflict::TooMany { .. }) => "too_many_sessions",
            Self::Conflict(Conflict::TooManySchedules { .. }) => "too_many_schedules",
            Self::Conflict(Conflict::NotUndone(UndoRefusal::Already(_))) => "already_undone",
            Self::Conflict(Conflict::NotUndone(UndoRefusal::Over(_))) => "undo_window_over",
            Self::Conflict(Conflict::NotUndone(_)) => "not_undoable",
            Self::Conflict(Conflict::TrustTooLarge(_)) => "too_many_credentials",
            Self::Conflict(Conflict::NotSpent { reason }) => reason,
            Self::Conflict(Conflict::KeyNeeded { .. }) => "key_needed",
            Self::Conflict(Conflict::KeyInUse) => "key_in_use",
            Self::Conflict(Conflict::AuditBroken { .. }) => "audit_broken",
            Self::Conflict(Conflict::SessionOver { .. }) => "session_over",
            Self::Conflict(Conflict::SessionLimit(_)) => "session_limit_reached",
            Self::Conflict(Conflict::Banned(_)) => Reason::BANNED,
            Self::Conflict(Conflict::Alias { .. }) => "alias",
            Self::Unavailable { .. } => "unavailable",
            Self::Undecided(Undecided::Incomplete) => "not_ready",
            Self::Undecided(Undecided::Ahead) => "ahead",
            Self::Undecided(_) => "stale",
        }
    }

    /// One sentence for people. Holds nothing that the caller sent but the names of fields.
    pub(crate) fn detail(&self) -> Cow<'static, str> {
        match self {
            Self::Input(bad) => bad.to_string().into(),
            Self::BodyTooLong { longest } => format!("the body is longer than {longest} bytes").into(),
            Self::UnsupportedMediaType { expected } => format!("the body has to be `{expected}`").into(),
            Self::Unauthenticated => "a known service key is expected as `Authorization: Bearer`".into(),
            Self::Token(refusal) => refusal.detail(),
            Self::InsufficientScope => "the token lacks a scope that is needed here".into(),
            Self::Forbidden { phrase } => format!("the credential may not {phrase}").into(),
            Self::NotFound => "there is no such thing here".into(),
            Self::MethodNotAllowed => "the method is not one of those in `Allow`".into(),
            Self::UpgradeRequired => "a WebSocket handshake over HTTP/1.1 is expected".into(),
            Self::Conflict(conflict) => conflict.detail(),
            Self::Unavailable { .. } => {
                "the server can not reach what it needs; nothing is acknowledged".into()
            }
            Self::Undecided(undecided) => undecided.to_string().into(),
        }
    }

    /// Whether the same request may succeed later: the answers that say 503.
    pub(crate) const fn is_temporary(&self) -> bool {
        matches!(self, Self::Unavailable { .. } | Self::Undecided(_))
    }

    /// Whether somebody who knows more is to be asked instead.
    pub(crate) const fn asks(&self) -> bool {
        matches!(self, Self::Undecided(Undecided::Ask { .. } | Undecided::Ahead))
    }

    /// Whether what is lacking may be on its way.
    pub(crate) const fn is_ahead(&self) -> bool {
        matches!(self, Self::Undecided(Undecided::Ahead))
    }

    /// When to come back, in seconds. Every 503 says so (RFC 9110 section 10.2.3).
    pub(crate) const fn retry_after_seconds(&self) -> Option<u32> {
        match self {
            Self::Unavailable { retryable: true } | Self::Undecided(_) => Some(1),
            Self::Unavailable { retryable: false } => Some(30),
            _ => None,
        }
    }
}

impl Conflict {
    fn detail(&self) -> Cow<'static, str> {
        match self {
            Self::KeyUsedOtherwise => "the `Idempotency-Key` was used for another request".into(),
            Self::TooMany { matched, expected } => {
                format!("{matched} sessions match, at most {expected} were expected; nothing is done").into()
            }
            Self::TooManySchedules { most } => {
                format!("{most} revocations are scheduled, and no more may be; nothing is done").into()
            }
            Self::NotUndone(refusal) => format!("{refusal}; nothing is done").into(),
            Self::TrustTooLarge(error) => format!("{error}; nothing is done").into(),
            Self::NotSpent { reason } => format!("the one-time token is not honoured: {reason}").into(),
            Self::KeyNeeded { until } => {
                let until = until.as_deref().unwrap_or("some far day");
                format!("tokens that the key signed may be alive until {until}; nothing is done").into()
            }
            Self::KeyInUse => {
                "the key signs, or is to sign next: rotate the keys first; nothing is done".into()
            }
            Self::SessionOver { reason } => format!("the session is over: {reason}").into(),
            Self::SessionLimit(LimitReached { live, max }) => {
                format!("{live} sessions of the subject live, at most {max} may; nothing is done").into()
            }
            // The text names places, never what was sent.
            Self::AuditBroken { how } => how.clone().into_string().into(),
            Self::Alias { .. } => "nobody goes by this id any more: the subject got another one".into(),
            Self::Banned(_) => "the subject is banned there; nothing is done".into(),
        }
    }
}

impl OAuthFailure {
    /// The status code.
    pub(crate) const fn status(&self) -> StatusCode {
        match self {
            Self::Any(failure) => failure.status(),
            Self::InvalidClient { .. } => StatusCode::UNAUTHORIZED,
            Self::InvalidGrant { .. }
            | Self::UnauthorizedClient
            | Self::UnsupportedTokenType
            | Self::UnsupportedGrantType
            | Self::InvalidScope => StatusCode::BAD_REQUEST,
        }
    }
}

impl From<BadInput> for Failure {
    fn from(bad: BadInput) -> Self {
        Self::Input(bad)
    }
}

impl From<TokenRefusal> for Failure {
    fn from(refusal: TokenRefusal) -> Self {
        Self::Token(refusal)
    }
}

impl From<quash_authority::Error> for Failure {
    fn from(error: quash_authority::Error) -> Self {
        use quash_authority::Error;
        match error {
            Error::Request(error) => BadInput::invalid(api_name(&error.field), error.expected).into(),
            Error::TrustTooLarge(error) => Self::Conflict(Conflict::TrustTooLarge(error)),
            Error::Forbidden(verb) => Self::Forbidden { phrase: verb.phrase() },
            // The texts of both name files and codes, never what was sent.
            error => {
                tracing::error!(%error, "a request could not be carried out");
                Self::Unavailable { retryable: error.is_retryable() }
            }
        }
    }
}

/// The name of a use case's field in the API, where the two differ: units are in the names there.
fn api_name(field: &str) -> &str {
    match field {
        "lifetimes.idle" => "lifetimes.idle_seconds",
        "lifetimes.absolute" => "lifetimes.absolute_seconds",
        "life" => "life_seconds",
        "client" => "client_id",
        "issuer" => "target.issuer",
        same => same,
    }
}

impl From<Undecided> for Failure {
    fn from(undecided: Undecided) -> Self {
        Self::Undecided(undecided)
    }
}

impl<T: Into<Failure>> From<T> for OAuthFailure {
    fn from(failure: T) -> Self {
        Self::Any(failure.into())
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        problem::answer(&self)
    }
}

impl IntoResponse for OAuthFailure {
    fn into_response(self) -> Response {
        error_body::answer(&self)
    }
}
