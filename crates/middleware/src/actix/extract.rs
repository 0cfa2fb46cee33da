//! The extractors as actix-web's.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use serde::de::DeserializeOwned;

use crate::denial::Denial;
use crate::extractors::{Authenticated, Claims};
use crate::verified::Verified;

impl FromRequest for Authenticated {
    type Error = Denial;
    type Future = Ready<Result<Self, Denial>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        // A handler that asks for a user on a route that no middleware guards answers nobody.
        ready(request.extensions().get::<Verified>().cloned().map(Self).ok_or(Denial::NoToken))
    }
}

impl<T: DeserializeOwned> FromRequest for Claims<T> {
    type Error = Denial;
    type Future = Ready<Result<Self, Denial>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        let claims = request.extensions().get::<Verified>().ok_or(Denial::NoToken).and_then(Verified::typed);
        ready(claims.map(Self))
    }
}
