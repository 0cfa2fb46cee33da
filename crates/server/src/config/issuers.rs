//! `[[issuer]]`: whose tokens are judged here besides our own.

use std::time::Duration;

use quash_core::ids::Issuer;

use super::issuer_keys::KeySource;
use super::section::Section;
use super::words::words;

words! {
    /// What is asked of a foreign token less than the standards ask. Each is one issuer's own, for checking only.
    Relaxation, "one of `missing_issuer`, `missing_audience`, `any_type`, `short_secret`, `missing_iat`", {
        /// A token without `iss` is taken for this issuer's when its key proves it.
        MissingIssuer = "missing_issuer",
        /// `aud` may be missing; one that is there must still match.
        MissingAudience = "missing_audience",
        /// `typ` may say anything.
        AnyType = "any_type",
        /// The shared secret may be shorter than the digest (RFC 7518 section 3.2).
        ShortSecret = "short_secret",
        /// `iat` may be missing; every cutoff hits such a token.
        MissingIat = "missing_iat",
    }
}

impl Relaxation {
    /// What it costs, for the warning at start.
    pub const fn risk(self) -> &'static str {
        match self {
            Self::MissingIssuer => "tokens without `iss` are taken for this issuer's",
            Self::MissingAudience => "tokens that were made for other services are taken",
            Self::AnyType => "tokens of another kind, such as ID tokens, are taken for access tokens",
            Self::ShortSecret => "a short secret can be guessed from any token",
            Self::MissingIat => "tokens without `iat` are hit by every cutoff, and by no bound of age",
        }
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
    /// The claim that says whom a token speaks of.
    pub subject_claim: String,
    /// The claim that says which device it was issued to.
    pub device_claim: String,
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
        if audience.is_empty() && !allow.contains(&Relaxation::MissingAudience) {
            section.problem(
                "audience",
                "is empty: name the audiences that its tokens are made for, or allow `missing_audience`",
            );
        }
        let subject_claim =
            section.value("subject_claim", "the claim that says whom a token speaks of", "sub".to_owned());
        let device_claim = section.value(
            "device_claim",
            "the claim that says which device a token was issued to",
            "device_id".to_owned(),
        );
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
            allow,
            longest_life,
            future_skew,
            mode,
        })
    }

    /// What the operator should know at every start.
    pub fn warnings(&self) -> Vec<String> {
        let mut warnings: Vec<String> = self
            .allow
            .iter()
            .map(|allowed| format!("issuer `{}` allows `{}`: {}", self.name, allowed.word(), allowed.risk()))
            .collect();
        if self.mode == Mode::Observe {
            warnings
                .push(format!("issuer `{}` is only observed: its revoked tokens are let through", self.name));
        }
        warnings
    }
}
