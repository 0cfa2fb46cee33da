//! What an operator may let pass in the tokens of one foreign issuer, by name.

use std::fmt;

/// One way in which the tokens of a foreign issuer may fall short of RFC 9068.
///
/// Tokens of other issuers are refused unless they name their issuer, are meant for one of our audiences, say
/// `typ: at+jwt`, and carry `sub`, `iat` and `exp`. Each relaxation lifts or changes one of these for one
/// issuer. All of them are for verification only: nothing is ever issued in such a form. None lifts `exp`,
/// the binding of algorithm and key, or the rules of the encoding.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Relaxation {
    /// Tokens without `iss` are taken for this issuer's. At most one issuer of a verifier can have it.
    MissingIssuer,
    /// Tokens without `aud` are taken; those with one must still name one of ours.
    MissingAudience,
    /// Tokens for any audience are taken.
    AnyAudience,
    /// Tokens without `typ` are taken.
    MissingType,
    /// Tokens whose `typ` is `JWT` are taken (RFC 7519 section 5.1), as nearly every library writes it.
    TypeJwt,
    /// Tokens of any `typ`, or none, are taken.
    AnyType,
    /// Tokens without a subject are taken. They are revoked one by one, by session, or all together.
    MissingSubject,
    /// Tokens without `iat` are taken. Every cutoff that applies hits them, whenever it was made (the threat model
    /// row 18), and `exp` may lie no further ahead than the longest life of the issuer's tokens.
    MissingIssuedAt,
    /// The subject is in this claim instead of `sub`; there it may also be an integer.
    SubjectClaim(String),
    /// The device is in this claim instead of `device_id`.
    DeviceClaim(String),
    /// The client is in this claim (often `azp`) instead of `client_id`.
    ClientClaim(String),
    /// The HMAC secret may be shorter than the hash, against RFC 7518 section 3.2.
    ShortSecret,
}

impl Relaxation {
    /// Its name in a configuration.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::MissingIssuer => "missing_issuer",
            Self::MissingAudience => "missing_audience",
            Self::AnyAudience => "any_audience",
            Self::MissingType => "missing_type",
            Self::TypeJwt => "typ_jwt",
            Self::AnyType => "any_type",
            Self::MissingSubject => "missing_subject",
            Self::MissingIssuedAt => "missing_issued_at",
            Self::SubjectClaim(_) => "subject_claim",
            Self::DeviceClaim(_) => "device_claim",
            Self::ClientClaim(_) => "client_claim",
            Self::ShortSecret => "short_secret",
        }
    }

    /// The relaxation called `name`; `None` for an unknown name and for those that name a claim.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::PLAIN.iter().find(|relaxation| relaxation.name() == name).cloned()
    }

    /// Every relaxation that names no claim.
    pub const PLAIN: [Self; 9] = [
        Self::MissingIssuer,
        Self::MissingAudience,
        Self::AnyAudience,
        Self::MissingType,
        Self::TypeJwt,
        Self::AnyType,
        Self::MissingSubject,
        Self::MissingIssuedAt,
        Self::ShortSecret,
    ];

    /// What it costs, in words for a log.
    pub fn warning(&self) -> Warning<'_> {
        Warning(self)
    }
}

/// Displays what a relaxation costs.
#[derive(Clone, Copy, Debug)]
pub struct Warning<'a>(&'a Relaxation);

impl fmt::Display for Warning<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.0.name())?;
        match self.0 {
            Relaxation::MissingIssuer => f.write_str(
                "tokens without `iss` are taken for this issuer's; whoever else signs with its key is believed",
            ),
            Relaxation::MissingAudience => {
                f.write_str("tokens without `aud` are taken; one that was meant for another service passes")
            }
            Relaxation::AnyAudience => {
                f.write_str("`aud` is not checked; a token that was meant for another service passes")
            }
            Relaxation::MissingType => {
                f.write_str("tokens without `typ` are taken; an id token of the same key may pass")
            }
            Relaxation::TypeJwt => {
                f.write_str("tokens of type `JWT` are taken; an id token of the same key may pass")
            }
            Relaxation::AnyType => {
                f.write_str("`typ` is not checked; any other kind of token of the same key may pass")
            }
            Relaxation::MissingSubject => {
                f.write_str("tokens without a subject are taken; no revocation of a subject can hit them")
            }
            Relaxation::MissingIssuedAt => {
                f.write_str("tokens without `iat` are taken; every cutoff that applies refuses them")
            }
            Relaxation::SubjectClaim(claim) => write!(f, "the subject is read from `{claim}`, not from `sub`"),
            Relaxation::DeviceClaim(claim) => write!(f, "the device is read from `{claim}`"),
            Relaxation::ClientClaim(claim) => write!(f, "the client is read from `{claim}`"),
            Relaxation::ShortSecret => {
                f.write_str("the secret may be short; it can then be guessed offline from a single token")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_plain_relaxation_is_found_by_its_name_and_has_a_warning() {
        for relaxation in Relaxation::PLAIN {
            assert_eq!(Relaxation::from_name(relaxation.name()), Some(relaxation.clone()));
            assert!(relaxation.warning().to_string().starts_with(&format!("{}: ", relaxation.name())));
        }
        assert_eq!(Relaxation::from_name("subject_claim"), None, "it must say which claim");
        assert_eq!(Relaxation::from_name("none"), None);
    }
}
