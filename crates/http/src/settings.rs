//! What the operator decided about the surface.

use axum::http::HeaderName;

use crate::feed::FeedLimits;

/// What the operator decided about the surface. The defaults fit a server at the root of its issuer's URL.
#[derive(Clone, Debug, Default)]
pub struct HttpSettings {
    /// Where the endpoints are reached from outside, without a slash at the end: what the metadata names
    /// (RFC 8414). The issuer itself when `None`.
    pub public_url: Option<String>,
    /// The path that the router is nested under, without a slash at the end; empty at the root. Goes in front of
    /// every `Location`.
    pub base_path: String,
    /// The headers that `/auth/check` tells the service behind the gateway who asks with.
    pub identity_headers: IdentityHeaders,
    /// What the feed may take up.
    pub feed: FeedLimits,
    /// A random number that tells this process' request ids from those of every other one.
    pub instance: u64,
}

/// The names of the headers that `/auth/check` answers with. A gateway must remove all of them from what comes in
/// before it asks, or copy all of them from the answer: each is in every 200, empty where the token says nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdentityHeaders {
    /// The issuer that proved the token, percent-encoded where it is not plain: `alice` of one issuer is not `alice`
    /// of another.
    pub issuer: HeaderName,
    /// `sub`, percent-encoded where it is not plain.
    pub subject: HeaderName,
    /// `sid`, percent-encoded where it is not plain.
    pub session: HeaderName,
    /// `scope`: names divided by spaces.
    pub scope: HeaderName,
    /// `roles` (RFC 9068 section 2.2.3.1): names divided by commas, each percent-encoded where it is not plain.
    pub roles: HeaderName,
}

impl Default for IdentityHeaders {
    /// `X-Auth-Issuer`, `X-Auth-Subject`, `X-Auth-Session`, `X-Auth-Scope`, `X-Auth-Roles`.
    fn default() -> Self {
        Self {
            issuer: HeaderName::from_static("x-auth-issuer"),
            subject: HeaderName::from_static("x-auth-subject"),
            session: HeaderName::from_static("x-auth-session"),
            scope: HeaderName::from_static("x-auth-scope"),
            roles: HeaderName::from_static("x-auth-roles"),
        }
    }
}
