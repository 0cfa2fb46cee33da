//! Denials as responses and errors of actix-web.

use actix_web::body::BoxBody;
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderValue, WWW_AUTHENTICATE};
use actix_web::{HttpResponse, HttpResponseBuilder, ResponseError};

use crate::challenge::Challenge;
use crate::denial::Denial;

/// `denial` as a response.
pub(super) fn denied(denial: &Denial, challenge: &Challenge) -> HttpResponse {
    // Two versions of the crate `http`: what one wrote is spelt out for the other.
    let (parts, body) = denial.response::<String>(challenge).into_parts();
    let mut response = HttpResponseBuilder::new(status(denial));
    for (name, value) in &parts.headers {
        response.insert_header((name.as_str(), value.as_bytes()));
    }
    response.body(body)
}

/// Puts the challenge of the route into a response that a handler made of a denial.
pub(super) fn complete<B>(response: &mut HttpResponse<B>, challenge: &Challenge) {
    let denial = response.error().and_then(|error| error.as_error::<Denial>());
    let value = denial.and_then(|denial| challenge.value(denial));
    if let Some(value) = value.and_then(|value| HeaderValue::from_bytes(value.as_bytes()).ok()) {
        response.headers_mut().insert(WWW_AUTHENTICATE, value);
    }
}

fn status(denial: &Denial) -> StatusCode {
    StatusCode::from_u16(denial.status().as_u16()).unwrap_or(StatusCode::SERVICE_UNAVAILABLE)
}

impl ResponseError for Denial {
    fn status_code(&self) -> StatusCode {
        status(self)
    }

    /// The realm is `api`, until the middleware of the route puts its own challenge in place.
    fn error_response(&self) -> HttpResponse<BoxBody> {
        denied(self, &Challenge::default())
    }
}
