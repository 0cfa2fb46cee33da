//! Why a use case could not be carried out. A denial is no error: it is an outcome.

use std::borrow::Cow;

use quash_storage::ports::StoreError;

use crate::entropy::NoEntropy;
use crate::feed::TrustTooLarge;
use crate::permissions::Verb;

/// A request that can not be understood or may not be asked: which field, and what was expected there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{field}`: expected {expected}")]
pub struct RequestError {
    /// The field, by its name in the API, with dots for what lies inside: `device.id`.
    pub field: Cow<'static, str>,
    /// What would have been right. Shows nothing of what was sent.
    pub expected: Cow<'static, str>,
}

impl RequestError {
    /// The field `field` should have been `expected`.
    pub fn new(field: impl Into<Cow<'static, str>>, expected: impl Into<Cow<'static, str>>) -> Self {
        Self { field: field.into(), expected: expected.into() }
    }
}

/// Why a use case could not be carried out. Nothing was acknowledged.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The caller's fault: the request must change before it is sent again.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// The caller may not do this. Nothing was read and nothing was done.
    #[error("the credential may not {}", .0.phrase())]
    Forbidden(Verb),
    /// Verifiers elsewhere could not be told of it. Nothing was done.
    #[error(transparent)]
    TrustTooLarge(#[from] TrustTooLarge),
    /// The store's fault. The change may or may not have happened: the same call is safe to repeat.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// This server's fault: a key or a random number could not be had.
    #[error("the server could not use its keys: {0}")]
    Keys(Cow<'static, str>),
}

impl Error {
    /// Whether the same call may succeed later without anybody's doing.
    pub const fn is_retryable(&self) -> bool {
        match self {
            Self::Store(error) => error.is_retryable(),
            Self::Request(_) | Self::Forbidden(_) | Self::TrustTooLarge(_) | Self::Keys(_) => false,
        }
    }
}

impl From<NoEntropy> for Error {
    fn from(_: NoEntropy) -> Self {
        Self::Keys("no random bytes could be had".into())
    }
}
