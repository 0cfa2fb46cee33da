//! Why a string is not a token that anybody here trusts.

/// What is wrong with a token before its life and its revocation are even looked at.
///
/// Callers on the network hear one generic `invalid_token` for all of them; the exact one goes into a metric
/// (the threat model). Exhaustive on purpose: a new way to be wrong must be handled everywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Defect {
    /// Longer than the size limit; nothing of it was decoded.
    #[error("the token is longer than the limit")]
    TooLong,
    /// Not three parts of base64url divided by dots (RFC 7515 section 3.1).
    #[error("the token is not three parts divided by dots")]
    NotCompact,
    /// A part is not canonical base64url: padding, a foreign character, or stray trailing bits.
    #[error("a part of the token is not canonical base64url")]
    NotBase64url,
    /// Header or payload is not a JSON object in UTF-8, is nested too deep, or has too many members.
    #[error("a part of the token is not a plain JSON object")]
    NotJson,
    /// A member name occurs twice (RFC 7515 section 4, RFC 7519 section 4).
    #[error("a member of the token occurs twice")]
    DuplicateMember,
    /// `crit`, `b64` or another header that this project never honours and may not ignore.
    #[error("the token's header asks for an extension that is not understood")]
    UnsupportedHeader,
    /// `alg` is missing, unknown, or not the algorithm of the key.
    #[error("the token's algorithm is not the key's")]
    WrongAlgorithm,
    /// `typ` is not what this kind of token must say.
    #[error("the token is of another type")]
    WrongType,
    /// No key of the issuer has this `kid`.
    #[error("no key of the issuer fits the token")]
    UnknownKey,
    /// The signature does not fit.
    #[error("the signature does not fit")]
    BadSignature,
    /// `iss` is missing or names nobody who is trusted here.
    #[error("the issuer is not trusted")]
    UnknownIssuer,
    /// `aud` is missing or names somebody else.
    #[error("the token is for another audience")]
    WrongAudience,
    /// A registered claim has the wrong JSON type, a number out of range, or an over-long text.
    #[error("a claim of the token is malformed")]
    MalformedClaim,
    /// `exp`, `sub` or another claim that this issuer's tokens must carry is missing.
    #[error("a required claim is missing")]
    MissingClaim,
}

impl Defect {
    /// Whether the token is refused only because nobody here knows whose it is. Where what is known is old or
    /// incomplete, that is no reason to refuse it: its key may have come into use meanwhile (I9).
    pub const fn is_for_want_of_trust(self) -> bool {
        matches!(self, Self::UnknownIssuer | Self::UnknownKey)
    }

    /// A short name for metrics: lower case with underscores.
    pub const fn name(self) -> &'static str {
        match self {
            Self::TooLong => "too_long",
            Self::NotCompact => "not_compact",
            Self::NotBase64url => "not_base64url",
            Self::NotJson => "not_json",
            Self::DuplicateMember => "duplicate_member",
            Self::UnsupportedHeader => "unsupported_header",
            Self::WrongAlgorithm => "wrong_algorithm",
            Self::WrongType => "wrong_type",
            Self::UnknownKey => "unknown_key",
            Self::BadSignature => "bad_signature",
            Self::UnknownIssuer => "unknown_issuer",
            Self::WrongAudience => "wrong_audience",
            Self::MalformedClaim => "malformed_claim",
            Self::MissingClaim => "missing_claim",
        }
    }
}
