//! The token that let a request in.

use std::ops::Deref;
use std::sync::Arc;

use quash_verify::VerifiedToken;

/// A token that was accepted for this request. In the request's extensions behind [`RequireToken`](crate::RequireToken).
///
/// It says what was true when the request came in; whoever keeps a connection open asks again.
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
}

impl Deref for Verified {
    type Target = VerifiedToken;

    fn deref(&self) -> &VerifiedToken {
        &self.0
    }
}
