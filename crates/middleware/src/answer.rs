//! How denials are told.

use http::Response;
use http::header::WWW_AUTHENTICATE;

use crate::challenge::Challenge;
use crate::denial::Denial;

/// How a layer tells a client that it is not let in, in responses with the body `B`.
pub trait Answer<B> {
    /// The response to a request that is not let in.
    fn denied(denial: &Denial, challenge: &Challenge) -> Response<B>;

    /// Completes a response of the service behind the layer, which may be a denial of its own.
    fn complete(response: &mut Response<B>, challenge: &Challenge);
}

/// As HTTP: a status, a challenge, and a problem (RFC 6750, RFC 9457).
#[derive(Clone, Copy, Debug)]
pub struct Problem;

impl<B: From<String>> Answer<B> for Problem {
    fn denied(denial: &Denial, challenge: &Challenge) -> Response<B> {
        denial.response(challenge)
    }

    /// A handler does not know the realm and the metadata of its route: the layer does.
    fn complete(response: &mut Response<B>, challenge: &Challenge) {
        let value = response.extensions().get::<Denial>().and_then(|denial| challenge.value(denial));
        if let Some(value) = value {
            response.headers_mut().insert(WWW_AUTHENTICATE, value);
        }
    }
}
