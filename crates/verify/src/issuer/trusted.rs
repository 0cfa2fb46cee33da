//! A trusted issuer at work.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use quash_core::defect::Defect;
use quash_core::ids::Issuer;
use quash_core::position::Position;
use quash_core::revocation::decide::TimeRules;
use quash_core::revocation::scope::{IssuerScope, TokenNames};
use quash_core::revocation::state::RevocationState;
use quash_core::revocation::target_key::LogKey;
use quash_core::verified::VerifiedClaims;
use quash_jose::{KeySet, TokenProfile, UnverifiedToken, UserSecrets};

use super::config::{IssuerConfig, Mode};
use super::relaxation::Relaxation;

/// Why there is no verified token.
#[derive(Clone, Copy)]
pub(crate) enum Unverified {
    Defect(Defect),
    /// The issuer is trusted, but its keys were never loaded, or a secret that its keys are derived from is not here.
    NoKeys,
}

impl From<Defect> for Unverified {
    fn from(defect: Defect) -> Self {
        Self::Defect(defect)
    }
}

/// One issuer of a verifier with one key set. Never changes; another key set makes another one of it.
#[derive(Debug)]
pub(crate) struct TrustedIssuer {
    /// Whether another one took its place. Stands first: every repeated check reads it.
    retired: AtomicBool,
    mode: Mode,
    nameless: bool,
    /// The position that the allowlist was whole at; `None` where there is none.
    listed: Option<Position>,
    /// The secrets in force of the keys of subjects, by their ids.
    user_secrets: Box<[String]>,
    rules: TimeRules,
    profile: TokenProfile,
    keys: KeySet,
    scope: Arc<IssuerScope>,
    /// What it was made from. The keys in force are `keys`.
    config: Arc<IssuerConfig>,
}

impl TrustedIssuer {
    pub(crate) fn new(config: &IssuerConfig, state: &RevocationState) -> Self {
        Self {
            retired: AtomicBool::new(false),
            mode: config.mode(),
            nameless: config.is_relaxed(&Relaxation::MissingIssuer),
            listed: config.allowlist_from(),
            user_secrets: config.user_secrets().into(),
            rules: *config.rules(),
            profile: config.profile(),
            keys: config.keys().clone(),
            scope: state.scope_of(config.name()),
            config: Arc::new(config.clone()),
        }
    }

    /// The same issuer with other keys.
    pub(crate) fn with_keys(&self, keys: KeySet) -> Self {
        Self { keys, ..self.anew() }
    }

    /// The same issuer in another revocation state.
    pub(crate) fn in_state(&self, state: &RevocationState) -> Self {
        Self { scope: state.scope_of(self.name()), ..self.anew() }
    }

    /// The same issuer, not retired.
    fn anew(&self) -> Self {
        Self {
            retired: AtomicBool::new(false),
            mode: self.mode,
            nameless: self.nameless,
            listed: self.listed,
            user_secrets: self.user_secrets.clone(),
            rules: self.rules,
            profile: self.profile.clone(),
            keys: self.keys.clone(),
            scope: Arc::clone(&self.scope),
            config: Arc::clone(&self.config),
        }
    }

    /// Whether signatures that were checked here still count.
    pub(crate) fn is_current(&self) -> bool {
        !self.retired.load(Ordering::Acquire)
    }

    /// Voids every signature that was checked here: the tokens are verified anew.
    pub(crate) fn retire(&self) {
        self.retired.store(true, Ordering::Release);
    }

    pub(crate) fn is_own(&self) -> bool {
        self.profile.is_own()
    }

    /// Whether it takes tokens that name no issuer.
    pub(crate) fn is_nameless(&self) -> bool {
        self.nameless
    }

    pub(crate) fn name(&self) -> &Issuer {
        self.profile.issuer()
    }

    pub(crate) fn rules(&self) -> &TimeRules {
        &self.rules
    }

    pub(crate) fn mode(&self) -> Mode {
        self.mode
    }

    pub(crate) fn keys(&self) -> &KeySet {
        &self.keys
    }

    /// What it was told, with the keys in force.
    pub(crate) fn config(&self) -> IssuerConfig {
        IssuerConfig::clone(&self.config).with_keys(self.keys.clone())
    }

    /// What `token`, one of this issuer's, names in the revocation state.
    pub(crate) fn names_of(&self, token: &VerifiedClaims) -> TokenNames {
        let scope = Arc::clone(&self.scope);
        let listed = self.listed.is_some();
        let names = if listed { TokenNames::listed(scope, token) } else { TokenNames::new(scope, token) };
        names.signed_with(token.generation())
    }

    /// Whether the allowlist may have had a session at `watermark` that is not known there.
    pub(crate) fn lists_later_than(&self, watermark: Position) -> bool {
        self.listed.is_some_and(|whole_at| watermark < whole_at)
    }

    /// Checks the form and the signature of `token`. `log` is the one that the generations of keys are positions of, where
    /// there is one yet.
    pub(crate) fn verify(
        &self,
        token: UnverifiedToken<'_>,
        secrets: &UserSecrets,
        log: Option<&LogKey>,
    ) -> Result<VerifiedClaims, Unverified> {
        // INVARIANT: what names the key of a subject is never held against a key of the issuer, nor the other way round.
        let Some(named) = token.user_key().filter(|_| !self.user_secrets.is_empty()) else {
            return if self.keys.is_empty() {
                Err(Unverified::NoKeys)
            } else {
                Ok(token.verify(&self.keys, &self.profile)?)
            };
        };
        if !self.user_secrets.iter().any(|id| id == named.secret) {
            return Err(Defect::UnknownKey.into());
        }
        match log.filter(|_| secrets.holds(named.secret)) {
            Some(log) => Ok(token.verify_by_user_key(secrets, log, &self.profile)?),
            None => Err(Unverified::NoKeys),
        }
    }
}
