//! Why a request is not let in.

use std::fmt;
use std::time::Duration;

use quash_core::revocation::freshness::Undecided;
use quash_core::revocation::rejection::{Rejection, Remedy};
use quash_verify::{Shortfall, WatchEnd};

use crate::ask::Unreachable;

/// Why a request is not let in.
///
/// [`Denial::response`] makes the answer of it; with the feature `axum` or `actix`, handlers can return it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Denial {
    /// It brought no token: 401 without an error code (RFC 6750 section 3.1).
    NoToken,
    /// Its `Authorization` header is of another scheme: 401 without an error code, too.
    OtherScheme,
    /// It brought several credentials, or the scheme without a token: 400, `invalid_request`.
    Malformed,
    /// Its token is refused: 401, `invalid_token`, with the reason and the remedy (S09).
    Refused {
        /// One word of `[a-z0-9_]`.
        reason: Box<str>,
        /// What its holder should do.
        remedy: Remedy,
    },
    /// Its token is good and does not reach so far: 403, `insufficient_scope`.
    Forbidden(Shortfall),
    /// Its token is good, but does not say what the handler has to know: 403, `insufficient_scope`.
    ClaimsUnfit,
    /// Nothing could be decided: 503, come back.
    Undecided(Undecided),
}

impl fmt::Display for Denial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.detail())
    }
}

impl std::error::Error for Denial {}

impl From<&Rejection> for Denial {
    fn from(rejection: &Rejection) -> Self {
        Self::Refused { reason: rejection.reason().into(), remedy: rejection.remedy() }
    }
}

impl From<Shortfall> for Denial {
    fn from(shortfall: Shortfall) -> Self {
        Self::Forbidden(shortfall)
    }
}

impl From<Undecided> for Denial {
    fn from(undecided: Undecided) -> Self {
        Self::Undecided(undecided)
    }
}

impl From<Unreachable> for Denial {
    fn from(_: Unreachable) -> Self {
        Self::Undecided(Undecided::Ask { age: Duration::MAX })
    }
}

impl From<WatchEnd> for Denial {
    /// Whoever was cut off without an entry, because the feed was away, may still have a session.
    fn from(end: WatchEnd) -> Self {
        let remedy = if end.position.is_some() { Remedy::SignInAgain } else { Remedy::RenewSilently };
        Self::Refused { reason: end.reason.as_str().into(), remedy }
    }
}

impl Denial {
    /// The reason in one word, for machines.
    pub fn reason(&self) -> &str {
        match self {
            Self::NoToken => "token_missing",
            Self::OtherScheme => "scheme_not_supported",
            Self::Malformed => "authorization_malformed",
            Self::Refused { reason, .. } => reason,
            Self::Forbidden(Shortfall::Scope(_)) => "insufficient_scope",
            Self::Forbidden(Shortfall::Role(_)) => "insufficient_role",
            Self::Forbidden(_) => "issuer_not_accepted",
            Self::ClaimsUnfit => "claims_unfit",
            Self::Undecided(Undecided::Incomplete) => "not_ready",
            Self::Undecided(Undecided::Ahead) => "ahead",
            Self::Undecided(_) => "stale",
        }
    }

    /// What the holder of the token should do, where anything would help.
    pub const fn remedy(&self) -> Option<Remedy> {
        match self {
            Self::NoToken | Self::OtherScheme | Self::Malformed => Some(Remedy::SignInAgain),
            Self::Refused { remedy, .. } => Some(*remedy),
            Self::Forbidden(_) | Self::ClaimsUnfit | Self::Undecided(_) => None,
        }
    }

    /// The same in a sentence. Nothing that the request brought is in it.
    pub const fn detail(&self) -> &'static str {
        match self {
            Self::NoToken => "a bearer token is expected in the `Authorization` header",
            Self::OtherScheme => {
                "a bearer token is expected in the `Authorization` header, and no other scheme"
            }
            Self::Malformed => "exactly one `Authorization` header with one bearer token is expected",
            Self::Refused { remedy: Remedy::RenewSilently, .. } => "the token is over, renew it",
            Self::Refused { remedy: Remedy::SignInAgain, .. } => "the token is refused, sign in again",
            Self::Refused { remedy: Remedy::Wait, .. } => "the token is not valid yet",
            Self::Forbidden(Shortfall::Scope(_)) => "the token lacks a scope that is needed here",
            Self::Forbidden(Shortfall::Role(_)) => "the token lacks a role that is needed here",
            Self::Forbidden(_) => "tokens of this issuer are not taken here",
            Self::ClaimsUnfit => "the token does not say what is needed here",
            Self::Undecided(_) => "it can not be decided now whether the token is revoked",
        }
    }
}

#[cfg(test)]
mod tests {
    use quash_core::defect::Defect;

    use super::*;

    #[test]
    fn who_sends_a_forged_token_is_not_told_how_it_failed() {
        // the threat model
        let denial = |defect| Denial::from(&Rejection::Invalid(defect));
        assert_eq!(denial(Defect::BadSignature), denial(Defect::UnknownKey));
        assert_eq!(denial(Defect::BadSignature).reason(), "invalid_token");
    }

    #[test]
    fn a_denial_says_one_thing_whoever_reads_it() {
        let denials = [
            Denial::NoToken,
            Denial::Malformed,
            Denial::ClaimsUnfit,
            Denial::Undecided(Undecided::Incomplete),
        ];
        for denial in denials {
            assert!(!denial.reason().is_empty() && !denial.to_string().ends_with('.'), "{denial:?}");
        }
    }
}
