//! Learning whom to trust.

use std::collections::BTreeSet;
use std::sync::Arc;

use quash_core::ids::Issuer;

use super::Follower;
use super::acknowledge::Kept;
use super::action::Action;
use crate::feed::alarm::Alarm;
use crate::feed::state_file::{StatePiece, TrustPiece};
use crate::feed::trust::{IssuerDocument, TrustDocument, UnsoundKeys};
use crate::issuer::IssuerConfig;

/// What was learnt.
#[derive(Debug, Default)]
pub(super) struct Learned {
    current: Option<(u64, Arc<TrustDocument>)>,
    /// The issuers that are trusted because of it: only those are ever changed or removed.
    issuers: BTreeSet<Issuer>,
    /// The issuers of which what was told last is not understood.
    unsound: BTreeSet<Issuer>,
}

impl Learned {
    pub(super) fn current(&self) -> Option<(u64, Arc<TrustDocument>)> {
        self.current.clone()
    }
}

impl Follower {
    pub(super) fn take_trust(&mut self, version: u64, document: &[u8]) {
        if self.config.learn && !self.learn(version, document) {
            return;
        }
        self.store(StatePiece::Trust(TrustPiece { version, document }).encode(), Kept::Trust(version));
        self.complete_if_known();
        self.renew();
    }

    /// Puts a trust in force. Returns whether all that our own authority's tokens need of it is.
    pub(super) fn learn(&mut self, version: u64, document: &[u8]) -> bool {
        if !self.config.learn {
            return true;
        }
        let Ok(document) = TrustDocument::decode(document) else {
            self.alarm(Alarm::TrustUnreadable { version });
            return false;
        };
        let document = Arc::new(document);
        let before = self.learned.current.replace((version, Arc::clone(&document)));
        let sound = self.trust_issuers(&document, before.as_ref().map(|(_, before)| &**before));
        self.actions.push_back(Action::Learned(document));
        sound
    }

    fn trust_issuers(&mut self, document: &TrustDocument, before: Option<&TrustDocument>) -> bool {
        let named: BTreeSet<&Issuer> = document.issuers.iter().map(|issuer| &issuer.name).collect();
        let gone = self.learned.issuers.iter().filter(|name| !named.contains(name));
        for name in gone.cloned().collect::<Vec<_>>() {
            self.holding.verifier.remove_issuer(&name);
            self.learned.issuers.remove(&name);
            self.learned.unsound.remove(&name);
        }
        // Whoever takes tokens without `iss` comes last: the one that did so before may do so no longer.
        let (last, first): (Vec<_>, Vec<_>) =
            document.issuers.iter().partition(|issuer| issuer.takes_nameless());
        let was = |issuer: &IssuerDocument| {
            before.and_then(|before| before.issuers.iter().find(|was| was.name == issuer.name))
        };
        let mut sound = true;
        for issuer in first.into_iter().chain(last) {
            sound &= self.trust_issuer(issuer, was(issuer)) || !issuer.own;
        }
        sound
    }

    /// Trusts one issuer as the authority says. Returns whether it could be.
    fn trust_issuer(&mut self, issuer: &IssuerDocument, was: Option<&IssuerDocument>) -> bool {
        let verifier = &self.holding.verifier;
        let learned = self.learned.issuers.contains(&issuer.name);
        // A secret never travels: where the owner has it, the owner's word stands.
        let known_here = !learned && verifier.keys(&issuer.name).is_some();
        if issuer.secret && known_here {
            return true;
        }
        if learned && was == Some(issuer) {
            return !self.learned.unsound.contains(&issuer.name);
        }
        let config = match issuer.config() {
            Ok(config) => config,
            Err(unsound) => {
                self.leave_undecided(issuer, unsound);
                return false;
            }
        };
        let only_keys = was.filter(|_| learned).is_some_and(|was| was.differs_in_keys_alone(issuer));
        if only_keys && verifier.replace_keys(&issuer.name, config.keys().clone()).is_ok() {
            self.learned.unsound.remove(&issuer.name);
            return true;
        }
        self.learned.unsound.remove(&issuer.name);
        self.set_issuer(&config)
    }

    fn set_issuer(&mut self, config: &IssuerConfig) -> bool {
        if let Err(conflict) = self.holding.verifier.set_issuer(config) {
            self.alarm(Alarm::IssuerRefused(conflict));
            return false;
        }
        self.learned.issuers.insert(config.name().clone());
        true
    }

    /// Nothing is known of the tokens of `issuer` but that the authority takes them, by a rule or with keys that are not
    /// understood here: they are neither accepted nor refused. Keys that were good before stay in force beside rules
    /// that are.
    fn leave_undecided(&mut self, issuer: &IssuerDocument, unsound: UnsoundKeys) {
        let name = issuer.name.clone();
        match unsound {
            UnsoundKeys::UnknownRule => self.alarm(Alarm::RuleUnknown(name.clone())),
            UnsoundKeys::Keys(_) => self.alarm(Alarm::KeysRefused(name.clone())),
        }
        let stays = matches!(unsound, UnsoundKeys::Keys(_)) && self.holding.verifier.keys(&name).is_some();
        if !stays {
            self.set_issuer(&issuer.undecided());
        }
        self.learned.unsound.insert(name);
    }
}
