//! The verifier beside the authority, seen from the authority.

use std::sync::Arc;
use std::time::Duration;

use quash_authority::{Enforcement, KeySet, Trust, TrustTooLarge};
use quash_core::ids::{Issuer, SessionId, Subject};
use quash_core::position::Position;
use quash_core::revocation::decide::TimeRules;
use quash_core::revocation::entry::Entry;
use quash_core::revocation::record::Record;
use quash_core::revocation::rejection::Hit;
use quash_core::time::Timestamp;
use quash_core::verified::VerifiedClaims;
use quash_verify::Verifier;
use quash_verify::feed;

use crate::feed::trust_document;

/// A verifier as the place where an authority enforces its revocations.
#[derive(Clone, Debug)]
pub struct VerifierEnforcement {
    verifier: Arc<Verifier>,
    issuer: Issuer,
}

/// The verifier does not trust the authority's own issuer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OwnIssuerMissing;

impl std::fmt::Display for OwnIssuerMissing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the verifier has to trust the authority's own issuer")
    }
}

impl std::error::Error for OwnIssuerMissing {}

impl VerifierEnforcement {
    /// `verifier`, which trusts `issuer` as its own: the issuer that the authority's keys are for.
    ///
    /// # Errors
    /// [`OwnIssuerMissing`].
    pub fn new(verifier: Arc<Verifier>, issuer: Issuer) -> Result<Self, OwnIssuerMissing> {
        if verifier.keys(&issuer).is_none() {
            return Err(OwnIssuerMissing);
        }
        Ok(Self { verifier, issuer })
    }
}

impl Enforcement for VerifierEnforcement {
    fn watermark(&self) -> Position {
        self.verifier.watermark()
    }

    fn apply(&self, entries: &[Entry]) {
        for entry in entries {
            // Out of order means at or below the watermark: enforced already.
            let _ = self.verifier.apply(entry);
        }
    }

    fn apply_records(&self, records: &[Record]) {
        self.verifier.apply_records(records);
    }

    fn make_room(&self, entries: u64) {
        self.verifier.make_room(usize::try_from(entries).unwrap_or(0));
    }

    fn advance(&self, position: Position) {
        self.verifier.advance(position);
    }

    fn install_own_keys(&self, keys: KeySet) {
        if let Err(error) = self.verifier.replace_keys(&self.issuer, keys) {
            // The last good set stays in force; own tokens of a new key are refused until this is mended.
            tracing::error!(%error, "the verifier did not take the authority's keys");
        }
    }

    fn can_be_told(&self, trust: &Trust) -> Result<(), TrustTooLarge> {
        // The longest horizon that can be: what fits with it fits with any.
        let encoded = trust_document(&self.verifier, trust, Duration::MAX).encode();
        let excess = |feed::TrustTooLarge { what, found, most, .. }| TrustTooLarge { what, found, most };
        encoded.map(drop).map_err(excess)
    }

    fn hit(&self, token: &VerifiedClaims, rules: &TimeRules) -> Option<Hit> {
        let state = self.verifier.state();
        state.hit(token, &state.names_of(token), rules)
    }

    fn is_registered(&self, session: &SessionId, subject: &Subject, now: Timestamp) -> bool {
        self.verifier.state().is_registered(&self.issuer, session.as_str(), subject.as_str(), now)
    }

    fn registered_sessions(&self) -> usize {
        self.verifier.registered_sessions()
    }

    fn purge(&self, now: Timestamp) -> usize {
        self.verifier.purge(now).entries
    }
}
