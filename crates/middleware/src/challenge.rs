//! What a request is told that is not let in: the one file here that knows status codes.

use std::sync::Arc;

use http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, Response, StatusCode};
use quash_verify::Shortfall;

use crate::denial::Denial;
use crate::metadata::ResourceMetadata;

/// How long whoever got no decision waits before the next try, in seconds.
pub(crate) const RETRY_AFTER_SECONDS: u32 = 1;

/// What the challenges of a route say about it (RFC 6750 section 3; RFC 9728 section 5.1). Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge {
    realm: Arc<str>,
    resource_metadata: Option<Arc<str>>,
}

impl Default for Challenge {
    /// The realm `api`, and no metadata.
    fn default() -> Self {
        Self { realm: "api".into(), resource_metadata: None }
    }
}

impl Challenge {
    /// Sets the realm. What could leave its quotes is left out.
    #[must_use]
    pub fn realm(self, realm: &str) -> Self {
        Self { realm: quoted(realm).into(), ..self }
    }

    /// Says where the resource describes itself (RFC 9728 section 5.1), so that a client finds out where tokens for
    /// it come from.
    #[must_use]
    pub fn resource(self, metadata: &ResourceMetadata) -> Self {
        Self { resource_metadata: Some(quoted(metadata.url()).into()), ..self }
    }

    /// The value of `WWW-Authenticate` for `denial`; none for what is no question of who asks (RFC 6750 section 3).
    pub(crate) fn value(&self, denial: &Denial) -> Option<HeaderValue> {
        let mut text = format!("Bearer realm=\"{}\"", self.realm);
        let mut add = |name: &str, value: &str| {
            text.extend([", ", name, "=\"", value, "\""]);
        };
        match denial {
            Denial::Undecided(_) => return None,
            Denial::NoToken | Denial::OtherScheme => {}
            _ => add("error", error_code(denial)),
        }
        match denial {
            Denial::Malformed => add("error_description", "exactly one bearer token is expected"),
            Denial::Refused { reason, remedy } => {
                add("error_description", denial.detail());
                add("reason", &quoted(reason));
                add("remedy", remedy.name());
            }
            Denial::Forbidden(Shortfall::Scope(scope)) => add("scope", &quoted(scope)),
            _ => {}
        }
        if let Some(url) = &self.resource_metadata {
            add("resource_metadata", url);
        }
        Some(HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static("Bearer")))
    }
}

impl Denial {
    /// The answer. Its body is JSON for machines: `status`, `title`, `reason`, `detail`, and the `remedy` where there
    /// is one. Nothing that the request brought is in it.
    pub fn response<B: From<String>>(&self, challenge: &Challenge) -> Response<B> {
        let mut response = Response::new(B::from(self.body()));
        *response.status_mut() = self.status();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(value) = challenge.value(self) {
            headers.insert(WWW_AUTHENTICATE, value);
        }
        if matches!(self, Self::Undecided(_)) {
            headers.insert(RETRY_AFTER, HeaderValue::from(RETRY_AFTER_SECONDS));
        }
        response
    }

    /// The status of the answer (RFC 6750 section 3.1).
    pub const fn status(&self) -> StatusCode {
        match self {
            Self::Malformed => StatusCode::BAD_REQUEST,
            Self::NoToken | Self::OtherScheme | Self::Refused { .. } => StatusCode::UNAUTHORIZED,
            Self::Forbidden(_) | Self::ClaimsUnfit => StatusCode::FORBIDDEN,
            Self::Undecided(_) => StatusCode::SERVICE_UNAVAILABLE,
        }
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

/// The error code of RFC 6750 section 3.1.
const fn error_code(denial: &Denial) -> &'static str {
    match denial {
        Denial::Malformed => "invalid_request",
        Denial::Forbidden(_) | Denial::ClaimsUnfit => "insufficient_scope",
        _ => "invalid_token",
    }
}

/// `text` without what could end a quoted string, or a header.
fn quoted(text: &str) -> String {
    text.chars().filter(|character| !character.is_control() && !matches!(character, '"' | '\\')).collect()
}

#[cfg(test)]
mod tests {
    use quash_core::defect::Defect;
    use quash_core::revocation::freshness::Undecided;
    use quash_core::revocation::rejection::Rejection;
    use quash_core::time::Timestamp;

    use super::*;

    fn challenge(denial: &Denial) -> String {
        Challenge::default().value(denial).unwrap().to_str().unwrap().to_owned()
    }

    #[test]
    fn whoever_brought_no_token_gets_no_error_code() {
        // RFC 6750 section 3.1
        assert_eq!(challenge(&Denial::NoToken), r#"Bearer realm="api""#);
        assert_eq!(challenge(&Denial::OtherScheme), r#"Bearer realm="api""#);
    }

    #[test]
    fn a_malformed_request_is_400_and_says_so() {
        // RFC 6750 section 3.1, invalid_request
        let expected = concat!(
            r#"Bearer realm="api", error="invalid_request", "#,
            r#"error_description="exactly one bearer token is expected""#
        );
        assert_eq!(challenge(&Denial::Malformed), expected);
        assert_eq!(Denial::Malformed.status(), StatusCode::BAD_REQUEST);
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
    fn a_missing_scope_is_named_and_a_role_is_not_a_scope() {
        // RFC 6750 section 3, `scope`
        let denial = Denial::Forbidden(Shortfall::Scope("orders:read orders:write".to_owned()));
        let expected = r#"Bearer realm="api", error="insufficient_scope", scope="orders:read orders:write""#;
        assert_eq!(challenge(&denial), expected);
        let denial = Denial::Forbidden(Shortfall::Role("admin".to_owned()));
        assert_eq!(challenge(&denial), r#"Bearer realm="api", error="insufficient_scope""#);
        assert_eq!(denial.reason(), "insufficient_role");
    }

    #[test]
    fn a_challenge_says_where_the_resource_describes_itself() {
        // RFC 9728 section 5.1
        let metadata = ResourceMetadata::new("https://api.example/shop").unwrap();
        let challenge = Challenge::default().realm("shop").resource(&metadata);
        let expected = concat!(
            r#"Bearer realm="shop", "#,
            r#"resource_metadata="https://api.example/.well-known/oauth-protected-resource/shop""#
        );
        assert_eq!(challenge.value(&Denial::NoToken).unwrap(), expected);
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
        let denial = Denial::Undecided(Undecided::Incomplete);
        let response: Response<String> = denial.response(&Challenge::default());
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(response.headers().get(RETRY_AFTER).unwrap(), "1");
        assert!(response.headers().get(WWW_AUTHENTICATE).is_none());
        assert!(response.body().contains("not_ready"));
    }
}
