//! A token whose signature was found good.

use std::ops::Deref;
use std::sync::{Arc, OnceLock};

use quash_core::ids::Issuer;
use quash_core::verified::VerifiedClaims;

use crate::issuer::TrustedIssuer;

/// A verified token. Not a verdict: its revocation is judged anew at every check.
#[derive(Debug)]
pub struct VerifiedToken {
    claims: VerifiedClaims,
    issuer: Arc<TrustedIssuer>,
    /// Read when a route first asks for them: most tokens are never asked.
    roles: OnceLock<Box<[Box<str>]>>,
}

impl VerifiedToken {
    pub(crate) fn new(claims: VerifiedClaims, issuer: Arc<TrustedIssuer>) -> Self {
        Self { claims, issuer, roles: OnceLock::new() }
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

    /// `roles` (RFC 9068 section 2.2.3.1), where it is a list of texts; else none. Parsed once per cached token.
    pub fn roles(&self) -> &[Box<str>] {
        self.roles.get_or_init(|| self.claims.roles().into_iter().map(Into::into).collect())
    }

    /// Whether `roles` holds `name`.
    pub fn has_role(&self, name: &str) -> bool {
        self.roles().iter().any(|held| **held == *name)
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
