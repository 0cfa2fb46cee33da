//! The layer as a middleware of actix-web.

use std::future::{Future, Ready, ready};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{Service, ServiceRequest, ServiceResponse, Transform};
use actix_web::http::header::AUTHORIZATION;
use actix_web::{Error, HttpMessage};

use super::reply;
use crate::bearer::Bearer;
use crate::denial::Denial;
use crate::gate::Gate;
use crate::layer::RequireToken;
use crate::verified::Verified;

impl<S, B> Transform<S, ServiceRequest> for RequireToken
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = Error;
    type Transform = GuardedService<S>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, ()>>;

    fn new_transform(&self, inner: S) -> Self::Future {
        let (gate, anonymous) = self.parts();
        ready(Ok(GuardedService { inner: Rc::new(inner), gate, anonymous }))
    }
}

/// A service of actix-web behind a [`Gate`]. Made by [`RequireToken`].
#[derive(Debug)]
pub struct GuardedService<S> {
    inner: Rc<S>,
    gate: Gate,
    anonymous: bool,
}

impl<S, B> Service<ServiceRequest> for GuardedService<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Error>>>>;

    fn poll_ready(&self, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&self, request: ServiceRequest) -> Self::Future {
        let (inner, gate, anonymous) = (Rc::clone(&self.inner), self.gate.clone(), self.anonymous);
        Box::pin(async move {
            // Nobody outside may say who is verified.
            request.extensions_mut().remove::<Verified>();
            match admit(&gate, &request).await {
                Ok(verified) => {
                    request.extensions_mut().insert(verified);
                }
                Err(Denial::NoToken) if anonymous => {}
                Err(denial) => {
                    let response = reply::denied(&denial, gate.challenge());
                    return Ok(request.into_response(response).map_into_right_body());
                }
            }
            let mut response = inner.call(request).await?;
            reply::complete(response.response_mut(), gate.challenge());
            Ok(response.map_into_left_body())
        })
    }
}

/// Judges the request, and asks the authority where that is the policy.
async fn admit(gate: &Gate, request: &ServiceRequest) -> Result<Verified, Denial> {
    let question = {
        let values =
            request.headers().get_all(AUTHORIZATION).map(actix_web::http::header::HeaderValue::as_bytes);
        let bearer = Bearer::among(values);
        match gate.admit_bearer(bearer) {
            Err(denial) => gate.question(bearer, &denial).ok_or(denial)?,
            admitted => return admitted,
        }
    };
    gate.clone().asked(question).await
}
