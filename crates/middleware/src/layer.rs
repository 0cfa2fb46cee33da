//! The layer.

use tower::Layer;

use crate::gate::Gate;
use crate::service::RequireTokenService;

/// A layer that lets requests through a [`Gate`]; the service behind it finds [`Verified`](crate::Verified) in their
/// extensions.
#[derive(Clone, Debug)]
pub struct RequireToken {
    gate: Gate,
    anonymous: bool,
}

impl RequireToken {
    /// Lets in whom `gate` lets in, and nobody else.
    pub fn new(gate: Gate) -> Self {
        Self { gate, anonymous: false }
    }

    /// Also lets in requests without any `Authorization` header; they carry no `Verified`. A request that brings a
    /// token is judged all the same.
    #[must_use]
    pub fn or_anonymous(self) -> Self {
        Self { anonymous: true, ..self }
    }
}

impl<S> Layer<S> for RequireToken {
    type Service = RequireTokenService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        RequireTokenService::new(inner, self.gate.clone(), self.anonymous)
    }
}
