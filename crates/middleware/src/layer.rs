//! The layer.

use std::marker::PhantomData;

use tower::Layer;

use crate::answer::Problem;
use crate::gate::Gate;
use crate::service::RequireTokenService;

/// A layer that lets requests through a [`Gate`]; the service behind it finds [`Verified`](crate::Verified) in their
/// extensions. `A` is how it tells those that are not let in: as HTTP, unless said otherwise.
///
/// With the feature `actix`, it is a middleware of actix-web, too: `App::new().wrap(RequireToken::new(gate))`.
#[derive(Debug)]
pub struct RequireToken<A = Problem> {
    gate: Gate,
    anonymous: bool,
    answer: PhantomData<fn() -> A>,
}

impl RequireToken {
    /// Lets in whom `gate` lets in, and nobody else.
    pub fn new(gate: Gate) -> Self {
        Self::answering(gate)
    }
}

impl<A> RequireToken<A> {
    pub(crate) fn answering(gate: Gate) -> Self {
        Self { gate, anonymous: false, answer: PhantomData }
    }

    /// Also lets in requests without any `Authorization` header; they carry no `Verified`. A request that brings a
    /// token is judged all the same.
    #[must_use]
    pub fn or_anonymous(self) -> Self {
        Self { anonymous: true, ..self }
    }

    #[cfg(feature = "actix")]
    pub(crate) fn parts(&self) -> (Gate, bool) {
        (self.gate.clone(), self.anonymous)
    }
}

impl<A> Clone for RequireToken<A> {
    fn clone(&self) -> Self {
        Self { gate: self.gate.clone(), anonymous: self.anonymous, answer: PhantomData }
    }
}

impl<S, A> Layer<S> for RequireToken<A> {
    type Service = RequireTokenService<S, A>;

    fn layer(&self, inner: S) -> Self::Service {
        RequireTokenService::new(inner, self.gate.clone(), self.anonymous)
    }
}
