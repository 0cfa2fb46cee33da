//! What tokens of one issuer must look like.

use quash_core::defect::Defect;
use quash_core::ids::Issuer;

use super::header::normal_type;
use super::members::{Claim, Members, Value};

/// Whether `iss` must be there. When it is there it must equal the issuer's configured name, always.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IssuerRule {
    /// A token without `iss` is refused.
    Required,
    /// Relaxation: a token without `iss` is taken for one of this issuer, whose key it must fit.
    MayBeMissing,
}

/// Which `typ` a token may say (RFC 8725 section 3.11). Compared without case and without `application/`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TypeRule {
    /// One of these, and it must be there.
    OneOf(Vec<String>),
    /// Relaxation: one of these, or none at all.
    OneOfOrMissing(Vec<String>),
    /// Relaxation: anything, nothing included. Then nothing but the audience tells an access token of this
    /// issuer from another kind of token that the same key has signed.
    Any,
}

/// Whom a token must be meant for: `aud` (RFC 7519 section 4.1.3). Compared byte by byte.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AudienceRule {
    /// One of these must be among the token's audiences.
    OneOf(Vec<String>),
    /// Relaxation: the same, but a token without `aud` is taken too.
    OneOfOrMissing(Vec<String>),
    /// Relaxation: whatever the token says.
    Any,
}

/// A claim that a token must carry. `exp` is not listed: no token goes without it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Required {
    /// `sub`, or the claim that stands for it.
    Subject,
    /// `client_id`, or the claim that stands for it.
    Client,
    /// `sid`.
    Session,
    /// `jti`.
    Token,
    /// `device_id`, or the claim that stands for it.
    Device,
    /// `iat`.
    IssuedAt,
    /// `pos`; only own tokens have one.
    Position,
}

/// What tokens of one issuer must look like, and under which names they say it.
///
/// Profiles start strict; every relaxation is a call of its own, so that a configuration names it.
#[derive(Clone, Debug)]
pub struct TokenProfile {
    pub(super) issuer: Issuer,
    pub(super) issuer_rule: IssuerRule,
    pub(super) types: TypeRule,
    pub(super) audience: AudienceRule,
    pub(super) subject: ClaimName,
    pub(super) device: ClaimName,
    pub(super) client: ClaimName,
    pub(super) required: Vec<Required>,
    pub(super) own: bool,
}

impl TokenProfile {
    /// Access tokens that this project issues as `issuer` for any of `audiences` (RFC 9068): `typ` is
    /// exactly `at+jwt`, every claim of it is required, `pos` is read.
    pub fn own(issuer: Issuer, audiences: Vec<String>) -> Self {
        let required = vec![
            Required::Subject,
            Required::Client,
            Required::Session,
            Required::Token,
            Required::IssuedAt,
            Required::Position,
        ];
        Self { required, own: true, ..Self::foreign(issuer, audiences) }
    }

    /// Access tokens of somebody else, in the form of RFC 9068 as far as revocation needs it: `typ` is
    /// `at+jwt`; `iss`, `aud`, `sub` and `exp` are required. `pos` is never read: it would be a stranger's.
    pub fn foreign(issuer: Issuer, audiences: Vec<String>) -> Self {
        Self {
            issuer,
            issuer_rule: IssuerRule::Required,
            types: TypeRule::OneOf(vec!["at+jwt".to_owned()]),
            audience: AudienceRule::OneOf(audiences),
            subject: ClaimName::new("sub"),
            device: ClaimName::new("device_id"),
            client: ClaimName::new("client_id"),
            required: vec![Required::Subject],
            own: false,
        }
    }

    /// Sets whether `iss` may be missing.
    #[must_use]
    pub fn with_issuer_rule(self, issuer_rule: IssuerRule) -> Self {
        Self { issuer_rule, ..self }
    }

    /// Sets the accepted values of `typ`.
    #[must_use]
    pub fn with_types(self, types: TypeRule) -> Self {
        let normal = |types: Vec<String>| types.iter().map(|typ| normal_type(typ).into()).collect();
        let types = match types {
            TypeRule::OneOf(types) => TypeRule::OneOf(normal(types)),
            TypeRule::OneOfOrMissing(types) => TypeRule::OneOfOrMissing(normal(types)),
            TypeRule::Any => TypeRule::Any,
        };
        Self { types, ..self }
    }

    /// Sets the accepted audiences.
    #[must_use]
    pub fn with_audience(self, audience: AudienceRule) -> Self {
        Self { audience, ..self }
    }

    /// Takes the claim `name` for the subject. When it is not `sub`, it may also be an integer from 0 to
    /// 2^53, which then counts as its decimal text.
    #[must_use]
    pub fn with_subject_claim(self, name: &str) -> Self {
        Self { subject: ClaimName::new(name), ..self }
    }

    /// Takes the claim `name` for the device.
    #[must_use]
    pub fn with_device_claim(self, name: &str) -> Self {
        Self { device: ClaimName::new(name), ..self }
    }

    /// Takes the claim `name`, often `azp`, for the client.
    #[must_use]
    pub fn with_client_claim(self, name: &str) -> Self {
        Self { client: ClaimName::new(name), ..self }
    }

    /// Sets the claims that must be there beside `exp`.
    #[must_use]
    pub fn with_required(self, required: Vec<Required>) -> Self {
        Self { required, ..self }
    }

    /// The issuer's configured name.
    pub fn issuer(&self) -> &Issuer {
        &self.issuer
    }

    /// Whether these are tokens of this project, which carry `pos`.
    pub fn is_own(&self) -> bool {
        self.own
    }

    pub(super) fn check_type(&self, typ: Option<&str>) -> Result<(), Defect> {
        let fits = match (&self.types, typ) {
            (TypeRule::Any, _) | (TypeRule::OneOfOrMissing(_), None) => true,
            (TypeRule::OneOf(_), None) => false,
            (TypeRule::OneOf(types) | TypeRule::OneOfOrMissing(types), Some(typ)) => {
                types.iter().any(|accepted| accepted == typ)
            }
        };
        if fits { Ok(()) } else { Err(Defect::WrongType) }
    }

    pub(super) fn check_issuer(&self, issuer: Option<&str>) -> Result<(), Defect> {
        let fits = match issuer {
            Some(issuer) => issuer == self.issuer.as_str(),
            None => self.issuer_rule == IssuerRule::MayBeMissing,
        };
        if fits { Ok(()) } else { Err(Defect::UnknownIssuer) }
    }

    /// `audiences` is `None` when the token has no `aud`, which is not the same as an empty one.
    pub(super) fn check_audience<'t, I>(&self, audiences: Option<I>) -> Result<(), Defect>
    where
        I: IntoIterator<Item = &'t str>,
    {
        let fits = match (&self.audience, audiences) {
            (AudienceRule::Any, _) | (AudienceRule::OneOfOrMissing(_), None) => true,
            (AudienceRule::OneOf(_), None) => false,
            (AudienceRule::OneOf(ours) | AudienceRule::OneOfOrMissing(ours), Some(theirs)) => {
                theirs.into_iter().any(|theirs| ours.iter().any(|ours| ours == theirs))
            }
        };
        if fits { Ok(()) } else { Err(Defect::WrongAudience) }
    }
}

/// The name of a claim, looked up once.
#[derive(Clone, Debug)]
pub(super) enum ClaimName {
    Known(Claim),
    Other(Box<str>),
}

impl ClaimName {
    fn new(name: &str) -> Self {
        Claim::from_name(name.as_bytes()).map_or_else(|| Self::Other(name.into()), Self::Known)
    }

    pub(super) fn value(&self, members: &Members, payload: &str) -> Value {
        match self {
            Self::Known(claim) => members.known(*claim),
            Self::Other(name) => members.named(name, payload),
        }
    }

    pub(super) fn is(&self, claim: Claim) -> bool {
        matches!(self, Self::Known(known) if *known == claim)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile() -> TokenProfile {
        TokenProfile::foreign(Issuer::new("https://a.example").unwrap(), vec!["api".to_owned()])
    }

    #[test]
    fn a_type_is_compared_without_case_and_prefix_and_is_required_by_default() {
        // Attack row 22.
        let profile = profile();
        assert_eq!(profile.check_type(Some("at+jwt")), Ok(()));
        for typ in [None, Some("jwt"), Some("logout+jwt"), Some("")] {
            assert_eq!(profile.check_type(typ), Err(Defect::WrongType));
        }
        let relaxed = profile.with_types(TypeRule::OneOfOrMissing(vec!["application/JWT".to_owned()]));
        assert_eq!(relaxed.check_type(Some("jwt")), Ok(()));
        assert_eq!(relaxed.check_type(None), Ok(()));
        assert_eq!(relaxed.check_type(Some("at+jwt")), Err(Defect::WrongType));
        assert_eq!(relaxed.with_types(TypeRule::Any).check_type(Some("dpop+jwt")), Ok(()));
    }

    #[test]
    fn an_audience_is_matched_whole_and_is_required_by_default() {
        // Attack row 23.
        let profile = profile();
        assert_eq!(profile.check_audience(Some(["x", "api"])), Ok(()));
        for wrong in [&["ap"][..], &["api2"], &["API"], &["api "], &[]] {
            assert_eq!(profile.check_audience(Some(wrong.iter().copied())), Err(Defect::WrongAudience));
        }
        assert_eq!(profile.check_audience(None::<[&str; 0]>), Err(Defect::WrongAudience));
        let relaxed = profile.with_audience(AudienceRule::OneOfOrMissing(vec!["api".to_owned()]));
        assert_eq!(relaxed.check_audience(None::<[&str; 0]>), Ok(()));
        assert_eq!(relaxed.check_audience(Some(["x"])), Err(Defect::WrongAudience));
        assert_eq!(relaxed.with_audience(AudienceRule::Any).check_audience(Some(["x"])), Ok(()));
    }

    #[test]
    fn an_issuer_that_is_named_must_be_the_configured_one_under_every_rule() {
        let relaxed = profile().with_issuer_rule(IssuerRule::MayBeMissing);
        assert_eq!(relaxed.check_issuer(None), Ok(()));
        assert_eq!(relaxed.check_issuer(Some("https://a.example/")), Err(Defect::UnknownIssuer));
        assert_eq!(profile().check_issuer(None), Err(Defect::UnknownIssuer));
        assert_eq!(profile().check_issuer(Some("https://a.example")), Ok(()));
    }
}
