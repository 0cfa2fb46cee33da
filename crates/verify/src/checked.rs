//! The answer to a check.

use std::ops::Deref;
use std::sync::Arc;

use quash_core::revocation::rejection::Rejection;
use quash_core::verified::VerifiedClaims;

use crate::token::VerifiedToken;

/// The answer to "may this token be used now?".
#[derive(Debug)]
pub enum Checked<'p> {
    /// Yes.
    Accepted(TokenRef<'p>),
    /// No, and why.
    Rejected(Refusal<'p>),
}

impl<'p> Checked<'p> {
    /// The answer, independent of what it was asked through.
    pub fn into_owned(self) -> Checked<'static> {
        match self {
            Self::Accepted(token) => Checked::Accepted(token.into_owned()),
            Self::Rejected(refusal) => Checked::Rejected(refusal.into_owned()),
        }
    }

    /// The token, if it may be used.
    pub fn accepted(&self) -> Option<&TokenRef<'p>> {
        match self {
            Self::Accepted(token) => Some(token),
            Self::Rejected(_) => None,
        }
    }

    /// Why not, if it may not be used.
    pub fn rejection(&self) -> Option<&Rejection> {
        match self {
            Self::Accepted(_) => None,
            Self::Rejected(refusal) => Some(&refusal.rejection),
        }
    }
}

/// A verified token, borrowed from the cache or held.
#[derive(Clone, Debug)]
pub enum TokenRef<'p> {
    /// One that the cache keeps.
    Cached(&'p Arc<VerifiedToken>),
    /// One that is kept here.
    Held(Arc<VerifiedToken>),
}

impl TokenRef<'_> {
    /// The token, shared.
    pub fn to_arc(&self) -> Arc<VerifiedToken> {
        match self {
            Self::Cached(token) => Arc::clone(token),
            Self::Held(token) => Arc::clone(token),
        }
    }

    /// The same token, independent of the cache.
    pub fn into_owned(self) -> TokenRef<'static> {
        match self {
            Self::Cached(token) => TokenRef::Held(Arc::clone(token)),
            Self::Held(token) => TokenRef::Held(token),
        }
    }
}

impl Deref for TokenRef<'_> {
    type Target = VerifiedToken;

    fn deref(&self) -> &VerifiedToken {
        match self {
            Self::Cached(token) => token,
            Self::Held(token) => token,
        }
    }
}

/// A refused token.
#[derive(Debug)]
pub struct Refusal<'p> {
    rejection: Rejection,
    token: Option<TokenRef<'p>>,
}

impl<'p> Refusal<'p> {
    /// A refusal of something that was not even verified.
    pub(crate) fn unverified(rejection: Rejection) -> Self {
        Self { rejection, token: None }
    }

    /// A refusal of a token whose signature is good.
    pub(crate) fn of(rejection: Rejection, token: TokenRef<'p>) -> Self {
        Self { rejection, token: Some(token) }
    }

    /// Why.
    pub fn rejection(&self) -> &Rejection {
        &self.rejection
    }

    /// What the token says, when its signature is good: only then may its holder be told more than "invalid".
    pub fn claims(&self) -> Option<&VerifiedClaims> {
        self.token.as_deref().map(VerifiedToken::claims)
    }

    /// The refusal, independent of what it was asked through.
    pub fn into_owned(self) -> Refusal<'static> {
        Refusal { rejection: self.rejection, token: self.token.map(TokenRef::into_owned) }
    }
}
