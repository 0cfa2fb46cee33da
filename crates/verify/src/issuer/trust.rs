//! Who is trusted at one time.

use std::sync::Arc;

use quash_core::ids::Issuer;
use quash_jose::{Limits, TokenReader};

use super::config::{IssuerConfig, Mode};
use super::relaxation::Relaxation;
use super::trusted::TrustedIssuer;
use crate::epoch::Epoch;

/// All trusted issuers of a verifier, and the reader of their tokens. Never changes; it is replaced as a whole.
#[derive(Debug)]
pub(crate) struct Trust {
    /// Keeps the headers of verified tokens: of this trust's keys, as every other trust has its own.
    pub(crate) reader: TokenReader,
    /// Few, so that comparing names one by one is faster than hashing them.
    issuers: Vec<Arc<TrustedIssuer>>,
    /// What is revoked. Beside the issuers, so that one pointer tells both.
    pub(crate) epoch: Arc<Epoch>,
}

/// An issuer that can not be trusted beside the others.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IssuerConflict {
    /// Two issuers take tokens that name none: which of them a token is of could not be told.
    #[error("`{first}` and `{second}` both take tokens without `iss`, only one issuer can")]
    TwoNameless {
        /// The one that has the relaxation already.
        first: Issuer,
        /// The one that wants it as well.
        second: Issuer,
    },
    /// Our own authority can not be observed only.
    #[error("`{0}` is our own authority, its revocations are always enforced")]
    OwnObserved(Issuer),
    /// Only our own authority signs with the keys of its subjects (S20).
    #[error("`{0}` is not our own authority, no keys of its subjects are known here")]
    ForeignUserKeys(Issuer),
    /// Relaxations are for issuers that we can not change.
    #[error("`{0}` is our own authority, its tokens need no relaxation")]
    OwnRelaxed(Issuer),
    /// The same name was configured twice.
    #[error("`{0}` is configured twice")]
    Duplicate(Issuer),
}

impl Trust {
    /// Trusts nobody.
    pub(crate) fn nobody(epoch: Epoch, limits: Limits) -> Self {
        Self { reader: TokenReader::new(limits), issuers: Vec::new(), epoch: Arc::new(epoch) }
    }

    /// The same issuers in another epoch.
    pub(crate) fn in_epoch(&self, epoch: Epoch, limits: Limits) -> Self {
        let issuers = self.issuers.iter().map(|issuer| Arc::new(issuer.in_state(&epoch.state))).collect();
        Self { reader: TokenReader::new(limits), issuers, epoch: Arc::new(epoch) }
    }

    /// Voids every signature that was checked here.
    pub(crate) fn retire(&self) {
        self.issuers.iter().for_each(|issuer| issuer.retire());
    }

    /// The issuer whose name is exactly `name`, or the one that takes tokens without a name.
    pub(crate) fn find(&self, name: Option<&str>) -> Option<&Arc<TrustedIssuer>> {
        self.issuers.iter().find(|issuer| match name {
            Some(name) => issuer.name().as_str() == name,
            None => issuer.is_nameless(),
        })
    }

    /// Everybody who is trusted.
    pub(crate) fn issuers(&self) -> &[Arc<TrustedIssuer>] {
        &self.issuers
    }

    /// Whether an issuer of this configuration can stand beside those that are here.
    pub(crate) fn admit(&self, config: &IssuerConfig) -> Result<(), IssuerConflict> {
        let name = config.name();
        if config.is_own() && config.mode() == Mode::Observe {
            return Err(IssuerConflict::OwnObserved(name.clone()));
        }
        if !config.is_own() && !config.user_secrets().is_empty() {
            return Err(IssuerConflict::ForeignUserKeys(name.clone()));
        }
        if config.is_own() && config.has_relaxations() {
            return Err(IssuerConflict::OwnRelaxed(name.clone()));
        }
        let other = self.find(None).filter(|held| held.name() != name);
        match other {
            Some(first) if config.is_relaxed(&Relaxation::MissingIssuer) => {
                Err(IssuerConflict::TwoNameless { first: first.name().clone(), second: name.clone() })
            }
            _ => Ok(()),
        }
    }

    /// The same trust with `issuer` in it, in the place of the one with its name.
    pub(crate) fn with(&self, issuer: TrustedIssuer, limits: Limits) -> Self {
        let mut trust = self.without(issuer.name(), limits);
        trust.issuers.push(Arc::new(issuer));
        trust
    }

    /// The same trust without the issuer of this name.
    pub(crate) fn without(&self, name: &Issuer, limits: Limits) -> Self {
        let others = self.issuers.iter().filter(|issuer| issuer.name() != name);
        let epoch = Arc::clone(&self.epoch);
        Self { reader: TokenReader::new(limits), issuers: others.cloned().collect(), epoch }
    }
}
