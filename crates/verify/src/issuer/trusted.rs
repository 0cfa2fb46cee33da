//! A trusted issuer at work.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use quash_core::defect::Defect;
use quash_core::ids::Issuer;
use quash_core::position::Position;
use quash_core::revocation::decide::TimeRules;
use quash_core::revocation::scope::{IssuerScope, TokenNames};
use quash_core::revocation::state::RevocationState;
use quash_core::verified::VerifiedClaims;
use quash_jose::{KeySet, TokenProfile, UnverifiedToken};

use super::config::{IssuerConfig, Mode};
use super::relaxation::Relaxation;

/// One issuer of a verifier with one key set. Never changes; another key set makes another one of it.
#[derive(Debug)]
pub(crate) struct TrustedIssuer {
    /// Whether another one took its place. Stands first: every repeated check reads it.
    retired: AtomicBool,
    mode: Mode,
    nameless: bool,
    /// The position that the allowlist was whole at; `None` where there is none.
    listed: Option<Position>,
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
        if self.listed.is_some() { TokenNames::listed(scope, token) } else { TokenNames::new(scope, token) }
    }

    /// Whether the allowlist may have had a session at `watermark` that is not known there.
    pub(crate) fn lists_later_than(&self, watermark: Position) -> bool {
        self.listed.is_some_and(|whole_at| watermark < whole_at)
    }

    /// Checks the form and the signature of `token`.
    pub(crate) fn verify(&self, token: UnverifiedToken<'_>) -> Result<VerifiedClaims, Defect> {
        token.verify(&self.keys, &self.profile)
    }
}
