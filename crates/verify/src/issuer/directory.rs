//! Which issuer a token is of.

use std::collections::HashMap;
use std::sync::Arc;

use quash_core::ids::Issuer;

use super::config::{IssuerConfig, Mode};
use super::relaxation::Relaxation;
use super::trusted::TrustedIssuer;

/// All trusted issuers of a verifier, by their exact names.
#[derive(Clone, Debug, Default)]
pub(crate) struct Directory {
    by_name: HashMap<Box<str>, Arc<TrustedIssuer>>,
    nameless: Option<Arc<TrustedIssuer>>,
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
    /// Relaxations are for issuers that we can not change.
    #[error("`{0}` is our own authority, its tokens need no relaxation")]
    OwnRelaxed(Issuer),
    /// The same name was configured twice.
    #[error("`{0}` is configured twice")]
    Duplicate(Issuer),
}

impl Directory {
    /// The issuer whose name is exactly `name`, or the one that takes tokens without a name.
    pub(crate) fn find(&self, name: Option<&str>) -> Option<&Arc<TrustedIssuer>> {
        match name {
            Some(name) => self.by_name.get(name),
            None => self.nameless.as_ref(),
        }
    }

    /// Whether an issuer of this configuration can stand beside those that are here.
    pub(crate) fn admit(&self, config: &IssuerConfig) -> Result<(), IssuerConflict> {
        let name = config.name();
        if config.is_own() && config.mode() == Mode::Observe {
            return Err(IssuerConflict::OwnObserved(name.clone()));
        }
        if config.is_own() && config.has_relaxations() {
            return Err(IssuerConflict::OwnRelaxed(name.clone()));
        }
        let other = self.nameless.as_ref().filter(|held| held.name() != name);
        match other {
            Some(first) if config.is_relaxed(&Relaxation::MissingIssuer) => {
                Err(IssuerConflict::TwoNameless { first: first.name().clone(), second: name.clone() })
            }
            _ => Ok(()),
        }
    }

    /// Adds an issuer, or puts it in the place of the one with its name. Returns that one.
    pub(crate) fn put(&mut self, issuer: Arc<TrustedIssuer>) -> Option<Arc<TrustedIssuer>> {
        let old = self.remove(issuer.name().as_str());
        if issuer.is_nameless() {
            self.nameless = Some(Arc::clone(&issuer));
        }
        self.by_name.insert(issuer.name().as_str().into(), issuer);
        old
    }

    /// Forgets the issuer with this name.
    pub(crate) fn remove(&mut self, name: &str) -> Option<Arc<TrustedIssuer>> {
        self.nameless.take_if(|nameless| nameless.name().as_str() == name);
        self.by_name.remove(name)
    }
}
