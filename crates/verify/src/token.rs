//! A token whose signature was found good.

use std::ops::Deref;
use std::sync::Arc;

use quash_core::ids::Issuer;
use quash_core::verified::VerifiedClaims;

use crate::issuer::TrustedIssuer;

/// A verified token. Not a verdict: its revocation is judged anew at every check.
#[derive(Debug)]
pub struct VerifiedToken {
    claims: VerifiedClaims,
    issuer: Arc<TrustedIssuer>,
}

impl VerifiedToken {
    pub(crate) fn new(claims: VerifiedClaims, issuer: Arc<TrustedIssuer>) -> Self {
        Self { claims, issuer }
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

    pub(crate) fn trusted_issuer(&self) -> &Arc<TrustedIssuer> {
        &self.issuer
    }
}

impl Deref for VerifiedToken {
    type Target = VerifiedClaims;

    fn deref(&self) -> &VerifiedClaims {
        &self.claims
    }
}
