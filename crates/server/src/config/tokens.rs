//! `[tokens]`: what this server issues, and for how long.

use std::time::Duration;

use quash_core::ids::Issuer;

use super::section::Section;
use super::size::ByteSize;
use super::words::words;

words! {
    /// What own tokens are signed with.
    SigningAlgorithm, "one of `ES256`, `ES384`, `EdDSA`, `RS256`, `PS256`", {
        /// ECDSA on P-256 with SHA-256.
        Es256 = "ES256",
        /// ECDSA on P-384 with SHA-384.
        Es384 = "ES384",
        /// Ed25519.
        EdDsa = "EdDSA",
        /// RSA PKCS #1 v1.5 with SHA-256.
        Rs256 = "RS256",
        /// RSA PSS with SHA-256.
        Ps256 = "PS256",
    }
}

words! {
    /// The `typ` of own access tokens.
    TokenType, "`at+jwt` (RFC 9068) or `JWT`", {
        /// RFC 9068.
        AccessToken = "at+jwt",
        /// For consumers that know no other.
        Plain = "JWT",
    }
}

words! {
    /// What is done about a refresh token that is used again long after its successor.
    ReusePolicy, "`end` or `refuse`", {
        /// The session is ended: a thief and a user can not be told apart.
        End = "end",
        /// This use is refused, the session lives.
        Refuse = "refuse",
    }
}

/// The lives of what one client gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Lifetimes {
    /// Of an access token.
    pub access_token: Duration,
    /// Of a session that is not renewed.
    pub session_idle: Duration,
    /// Of a session, however often it is renewed.
    pub session_absolute: Duration,
}

/// What this server issues.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct TokensConfig {
    /// `iss` of own tokens.
    pub issuer: Issuer,
    /// What they are signed with, unless the client says otherwise.
    pub algorithm: SigningAlgorithm,
    /// How long they live, unless the client says otherwise.
    pub lifetimes: Lifetimes,
    /// How long after a rotation the token before it is answered with the current one.
    pub refresh_grace: Duration,
    /// What is done about a refresh token that is used again after that.
    pub refresh_reuse: ReusePolicy,
    /// The most bytes of JSON that a session's claims may take.
    pub claims_limit: ByteSize,
    /// Added to `exp`, taken from `nbf`. Never applied to revocation.
    pub leeway: Duration,
    /// How far ahead `iat` may lie.
    pub future_skew: Duration,
    /// Whether only tokens of registered sessions pass.
    pub allowlist: bool,
    /// How long a key signs before the next one takes its place; `None`: until it is rotated by hand.
    pub key_rotation: Option<Duration>,
}

impl Default for Lifetimes {
    fn default() -> Self {
        Self { access_token: Duration::from_secs(600), session_idle: 14 * DAY, session_absolute: 90 * DAY }
    }
}

const DAY: Duration = Duration::from_secs(86_400);
const MINUTE: Duration = Duration::from_secs(60);
/// An access token lives a second to a day: verifiers hold every revocation for that long.
pub(super) const ACCESS_LIFE: std::ops::RangeInclusive<Duration> = Duration::from_secs(1)..=DAY;
/// Retired keys stay published until their last token is over: a shorter rotation would publish many.
const SHORTEST_ROTATION: Duration = Duration::from_secs(3600);
/// A session lives a second to ten years.
pub(super) const SESSION_LIFE: std::ops::RangeInclusive<Duration> =
    Duration::from_secs(1)..=Duration::from_secs(3_650 * 86_400);

impl TokensConfig {
    /// Reads the section; `public_url` is the issuer by default. `None`: a problem was reported.
    pub(super) fn read(section: &mut Section<'_>, public_url: &str) -> Option<Self> {
        let what = "`iss` of own tokens; by default `server.public_url`";
        let issuer = match Issuer::new(public_url) {
            Ok(default) => Some(section.value("issuer", what, default)),
            Err(_) => section.optional("issuer", what),
        };
        let algorithm =
            section.value("algorithm", "what own tokens are signed with", SigningAlgorithm::Es256);
        let lifetimes = read_lifetimes(section);
        let refresh_grace = section.bounded(
            "refresh_grace",
            "how long after a rotation the token before it is answered with the current one",
            Duration::from_secs(30),
            Duration::ZERO..=MINUTE,
        );
        let refresh_reuse = section.value(
            "refresh_reuse",
            "what is done about a refresh token that is used again after that",
            ReusePolicy::End,
        );
        let claims_limit = section.bounded(
            "claims_limit",
            "the most bytes of JSON that a session's claims may take",
            ByteSize(4 << 10),
            ByteSize(0)..=ByteSize(16 << 10),
        );
        let leeway = section.bounded(
            "leeway",
            "added to `exp` and taken from `nbf`; never applied to revocation",
            Duration::ZERO,
            Duration::ZERO..=MINUTE,
        );
        let future_skew = section.bounded(
            "future_skew",
            "how far ahead `iat` may lie",
            Duration::from_secs(5),
            Duration::ZERO..=MINUTE,
        );
        let allowlist = section.value(
            "allowlist",
            "whether own tokens pass only while their session is registered with every verifier",
            false,
        );
        let key_rotation = section.bounded(
            "key_rotation",
            "how long a key signs before the next one takes its place; zero: until it is rotated by hand",
            90 * DAY,
            Duration::ZERO..=3_650 * DAY,
        );
        if !key_rotation.is_zero() && key_rotation < SHORTEST_ROTATION {
            section.problem("key_rotation", "is shorter than an hour, expected zero or 1h to 3650d");
        }
        Some(Self {
            issuer: issuer?,
            algorithm,
            lifetimes,
            refresh_grace,
            refresh_reuse,
            claims_limit,
            leeway,
            future_skew,
            allowlist,
            key_rotation: (!key_rotation.is_zero()).then_some(key_rotation),
        })
    }
}

fn read_lifetimes(section: &mut Section<'_>) -> Lifetimes {
    let default = Lifetimes::default();
    let access_token = section.bounded(
        "access_token_lifetime",
        "how long an access token lives",
        default.access_token,
        ACCESS_LIFE,
    );
    let session_idle = section.bounded(
        "session_idle",
        "how long a session lives that is not renewed",
        default.session_idle,
        SESSION_LIFE,
    );
    let session_absolute = section.bounded(
        "session_absolute",
        "how long a session lives, however often it is renewed",
        default.session_absolute,
        SESSION_LIFE,
    );
    let lifetimes = Lifetimes { access_token, session_idle, session_absolute };
    check_lifetimes(section, &lifetimes);
    lifetimes
}

/// A session that may be idle longer than it may live is a mistake.
pub(super) fn check_lifetimes(section: &mut Section<'_>, lifetimes: &Lifetimes) {
    if lifetimes.session_idle > lifetimes.session_absolute {
        section.problem("session_idle", "is longer than `session_absolute`, expected at most as long");
    }
}
