//! A token whose signature was found good, with all that judging it again needs.

use std::ops::Deref;
use std::sync::Arc;

use quash_core::ids::Issuer;
use quash_core::revocation::standing::Standing;
use quash_core::verified::VerifiedClaims;

use crate::issuer::TrustedIssuer;

/// A verified token. Not a verdict: its revocation is judged anew at every check.
#[derive(Debug)]
#[repr(C)]
pub struct VerifiedToken {
    // What a repeated check reads stands first, so that it touches few cache lines.
    issuer: Arc<TrustedIssuer>,
    generation: u64,
    standing: Standing,
    claims: VerifiedClaims,
}

impl VerifiedToken {
    pub(crate) fn new(
        issuer: Arc<TrustedIssuer>,
        generation: u64,
        claims: VerifiedClaims,
        standing: Standing,
    ) -> Self {
        Self { issuer, generation, standing, claims }
    }

    /// What the token says.
    pub fn claims(&self) -> &VerifiedClaims {
        &self.claims
    }

    /// The configured name of the issuer whose key made the signature.
    pub fn issuer(&self) -> &Issuer {
        self.claims.verified_issuer()
    }

    /// Whether our own authority issued it.
    pub fn is_own(&self) -> bool {
        self.issuer.is_own()
    }

    pub(crate) fn trusted_issuer(&self) -> &TrustedIssuer {
        &self.issuer
    }

    pub(crate) fn standing(&self) -> &Standing {
        &self.standing
    }

    /// Whether the signature still counts: neither the issuer's keys nor its rules changed since.
    pub(crate) fn is_current(&self) -> bool {
        self.issuer.generation() == self.generation
    }
}

impl Deref for VerifiedToken {
    type Target = VerifiedClaims;

    fn deref(&self) -> &VerifiedClaims {
        &self.claims
    }
}
