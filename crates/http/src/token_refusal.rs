//! What the holder of a refused token is told: the reason and the remedy (S09), as RFC 6750 lets one say it.

use std::borrow::Cow;

use axum::http::HeaderValue;
use quash_core::revocation::rejection::{Rejection, Remedy};

/// The challenge to somebody who brought no token (RFC 6750 section 3.1: no error code then).
pub(crate) const BARE_CHALLENGE: HeaderValue = HeaderValue::from_static("Bearer realm=\"quash\"");

/// Why a token does not let its holder in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TokenRefusal {
    /// No `Authorization` header.
    Missing,
    /// An `Authorization` header that is not one bearer token.
    Malformed,
    /// The token itself is refused.
    Rejected {
        /// One word of `[a-z0-9_]`.
        reason: Box<str>,
        /// What to do.
        remedy: Remedy,
    },
}

impl From<&Rejection> for TokenRefusal {
    fn from(rejection: &Rejection) -> Self {
        Self::Rejected { reason: rejection.reason().into(), remedy: rejection.remedy() }
    }
}

impl TokenRefusal {
    /// Whoever was asked finds the token inactive, and does not say why (RFC 7662 section 2.2).
    pub(crate) fn inactive() -> Self {
        Self::Rejected { reason: "inactive".into(), remedy: Remedy::SignInAgain }
    }

    /// The reason in one word.
    pub(crate) fn reason(&self) -> &str {
        match self {
            Self::Missing => "token_missing",
            Self::Malformed => "authorization_malformed",
            Self::Rejected { reason, .. } => reason,
        }
    }

    /// What to do, in one word.
    pub(crate) const fn remedy(&self) -> &'static str {
        match self {
            Self::Missing | Self::Malformed => remedy_word(Remedy::SignInAgain),
            Self::Rejected { remedy, .. } => remedy_word(*remedy),
        }
    }

    /// The same in a sentence.
    pub(crate) fn detail(&self) -> Cow<'static, str> {
        match self {
            Self::Missing => "a bearer token is expected in the `Authorization` header".into(),
            Self::Malformed => "exactly one `Authorization` header with one bearer token is expected".into(),
            Self::Rejected { reason, .. } => format!("the token is refused: {reason}").into(),
        }
    }

    /// The value of `WWW-Authenticate` (RFC 6750 section 3).
    pub(crate) fn challenge(&self) -> HeaderValue {
        let Self::Rejected { reason, remedy } = self else {
            return BARE_CHALLENGE;
        };
        let remedy = remedy_word(*remedy);
        // A reason is `[a-z0-9_]` by its type, so it can not leave its quotes.
        let text = format!(
            "Bearer realm=\"quash\", error=\"invalid_token\", reason=\"{reason}\", remedy=\"{remedy}\""
        );
        HeaderValue::try_from(text).unwrap_or(BARE_CHALLENGE)
    }
}

/// The remedy's name in answers: a closed list.
pub(crate) const fn remedy_word(remedy: Remedy) -> &'static str {
    match remedy {
        Remedy::RenewSilently => "renew",
        Remedy::SignInAgain => "sign_in",
        Remedy::Wait => "wait",
    }
}

#[cfg(test)]
mod tests {
    use quash_core::defect::Defect;
    use quash_core::time::Timestamp;

    use super::*;

    #[test]
    fn whoever_brought_no_token_gets_no_error_code() {
        // RFC 6750 section 3.1
        assert_eq!(TokenRefusal::Missing.challenge(), "Bearer realm=\"quash\"");
    }

    #[test]
    fn a_challenge_tells_renewing_from_signing_in() {
        // S09
        let expired = TokenRefusal::from(&Rejection::Expired { at: Timestamp::EPOCH }).challenge();
        let expected = r#"Bearer realm="quash", error="invalid_token", reason="expired", remedy="renew""#;
        assert_eq!(expired, expected);
        let forged = TokenRefusal::from(&Rejection::Invalid(Defect::BadSignature)).challenge();
        let expected =
            r#"Bearer realm="quash", error="invalid_token", reason="invalid_token", remedy="sign_in""#;
        assert_eq!(forged, expected);
    }
}
