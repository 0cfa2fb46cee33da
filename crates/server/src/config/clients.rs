//! `[[client]]`: who gets tokens.

use std::path::PathBuf;
use std::time::Duration;

use quash_core::ids::ClientId;

use super::secret_file;
use super::section::Section;
use super::sessions::{self, SessionsConfig};
use super::tokens::{ACCESS_LIFE, Lifetimes, SESSION_LIFE, TokenType, check_lifetimes};
use super::words::words;
use crate::secret::Secret;

words! {
    /// Whether a client can keep a secret (RFC 6749 section 2.1).
    ClientType, "`public` or `confidential`", {
        /// It can not: a browser, an app.
        Public = "public",
        /// It can: a server.
        Confidential = "confidential",
    }
}

words! {
    /// What a client may ask the token endpoint with (RFC 6749 section 1.3).
    GrantType, "`refresh_token` or `client_credentials`", {
        /// A refresh token.
        RefreshToken = "refresh_token",
        /// Its own secret.
        ClientCredentials = "client_credentials",
    }
}

/// One client.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ClientConfig {
    /// `client_id`.
    pub id: ClientId,
    /// Whether it has a secret.
    pub kind: ClientType,
    /// Its secret; only its digest needs to be kept.
    pub secret: Option<Secret>,
    /// `aud` of its tokens; empty: the issuer.
    pub audience: Vec<String>,
    /// The scopes it may have; none: any.
    pub scopes: Option<Vec<String>>,
    /// The scopes it gets when it asks for none with its own secret; names divided by single spaces.
    pub default_scope: Option<String>,
    /// The claims that its sessions may carry; none: any.
    pub claims: Option<Vec<String>>,
    /// What it may ask the token endpoint with.
    pub grant_types: Vec<GrantType>,
    /// How long its tokens live, where it differs from `[tokens]`.
    pub lifetimes: Lifetimes,
    /// The longest that one sign-in may ask for to be idle ("remember me").
    pub longest_idle: Option<Duration>,
    /// The longest that one sign-in may ask for in all.
    pub longest_absolute: Option<Duration>,
    /// How many sessions a subject may have at it, where it differs from `[sessions]`.
    pub sessions: Option<SessionsConfig>,
    /// Whether `/auth/check` answers an access token that is about to end with a new one.
    pub sliding_access_token: bool,
    /// `typ` of its tokens.
    pub token_type: TokenType,
}

impl ClientConfig {
    /// The client `web` of `serve --dev`.
    pub(super) fn web(lifetimes: Lifetimes) -> Option<Self> {
        Some(Self {
            id: ClientId::new("web").ok()?,
            kind: ClientType::Public,
            secret: None,
            audience: Vec::new(),
            scopes: None,
            default_scope: None,
            claims: None,
            grant_types: vec![GrantType::RefreshToken],
            lifetimes,
            longest_idle: None,
            longest_absolute: None,
            sessions: None,
            sliding_access_token: false,
            token_type: TokenType::AccessToken,
        })
    }

    /// Reads one table; `general` holds where it says nothing. `None`: a problem was reported.
    pub(super) fn read(section: &mut Section<'_>, general: Lifetimes) -> Option<Self> {
        let id = section.required("id", "`client_id`");
        let kind = section.value("type", "whether it can keep a secret", ClientType::Public);
        let secret = read_secret(section, kind);
        let audience = section.value("audience", "`aud` of its tokens; empty: the issuer", Vec::new());
        let scopes = section.optional("scopes", "the scopes it may have; none: any");
        let default_scope = section.optional(
            "default_scope",
            "the scopes it gets when it asks for none with its own secret, divided by single spaces",
        );
        let claims = section.optional("claims", "the claims that its sessions may carry; none: any");
        let grant_types = section.value(
            "grant_types",
            "what it may ask the token endpoint with",
            vec![GrantType::RefreshToken],
        );
        if kind == ClientType::Public && grant_types.contains(&GrantType::ClientCredentials) {
            section.problem(
                "grant_types",
                "found `client_credentials`, which only a confidential client may use",
            );
        }
        let lifetimes = read_lifetimes(section, general);
        let sliding_access_token = section.value(
            "sliding_access_token",
            "whether `/auth/check` of a server answers an access token that is about to end with a new one",
            false,
        );
        let token_type = section.value("token_type", "`typ` of its tokens", TokenType::AccessToken);
        let longest_idle = section.optional_bounded(
            "longest_idle",
            "the longest that one sign-in may ask for to be idle; none: `session_idle`",
            SESSION_LIFE,
        );
        let longest_absolute = section.optional_bounded(
            "longest_absolute",
            "the longest that one sign-in may ask for in all; none: `session_absolute`",
            SESSION_LIFE,
        );
        let sessions = section.section(
            "sessions",
            "how many sessions a subject may have at once at this client",
            |section| SessionsConfig::read(section, sessions::OWN),
        );
        Some(Self {
            id: id?,
            kind,
            secret,
            audience,
            scopes,
            default_scope,
            claims,
            grant_types,
            lifetimes,
            longest_idle,
            longest_absolute,
            sessions,
            sliding_access_token,
            token_type,
        })
    }
}

fn read_secret(section: &mut Section<'_>, kind: ClientType) -> Option<Secret> {
    let file: Option<PathBuf> =
        section.optional("secret_file", "a file with its secret: 32 to 256 printable ASCII characters");
    match (kind, file) {
        (ClientType::Public, None) => None,
        (ClientType::Public, Some(_)) => {
            section.problem("secret_file", "is given, but a public client has no secret");
            None
        }
        (ClientType::Confidential, None) => {
            section.problem("secret_file", "is missing: a confidential client has a secret");
            None
        }
        (ClientType::Confidential, Some(file)) => match secret_file::read(&file) {
            Err(problem) => {
                section.problem("secret_file", problem.to_string());
                None
            }
            Ok(secret) if secret.as_key().is_none() => {
                section.problem(
                    "secret_file",
                    format!("found {} bytes, expected 32 to 256 printable ASCII characters", secret.len()),
                );
                None
            }
            Ok(secret) => Some(secret),
        },
    }
}

fn read_lifetimes(section: &mut Section<'_>, general: Lifetimes) -> Lifetimes {
    let mut own = |name, what, bounds: std::ops::RangeInclusive<Duration>, general| {
        section.optional_bounded(name, what, bounds).unwrap_or(general)
    };
    let lifetimes = Lifetimes {
        access_token: own(
            "access_token_lifetime",
            "how long its access tokens live; none: as in `[tokens]`",
            ACCESS_LIFE,
            general.access_token,
        ),
        session_idle: own(
            "session_idle",
            "how long its sessions live that are not renewed; none: as in `[tokens]`",
            SESSION_LIFE,
            general.session_idle,
        ),
        session_absolute: own(
            "session_absolute",
            "how long its sessions live at most; none: as in `[tokens]`",
            SESSION_LIFE,
            general.session_absolute,
        ),
    };
    check_lifetimes(section, &lifetimes);
    lifetimes
}
