//! The token that let a request in.

use std::ops::Deref;
use std::sync::Arc;

use quash_verify::{Shortfall, VerifiedToken};
use serde::de::DeserializeOwned;

use crate::denial::Denial;

/// A token that was accepted for this request. In the request's extensions behind [`RequireToken`](crate::RequireToken).
///
/// It says what was true when the request came in; whoever keeps a connection open watches it:
/// [`Gate::watch`](crate::Gate::watch).
#[derive(Clone, Debug)]
pub struct Verified(Arc<VerifiedToken>);

impl Verified {
    pub(crate) fn new(token: Arc<VerifiedToken>) -> Self {
        Self(token)
    }

    /// The token itself, shared.
    pub fn into_arc(self) -> Arc<VerifiedToken> {
        self.0
    }

    /// The claims as a type of the caller's own. Parses the payload: some hundred nanoseconds.
    ///
    /// # Errors
    /// [`Denial::ClaimsUnfit`], when the token does not say what `T` needs.
    pub fn typed<T: DeserializeOwned>(&self) -> Result<T, Denial> {
        serde_json::from_str(self.payload()).map_err(|_| Denial::ClaimsUnfit)
    }

    /// Goes on only when the token has `scope`: for routes whose need depends on the request. Where it does not,
    /// [`Gate::scope`](crate::Gate::scope) says it once.
    ///
    /// # Errors
    /// [`Denial::Forbidden`], which a handler can return as its response.
    pub fn require_scope(&self, scope: &str) -> Result<(), Denial> {
        if self.has_scope(scope) { Ok(()) } else { Err(Shortfall::Scope(scope.to_owned()).into()) }
    }

    /// Goes on only when the token has `role`. As [`require_scope`](Self::require_scope).
    ///
    /// # Errors
    /// As [`require_scope`](Self::require_scope).
    pub fn require_role(&self, role: &str) -> Result<(), Denial> {
        if self.has_role(role) { Ok(()) } else { Err(Shortfall::Role(role.to_owned()).into()) }
    }
}

impl Deref for Verified {
    type Target = VerifiedToken;

    fn deref(&self) -> &VerifiedToken {
        &self.0
    }
}
