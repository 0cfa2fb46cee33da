//! The service that the layer makes.

use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::{Request, Response};
use pin_project_lite::pin_project;
use tower::Service;

use crate::answer::{Answer, Problem};
use crate::bearer::Bearer;
use crate::denial::Denial;
use crate::gate::Gate;
use crate::verified::Verified;

/// A service behind a [`Gate`]. Made by [`RequireToken`](crate::RequireToken).
#[derive(Debug)]
pub struct RequireTokenService<S, A = Problem> {
    inner: S,
    gate: Gate,
    anonymous: bool,
    answer: PhantomData<fn() -> A>,
}

impl<S, A> RequireTokenService<S, A> {
    pub(crate) fn new(inner: S, gate: Gate, anonymous: bool) -> Self {
        Self { inner, gate, anonymous, answer: PhantomData }
    }
}

impl<S: Clone, A> Clone for RequireTokenService<S, A> {
    fn clone(&self) -> Self {
        Self::new(self.inner.clone(), self.gate.clone(), self.anonymous)
    }
}

impl<S, A, B, R> Service<Request<B>> for RequireTokenService<S, A>
where
    S: Service<Request<B>, Response = Response<R>> + Clone,
    A: Answer<R>,
{
    type Response = Response<R>;
    type Error = S::Error;
    type Future = Admitting<S, B, A>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        // Nobody outside may say who is verified.
        request.extensions_mut().remove::<Verified>();
        let state = match self.gate.admit(request.headers()) {
            Ok(verified) => {
                request.extensions_mut().insert(verified);
                State::Inner { future: self.inner.call(request) }
            }
            Err(Denial::NoToken) if self.anonymous => State::Inner { future: self.inner.call(request) },
            Err(denial) => self.denied_or_asking(denial, request),
        };
        Admitting { state, gate: self.gate.clone(), answer: PhantomData }
    }
}

impl<S: Clone, A> RequireTokenService<S, A> {
    fn denied_or_asking<B>(&mut self, denial: Denial, request: Request<B>) -> State<S, B>
    where
        S: Service<Request<B>>,
    {
        let Some(token) = self.gate.question(Bearer::of(request.headers()), &denial) else {
            return State::Denied { denial };
        };
        // The one that was found ready is the one that is called; its copy is made ready anew.
        let copy = self.inner.clone();
        let inner = std::mem::replace(&mut self.inner, copy);
        State::Asking { asking: Box::pin(self.gate.clone().asked(token)), inner, request: Some(request) }
    }
}

type Asked = Pin<Box<dyn Future<Output = Result<Verified, Denial>> + Send>>;

pin_project! {
    #[project = At]
    enum State<S, B>
    where
        S: Service<Request<B>>,
    {
        Inner { #[pin] future: S::Future },
        Denied { denial: Denial },
        Asking { asking: Asked, inner: S, request: Option<Request<B>> },
    }
}

pin_project! {
    /// A response in the making, behind a [`Gate`].
    pub struct Admitting<S, B, A>
    where
        S: Service<Request<B>>,
    {
        #[pin]
        state: State<S, B>,
        gate: Gate,
        answer: PhantomData<fn() -> A>,
    }
}

impl<S, B, A, R> Future for Admitting<S, B, A>
where
    S: Service<Request<B>, Response = Response<R>>,
    A: Answer<R>,
{
    type Output = Result<Response<R>, S::Error>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        loop {
            let next = match this.state.as_mut().project() {
                At::Inner { future } => {
                    let mut response = ready!(future.poll(context))?;
                    A::complete(&mut response, this.gate.challenge());
                    return Poll::Ready(Ok(response));
                }
                At::Denied { denial } => return Poll::Ready(Ok(A::denied(denial, this.gate.challenge()))),
                At::Asking { asking, inner, request } => {
                    match (ready!(asking.as_mut().poll(context)), request.take()) {
                        (Ok(verified), Some(mut request)) => {
                            request.extensions_mut().insert(verified);
                            State::Inner { future: inner.call(request) }
                        }
                        (Err(denial), _) => State::Denied { denial },
                        // A request is taken once: the state has changed then.
                        (Ok(_), None) => State::Denied { denial: Denial::NoToken },
                    }
                }
            };
            this.state.set(next);
        }
    }
}

impl<S: Service<Request<B>>, B, A> std::fmt::Debug for Admitting<S, B, A> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Admitting").finish_non_exhaustive()
    }
}
