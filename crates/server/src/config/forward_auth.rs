//! `[forward_auth]`: what `/auth/check` tells the gateway.

use http::HeaderName;

use super::section::Section;

/// The headers of a positive answer.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ForwardAuthConfig {
    /// The issuer that proved the token.
    pub issuer_header: HeaderName,
    /// `sub`.
    pub subject_header: HeaderName,
    /// `sid`.
    pub session_header: HeaderName,
    /// `scope`.
    pub scope_header: HeaderName,
    /// `roles`.
    pub roles_header: HeaderName,
}

impl ForwardAuthConfig {
    /// Reads the section.
    pub(super) fn read(section: &mut Section<'_>) -> Self {
        let mut header = |name, what, default| section.value(name, what, HeaderName::from_static(default));
        Self {
            issuer_header: header(
                "issuer_header",
                "the header that says which issuer proved the token",
                "x-auth-issuer",
            ),
            subject_header: header("subject_header", "the header that says `sub`", "x-auth-subject"),
            session_header: header("session_header", "the header that says `sid`", "x-auth-session"),
            scope_header: header("scope_header", "the header that says `scope`", "x-auth-scope"),
            roles_header: header("roles_header", "the header that says `roles`", "x-auth-roles"),
        }
    }
}
