//! What is configured for one OAuth client.

use std::collections::BTreeSet;

use quash_core::ids::ClientId;
use quash_core::session::policy::SessionPolicy;

use super::{Lifetimes, SessionLimits};

/// Whether a client can keep a secret (RFC 6749 section 2.1).
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ClientKind {
    /// It can not: it names itself and proves nothing.
    Public,
    /// It can.
    Confidential {
        /// SHA-256 of its secret.
        secret_digest: [u8; 32],
    },
}

impl std::fmt::Debug for ClientKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Public => "Public",
            Self::Confidential { .. } => "Confidential(..)",
        })
    }
}

/// What a client may use at the token endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum GrantType {
    /// RFC 6749 section 6.
    RefreshToken,
    /// RFC 6749 section 4.4. Confidential clients only.
    ClientCredentials,
}

/// Which names are allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Allowed {
    /// All of them.
    Any,
    /// These.
    Only(BTreeSet<Box<str>>),
}

impl Allowed {
    /// None at all.
    pub const NONE: Self = Self::Only(BTreeSet::new());

    /// These names and no others.
    pub fn only<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        Self::Only(names.into_iter().map(Into::into).collect())
    }

    /// Whether `name` is among them.
    pub fn contains(&self, name: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Only(names) => names.contains(name),
        }
    }
}

/// `typ` of the access tokens of a client.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum TokenType {
    /// `at+jwt` (RFC 9068 section 2.1).
    #[default]
    AtJwt,
    /// `JWT`, for consumers that know nothing else.
    Jwt,
}

impl TokenType {
    /// The word in the header.
    pub const fn name(self) -> &'static str {
        match self {
            Self::AtJwt => "at+jwt",
            Self::Jwt => "JWT",
        }
    }
}

/// What is configured for one OAuth client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientProfile {
    /// `client_id`.
    pub id: ClientId,
    /// Whether it has a secret.
    pub kind: ClientKind,
    /// `aud` of its access tokens: at least one.
    pub audiences: Vec<Box<str>>,
    /// The scopes that may be asked for.
    pub scopes: Allowed,
    /// The scopes of a client that asks for none by `client_credentials`; names divided by single spaces.
    pub default_scope: Box<str>,
    /// What it may use at the token endpoint.
    pub grant_types: BTreeSet<GrantType>,
    /// How long its tokens and sessions live; the settings' when `None`.
    pub lifetimes: Option<Lifetimes>,
    /// The longest that one sign-in may ask for ("remember me"); its lifetimes when `None`.
    pub longest: Option<SessionLimits>,
    /// How many sessions a subject may have at this client; the settings' when `None`.
    pub sessions: Option<SessionPolicy>,
    /// Whether an access token that is about to end is answered with a new one where this authority is asked about it
    /// (S04).
    pub sliding: bool,
    /// `typ` of its access tokens.
    pub token_type: TokenType,
    /// The claims that a session may carry into its access tokens.
    pub claims: Allowed,
}

impl ClientProfile {
    /// A public client that may refresh, carry any scope and any claim, with tokens for `audience`.
    pub fn public(id: ClientId, audience: impl Into<Box<str>>) -> Self {
        Self {
            id,
            kind: ClientKind::Public,
            audiences: vec![audience.into()],
            scopes: Allowed::Any,
            default_scope: "".into(),
            grant_types: BTreeSet::from([GrantType::RefreshToken]),
            lifetimes: None,
            longest: None,
            sessions: None,
            sliding: false,
            token_type: TokenType::default(),
            claims: Allowed::Any,
        }
    }

    /// The same for a client with a secret, which may also use `client_credentials`.
    pub fn confidential(id: ClientId, audience: impl Into<Box<str>>, secret_digest: [u8; 32]) -> Self {
        Self {
            kind: ClientKind::Confidential { secret_digest },
            grant_types: BTreeSet::from([GrantType::RefreshToken, GrantType::ClientCredentials]),
            ..Self::public(id, audience)
        }
    }
}
