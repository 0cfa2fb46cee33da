//! What a verifier is told about one issuer.

use quash_core::ids::Issuer;
use quash_core::position::Position;
use quash_core::revocation::decide::TimeRules;
use quash_jose::{
    Algorithm, AudienceRule, IssuerRule, KeyError, KeySet, Required, Secret, ShortSecret, TokenProfile,
    TypeRule, VerificationKey,
};

use super::relaxation::Relaxation;

/// What becomes of a token that its revocation says is refused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// It is refused.
    #[default]
    Enforce,
    /// It is accepted and counted: what revocation would do is looked at before it does it. For foreign
    /// issuers only.
    ///
    /// Nothing is refused then that needs the revocation log: neither a revoked token, nor one from the future
    /// or with too long a life (rules that exist so that no token escapes the log), nor anything because the
    /// log is stale. What does not verify, is expired or is not yet valid is refused all the same: observing
    /// lets no forged token in.
    Observe,
}

/// One trusted issuer: its keys and its rules.
#[derive(Clone, Debug)]
pub struct IssuerConfig {
    name: Issuer,
    own: bool,
    /// The position that the allowlist was whole at; `None` where there is none.
    allowlist: Option<Position>,
    user_secrets: Vec<String>,
    audiences: Vec<String>,
    types: Vec<String>,
    required: Vec<Required>,
    relaxations: Vec<Relaxation>,
    keys: KeySet,
    rules: TimeRules,
    mode: Mode,
}

impl IssuerConfig {
    /// Our own authority under the name `name`: its tokens carry `pos`, and are for one of `audiences`.
    pub fn own(name: Issuer, audiences: Vec<String>, keys: KeySet) -> Self {
        Self { own: true, ..Self::foreign(name, audiences, keys) }
    }

    /// Somebody else, whose `iss` is exactly `name`, and whose tokens are for one of `audiences`.
    pub fn foreign(name: Issuer, audiences: Vec<String>, keys: KeySet) -> Self {
        Self {
            name,
            own: false,
            allowlist: None,
            user_secrets: Vec::new(),
            audiences,
            types: vec!["at+jwt".to_owned()],
            required: Vec::new(),
            relaxations: Vec::new(),
            keys,
            rules: TimeRules::default(),
            mode: Mode::default(),
        }
    }

    /// Sets the rules of time. The longest life must be the longest that the issuer's tokens *ever* had.
    #[must_use]
    pub fn with_rules(self, rules: TimeRules) -> Self {
        Self { rules, ..self }
    }

    /// Sets the accepted values of `typ`, for consumers that can not take `at+jwt`.
    #[must_use]
    pub fn with_types(self, types: Vec<String>) -> Self {
        Self { types, ..self }
    }

    /// Requires a claim more than the form of the issuer's tokens does.
    #[must_use]
    pub fn require(mut self, claim: Required) -> Self {
        self.required.push(claim);
        self
    }

    /// Lets pass what `relaxation` says.
    #[must_use]
    pub fn relax(mut self, relaxation: Relaxation) -> Self {
        self.relaxations.push(relaxation);
        self
    }

    /// Lets pass only tokens of sessions that are registered in the log (S12). Tokens that a client got for itself
    /// (RFC 6749 section 4.4) belong to no session, and pass.
    ///
    /// Verifiers that read a trust and do not know this rule decide nothing of the issuer's tokens.
    #[must_use]
    pub fn with_allowlist(self) -> Self {
        self.with_allowlist_from(Position::ZERO)
    }

    /// The same for a list that was whole at `position`: until a verifier has come so far, it can not know that a session
    /// is missing, and leaves its tokens undecided.
    #[must_use]
    pub fn with_allowlist_from(self, position: Position) -> Self {
        Self { allowlist: Some(position), ..self }
    }

    /// Takes tokens that are signed with the keys of their subjects, as long as those are derived from the secret of one
    /// of these ids (S20): [`UserSecrets::ids`](quash_jose::UserSecrets::ids). For our own authority alone. Where a
    /// verifier lacks such a secret, nothing is decided of the tokens under it: see
    /// [`Builder::user_secrets`](crate::Builder::user_secrets).
    ///
    /// Verifiers that read a trust and do not know this rule decide nothing of the issuer's tokens.
    #[must_use]
    pub fn with_user_secrets(self, ids: Vec<String>) -> Self {
        Self { user_secrets: ids, ..self }
    }

    /// Sets whether revocation is enforced.
    #[must_use]
    pub fn with_mode(self, mode: Mode) -> Self {
        Self { mode, ..self }
    }

    /// Sets the keys.
    #[must_use]
    pub fn with_keys(self, keys: KeySet) -> Self {
        Self { keys, ..self }
    }

    /// Makes a shared secret the issuer's only key. It verifies and never signs. State
    /// [`Relaxation::ShortSecret`] before, if it is short.
    ///
    /// # Errors
    /// [`KeyError`] when the secret is empty or too short, or `algorithm` is not an HMAC.
    pub fn with_secret(self, algorithm: Algorithm, secret: &Secret) -> Result<Self, KeyError> {
        let relaxed = self.is_relaxed(&Relaxation::ShortSecret);
        let short = if relaxed { ShortSecret::Allow } else { ShortSecret::Refuse };
        let key = VerificationKey::from_secret(algorithm, secret.expose(), None, short)?;
        // One key can not share its name with another.
        Ok(Self { keys: KeySet::new([key]).unwrap_or_default(), ..self })
    }

    /// The issuer's name.
    pub fn name(&self) -> &Issuer {
        &self.name
    }

    /// Whether it is our own authority.
    pub fn is_own(&self) -> bool {
        self.own
    }

    /// Whether only tokens of registered sessions pass.
    pub fn keeps_allowlist(&self) -> bool {
        self.allowlist.is_some()
    }

    /// The position that the allowlist was whole at, where there is one.
    pub fn allowlist_from(&self) -> Option<Position> {
        self.allowlist
    }

    /// The secrets in force that keys of subjects are derived from, by their ids; none where no such key is taken.
    pub fn user_secrets(&self) -> &[String] {
        &self.user_secrets
    }

    /// Whether revocation is enforced.
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// The rules of time.
    pub fn rules(&self) -> &TimeRules {
        &self.rules
    }

    /// The keys.
    pub fn keys(&self) -> &KeySet {
        &self.keys
    }

    /// Whom the tokens are for: one of these.
    pub fn audiences(&self) -> &[String] {
        &self.audiences
    }

    /// The accepted values of `typ`.
    pub fn types(&self) -> &[String] {
        &self.types
    }

    /// The claims that are required beyond the form of the issuer's tokens.
    pub fn required(&self) -> &[Required] {
        &self.required
    }

    /// Everything that was relaxed.
    pub fn relaxations(&self) -> &[Relaxation] {
        &self.relaxations
    }

    /// Whether `relaxation` was stated.
    pub fn is_relaxed(&self, relaxation: &Relaxation) -> bool {
        self.relaxations.contains(relaxation)
    }

    /// Whether anything was relaxed.
    pub fn has_relaxations(&self) -> bool {
        !self.relaxations.is_empty()
    }

    /// What an operator should know about this issuer, one line each, for the log at start.
    pub fn warnings(&self) -> Vec<String> {
        let relaxed = self.relaxations.iter().map(|relaxation| relaxation.warning().to_string());
        let observed = (self.mode == Mode::Observe)
            .then(|| "observe: revoked tokens of this issuer are accepted and counted".to_owned());
        let name = &self.name;
        relaxed.chain(observed).map(|warning| format!("issuer `{name}`: {warning}")).collect()
    }

    /// What the issuer's tokens must look like, all told.
    pub fn profile(&self) -> TokenProfile {
        let (name, audiences) = (self.name.clone(), self.audiences.clone());
        let start = if self.own {
            TokenProfile::own(name, audiences)
        } else {
            TokenProfile::foreign(name, audiences)
        };
        let start = start.with_types(self.type_rule()).with_audience(self.audience_rule());
        let start = if self.is_relaxed(&Relaxation::MissingIssuer) {
            start.with_issuer_rule(IssuerRule::MayBeMissing)
        } else {
            start
        };
        let start = start.with_required(self.required_claims());
        self.relaxations.iter().fold(start, |profile, relaxation| match relaxation {
            Relaxation::SubjectClaim(claim) => profile.with_subject_claim(claim),
            Relaxation::DeviceClaim(claim) => profile.with_device_claim(claim),
            Relaxation::ClientClaim(claim) => profile.with_client_claim(claim),
            _ => profile,
        })
    }

    fn type_rule(&self) -> TypeRule {
        let mut types = self.types.clone();
        if self.is_relaxed(&Relaxation::TypeJwt) {
            types.push("JWT".to_owned());
        }
        if self.is_relaxed(&Relaxation::AnyType) {
            TypeRule::Any
        } else if self.is_relaxed(&Relaxation::MissingType) {
            TypeRule::OneOfOrMissing(types)
        } else {
            TypeRule::OneOf(types)
        }
    }

    fn audience_rule(&self) -> AudienceRule {
        if self.is_relaxed(&Relaxation::AnyAudience) {
            AudienceRule::Any
        } else if self.is_relaxed(&Relaxation::MissingAudience) {
            AudienceRule::OneOfOrMissing(self.audiences.clone())
        } else {
            AudienceRule::OneOf(self.audiences.clone())
        }
    }

    fn required_claims(&self) -> Vec<Required> {
        if self.own {
            // Not the session: a token that a client got for itself (RFC 6749 section 4.4) has none.
            let own = [Required::Client, Required::Token, Required::Position];
            let usual = [Required::Subject, Required::IssuedAt];
            return own.into_iter().chain(usual).chain(self.required.iter().copied()).collect();
        }
        let unless = |relaxation, claim| (!self.is_relaxed(&relaxation)).then_some(claim);
        let usual = [
            unless(Relaxation::MissingSubject, Required::Subject),
            unless(Relaxation::MissingIssuedAt, Required::IssuedAt),
        ];
        usual.into_iter().flatten().chain(self.required.iter().copied()).collect()
    }
}
