//! Why a client is refused: an outcome, not an error.

use quash_core::revocation::entry::Entry;
use quash_core::revocation::reason::Reason;
use quash_core::revocation::rejection::Remedy;
use quash_core::session::ban::Ban;
use quash_core::session::policy::ReplacedBy;
use quash_core::session::session::Over;
use quash_core::time::Timestamp;

/// The code that an OAuth client is answered with (RFC 6749 section 5.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RefusalKind {
    /// `invalid_grant`: the refresh token or its session is no good.
    InvalidGrant,
    /// `invalid_scope`: more was asked for than was granted.
    InvalidScope,
    /// `unauthorized_client`: this client may not use this grant type.
    UnauthorizedClient,
}

impl RefusalKind {
    /// The code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::InvalidGrant => "invalid_grant",
            Self::InvalidScope => "invalid_scope",
            Self::UnauthorizedClient => "unauthorized_client",
        }
    }
}

/// A refusal, with what its receiver may know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The standard's code.
    pub kind: RefusalKind,
    /// Why, in one word that a machine can read (S09): `idle`, `absolute_limit`, `refresh_reuse`, an entry's
    /// reason …; `invalid_token` for whatever did not prove itself.
    pub reason: Box<str>,
    /// What to do about it.
    pub remedy: Remedy,
    /// Which sign-in took the session's place, where one did (S23).
    pub replaced_by: Option<Box<ReplacedBy>>,
    /// When the ban is over that refuses it, where one does (S27).
    pub banned_until: Option<Timestamp>,
}

impl Refusal {
    /// The word for everything that did not prove itself: who sends forged tokens is not told how they failed.
    pub const INVALID_TOKEN: &str = "invalid_token";

    pub(crate) fn sign_in_again(reason: &str) -> Self {
        Self {
            kind: RefusalKind::InvalidGrant,
            reason: reason.into(),
            remedy: Remedy::SignInAgain,
            replaced_by: None,
            banned_until: None,
        }
    }

    /// As long as the ban stands, signing in again is refused too.
    pub(crate) fn banned(ban: &Ban) -> Self {
        Self { banned_until: Some(ban.until), ..Self::sign_in_again(Reason::BANNED) }
    }

    pub(crate) fn invalid_token() -> Self {
        Self::sign_in_again(Self::INVALID_TOKEN)
    }

    pub(crate) fn cut_off(by: &Entry) -> Self {
        Self::sign_in_again(by.fact.reason.as_str())
    }

    pub(crate) fn over(over: &Over) -> Self {
        let replaced_by = match over {
            Over::Ended(ending) => ending.replaced_by.clone(),
            _ => None,
        };
        Self { replaced_by, ..Self::sign_in_again(over.reason()) }
    }

    /// The request was wrong, not the session: the same token with another scope would do.
    pub(crate) fn invalid_scope() -> Self {
        Self {
            kind: RefusalKind::InvalidScope,
            reason: "invalid_scope".into(),
            remedy: Remedy::RenewSilently,
            replaced_by: None,
            banned_until: None,
        }
    }

    pub(crate) fn unauthorized_client() -> Self {
        Self {
            kind: RefusalKind::UnauthorizedClient,
            reason: "unauthorized_client".into(),
            remedy: Remedy::SignInAgain,
            replaced_by: None,
            banned_until: None,
        }
    }
}
