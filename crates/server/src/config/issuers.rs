//! `[[issuer]]`: whose tokens are judged here besides our own.

use std::time::Duration;

use quash_core::ids::Issuer;

use super::issuer_keys::KeySource;
use super::section::Section;
use super::words::words;

words! {
    /// What is asked of a foreign token less than the standards ask. Each is one issuer's own, for checking only;
    /// the verifier says what each costs.
    Relaxation,
    "one of `missing_issuer`, `missing_audience`, `any_audience`, `missing_type`, `typ_jwt`, `any_type`, `missing_subject`, `missing_issued_at`, `short_secret`",
    {
        /// A token without `iss` is taken for this issuer's when its key proves it.
        MissingIssuer = "missing_issuer",
        /// `aud` may be missing; one that is there must still match.
        MissingAudience = "missing_audience",
        /// `aud` may say anything.
        AnyAudience = "any_audience",
        /// `typ` may be missing.
        MissingType = "missing_type",
        /// `typ` may say `JWT`.
        TypJwt = "typ_jwt",
        /// `typ` may say anything.
        AnyType = "any_type",
        /// The subject may be missing.
        MissingSubject = "missing_subject",
        /// `iat` may be missing; every cutoff hits such a token.
        MissingIssuedAt = "missing_issued_at",
        /// The shared secret may be shorter than the digest (RFC 7518 section 3.2).
        ShortSecret = "short_secret",
    }
}

words! {
    /// Whether what is refused is refused, or only counted.
    Mode, "`enforce` or `observe`", {
        /// Refused.
        Enforce = "enforce",
        /// Counted, and let through.
        Observe = "observe",
    }
}

/// One foreign issuer.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct IssuerConfig {
    /// `iss` of its tokens, and the name that revocations of them say.
    pub name: Issuer,
    /// What its signatures are checked with.
    pub keys: KeySource,
    /// `aud` must name one of these.
    pub audience: Vec<String>,
    /// The claim that says whom a token speaks of, where it is not `sub`.
    pub subject_claim: Option<String>,
    /// The claim that says which device it was issued to, where it is not `device_id`.
    pub device_claim: Option<String>,
    /// The claim that says which client it was issued to, where it is not `client_id`.
    pub client_claim: Option<String>,
    /// What is asked less than the standards ask.
    pub allow: Vec<Relaxation>,
    /// Tokens that would live longer are refused.
    pub longest_life: Duration,
    /// How far ahead `iat` may lie.
    pub future_skew: Duration,
    /// Whether refusals count.
    pub mode: Mode,
}

const YEAR: Duration = Duration::from_secs(366 * 86_400);

impl IssuerConfig {
    /// Reads one table. `None`: a problem was reported.
    pub(super) fn read(section: &mut Section<'_>) -> Option<Self> {
        let name = section.required("name", "`iss` of its tokens, and the name that revocations of them say");
        let allow: Vec<Relaxation> =
            section.value("allow", "what is asked of its tokens less than the standards ask", Vec::new());
        let keys = KeySource::read(section, allow.contains(&Relaxation::ShortSecret));
        let audience: Vec<String> = section.value("audience", "`aud` must name one of these", Vec::new());
        let any = [Relaxation::MissingAudience, Relaxation::AnyAudience];
        if audience.is_empty() && !any.iter().any(|relaxation| allow.contains(relaxation)) {
            section.problem(
                "audience",
                "is empty: name the audiences that its tokens are made for, or allow `missing_audience`",
            );
        }
        let subject_claim =
            section.optional("subject_claim", "the claim that says whom a token speaks of; none: `sub`");
        let device_claim = section
            .optional("device_claim", "the claim that says which device it was issued to; none: `device_id`");
        let client_claim = section
            .optional("client_claim", "the claim that says which client it was issued to; none: `client_id`");
        let longest_life = section.bounded(
            "longest_life",
            "tokens that would live longer are refused; revocations are held for that long",
            Duration::from_secs(86_400),
            Duration::from_secs(1)..=YEAR,
        );
        let future_skew = section.bounded(
            "future_skew",
            "how far ahead `iat` may lie",
            Duration::from_secs(5),
            Duration::ZERO..=Duration::from_secs(60),
        );
        let mode =
            section.value("mode", "whether what is refused is refused, or only counted", Mode::Enforce);
        Some(Self {
            name: name?,
            keys: keys?,
            audience,
            subject_claim,
            device_claim,
            client_claim,
            allow,
            longest_life,
            future_skew,
            mode,
        })
    }
}
