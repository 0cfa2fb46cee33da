//! The service that the layer makes.

use std::task::{Context, Poll};

use futures_util::future::{Either, Ready, ready};
use http::{Request, Response};
use tower::Service;

use crate::challenge::Denial;
use crate::gate::Gate;
use crate::verified::Verified;

/// A service behind a [`Gate`]. Made by [`RequireToken`](crate::RequireToken).
#[derive(Clone, Debug)]
pub struct RequireTokenService<S> {
    inner: S,
    gate: Gate,
    anonymous: bool,
}

impl<S> RequireTokenService<S> {
    pub(crate) fn new(inner: S, gate: Gate, anonymous: bool) -> Self {
        Self { inner, gate, anonymous }
    }
}

impl<S, B, R> Service<Request<B>> for RequireTokenService<S>
where
    S: Service<Request<B>, Response = Response<R>>,
    R: From<String>,
{
    type Response = Response<R>;
    type Error = S::Error;
    type Future = Either<S::Future, Ready<Result<Response<R>, S::Error>>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        // Nobody outside may say who is verified.
        request.extensions_mut().remove::<Verified>();
        match self.gate.admit(request.headers()) {
            Ok(verified) => {
                request.extensions_mut().insert(verified);
                Either::Left(self.inner.call(request))
            }
            Err(Denial::NoToken) if self.anonymous => Either::Left(self.inner.call(request)),
            Err(denial) => Either::Right(ready(Ok(denial.response(self.gate.realm_text())))),
        }
    }
}
