//! What a request is told that is not let in: the one file here that knows status codes.

use http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, Response, StatusCode};
use quash_core::revocation::freshness::Undecided;
use quash_core::revocation::rejection::{Rejection, Remedy};
use quash_verify::Shortfall;

/// Why a request is not let in.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Denial {
    /// It brought no token: 401 without an error code (RFC 6750 section 3.1).
    NoToken,
    /// Its `Authorization` header is not one bearer token: 401.
    Malformed,
    /// Its token is refused: 401 with the reason and the remedy (S09).
    Refused {
        /// One word of `[a-z0-9_]`.
        reason: Box<str>,
        /// What its holder should do.
        remedy: Remedy,
    },
    /// Its token is good and does not reach so far: 403 (RFC 6750 section 3.1, `insufficient_scope`).
    Forbidden(Shortfall),
    /// Nothing could be decided: 503, come back.
    Undecided(Undecided),
}

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

impl Denial {
    /// The reason in one word, for machines.
    pub fn reason(&self) -> &str {
        match self {
            Self::NoToken => "token_missing",
            Self::Malformed => "authorization_malformed",
            Self::Refused { reason, .. } => reason,
            Self::Forbidden(Shortfall::Scope(_)) => "insufficient_scope",
            Self::Forbidden(_) => "issuer_not_accepted",
            Self::Undecided(Undecided::Incomplete) => "not_ready",
            Self::Undecided(_) => "stale",
        }
    }

    /// The answer. Its body is JSON for machines: `status`, `title`, `reason`, `detail`, and the `remedy` where there
    /// is one. Nothing that the request brought is in it.
    pub fn response<B: From<String>>(&self, realm: &str) -> Response<B> {
        let mut response = Response::new(B::from(self.body()));
        *response.status_mut() = self.status();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(challenge) = self.challenge(realm) {
            headers.insert(WWW_AUTHENTICATE, challenge);
        }
        if matches!(self, Self::Undecided(_)) {
            headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }

    const fn status(&self) -> StatusCode {
        match self {
            Self::NoToken | Self::Malformed | Self::Refused { .. } => StatusCode::UNAUTHORIZED,
            Self::Forbidden(_) => StatusCode::FORBIDDEN,
            Self::Undecided(_) => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    const fn remedy(&self) -> Option<Remedy> {
        match self {
            Self::NoToken | Self::Malformed => Some(Remedy::SignInAgain),
            Self::Refused { remedy, .. } => Some(*remedy),
            Self::Forbidden(_) | Self::Undecided(_) => None,
        }
    }

    const fn detail(&self) -> &'static str {
        match self {
            Self::NoToken => "a bearer token is expected in the `Authorization` header",
            Self::Malformed => "exactly one `Authorization` header with one bearer token is expected",
            Self::Refused { remedy: Remedy::RenewSilently, .. } => "the token is over, renew it",
            Self::Refused { remedy: Remedy::SignInAgain, .. } => "the token is refused, sign in again",
            Self::Refused { remedy: Remedy::Wait, .. } => "the token is not valid yet",
            Self::Forbidden(Shortfall::Scope(_)) => "the token lacks a scope that is needed here",
            Self::Forbidden(_) => "tokens of this issuer are not taken here",
            Self::Undecided(_) => "it can not be decided now whether the token is revoked",
        }
    }

    /// The value of `WWW-Authenticate` (RFC 6750 section 3; RFC 9110 section 11.6.1).
    fn challenge(&self, realm: &str) -> Option<HeaderValue> {
        let realm = quoted(realm);
        let text = match self {
            Self::NoToken | Self::Malformed => format!("Bearer realm=\"{realm}\""),
            Self::Refused { reason, remedy } => format!(
                "Bearer realm=\"{realm}\", error=\"invalid_token\", error_description=\"{}\", reason=\"{}\", remedy=\"{}\"",
                self.detail(),
                quoted(reason),
                remedy.name(),
            ),
            Self::Forbidden(Shortfall::Scope(scope)) => {
                format!("Bearer realm=\"{realm}\", error=\"insufficient_scope\", scope=\"{}\"", quoted(scope))
            }
            Self::Forbidden(_) => format!("Bearer realm=\"{realm}\", error=\"insufficient_scope\""),
            Self::Undecided(_) => return None,
        };
        Some(HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static("Bearer")))
    }

    fn body(&self) -> String {
        let status = self.status();
        let mut body = serde_json::json!({
            "title": status.canonical_reason(),
            "status": status.as_u16(),
            "reason": self.reason(),
            "detail": self.detail(),
        });
        if let (Some(object), Some(remedy)) = (body.as_object_mut(), self.remedy()) {
            object.insert("remedy".to_owned(), remedy.name().into());
        }
        body.to_string()
    }
}

/// `text` without what could end a quoted string, or a header.
fn quoted(text: &str) -> String {
    text.chars().filter(|character| !character.is_control() && !matches!(character, '"' | '\\')).collect()
}

#[cfg(test)]
mod tests {
    use quash_core::defect::Defect;
    use quash_core::time::Timestamp;

    use super::*;

    fn challenge(denial: &Denial) -> String {
        denial.challenge("api").unwrap().to_str().unwrap().to_owned()
    }

    #[test]
    fn whoever_brought_no_token_gets_no_error_code() {
        // RFC 6750 section 3.1
        assert_eq!(challenge(&Denial::NoToken), r#"Bearer realm="api""#);
    }

    #[test]
    fn a_challenge_tells_renewing_from_signing_in() {
        // S09
        let expired = challenge(&Denial::from(&Rejection::Expired { at: Timestamp::EPOCH }));
        assert!(
            expired.contains(r#"error="invalid_token""#)
                && expired.ends_with(r#"reason="expired", remedy="renew""#)
        );
        let forged = challenge(&Denial::from(&Rejection::Invalid(Defect::BadSignature)));
        assert!(forged.ends_with(r#"reason="invalid_token", remedy="sign_in""#), "{forged}");
    }

    #[test]
    fn a_missing_scope_is_named() {
        let denial = Denial::Forbidden(Shortfall::Scope("orders:read orders:write".to_owned()));
        let expected = r#"Bearer realm="api", error="insufficient_scope", scope="orders:read orders:write""#;
        assert_eq!(challenge(&denial), expected);
    }

    #[test]
    fn nothing_leaves_its_quotes() {
        let denial = Denial::Forbidden(Shortfall::Scope("a\", x=\"b\r\nX: y".to_owned()));
        assert_eq!(
            challenge(&denial),
            r#"Bearer realm="api", error="insufficient_scope", scope="a, x=bX: y""#
        );
    }

    #[test]
    fn what_is_not_decided_is_no_challenge_and_says_when_to_come_back() {
        let response: Response<String> = Denial::Undecided(Undecided::Incomplete).response("api");
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(response.headers().get(RETRY_AFTER).unwrap(), "1");
        assert!(response.headers().get(WWW_AUTHENTICATE).is_none());
        assert!(response.body().contains("not_ready"));
    }
}
