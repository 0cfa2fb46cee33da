//! A trusted issuer at work.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arc_swap::ArcSwap;
use quash_core::defect::Defect;
use quash_core::ids::Issuer;
use quash_core::revocation::decide::TimeRules;
use quash_core::verified::VerifiedClaims;
use quash_jose::{KeySet, TokenProfile, UnverifiedToken};

use super::config::{IssuerConfig, Mode};
use super::relaxation::Relaxation;

/// The generation of an issuer that is no longer configured so: no token has it.
const RETIRED: u64 = u64::MAX;

/// One issuer of a verifier. Its rules never change; its keys are replaced as a whole.
#[derive(Debug)]
pub(crate) struct TrustedIssuer {
    /// Counts the key sets. Stands first: every repeated check reads it.
    generation: AtomicU64,
    rules: TimeRules,
    mode: Mode,
    profile: TokenProfile,
    nameless: bool,
    keys: ArcSwap<KeySet>,
}

impl TrustedIssuer {
    pub(crate) fn new(config: &IssuerConfig) -> Self {
        Self {
            generation: AtomicU64::new(0),
            rules: *config.rules(),
            mode: config.mode(),
            profile: config.profile(),
            nameless: config.is_relaxed(&Relaxation::MissingIssuer),
            keys: ArcSwap::from_pointee(config.keys().clone()),
        }
    }

    /// Which of the issuer's key sets is in force. A token that was verified under another one is verified
    /// anew.
    pub(crate) fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
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

    /// Whether keys were ever loaded.
    pub(crate) fn has_keys(&self) -> bool {
        !self.keys.load().is_empty()
    }

    pub(crate) fn keys(&self) -> Arc<KeySet> {
        self.keys.load_full()
    }

    /// Checks the signature and the form of `token`. Also tells the generation that the answer belongs to.
    pub(crate) fn verify(&self, token: UnverifiedToken<'_>) -> Result<(VerifiedClaims, u64), Defect> {
        // INVARIANT: the generation is read before the keys. Should the keys change between the two, the answer
        // is filed under the older generation and is void at once.
        let generation = self.generation();
        let keys = self.keys.load();
        let claims = token.verify(&**keys, &self.profile)?;
        // Nothing may be filed under the mark of the retired: it would look current.
        Ok((claims, if generation == RETIRED { 0 } else { generation }))
    }

    /// Puts `keys` in force. When this returns, no check accepts on a signature of a key that is not among them.
    pub(crate) fn replace_keys(&self, keys: KeySet) {
        self.keys.store(Arc::new(keys));
        // A retired issuer stays retired.
        let next = |held| (held != RETIRED).then_some(held + 1);
        let _ = self.generation.fetch_update(Ordering::AcqRel, Ordering::Acquire, next);
    }

    /// Voids every signature that was ever checked under these rules.
    pub(crate) fn retire(&self) {
        self.generation.store(RETIRED, Ordering::Release);
    }
}
