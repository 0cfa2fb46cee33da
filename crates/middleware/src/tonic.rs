//! The same for gRPC services made with tonic: denials as statuses.
//!
//! ```text
//!   UNAUTHENTICATED     no token, a malformed or a refused one      metadata: www-authenticate, quash-reason,
//!   PERMISSION_DENIED   a good token that does not reach so far               quash-remedy
//!   UNAVAILABLE         nothing could be decided                    metadata: grpc-retry-pushback-ms
//! ```
//!
//! The layer goes around a service or a whole server; handlers find out who asks with [`authenticated`]:
//!
//! ```
//! use quash_middleware::Gate;
//! use quash_middleware::tonic::{authenticated, require_token};
//! use tonic::{Request, Response, Status};
//!
//! fn server(gate: Gate) -> tonic::transport::Server<
//!     tower::layer::util::Stack<
//!         quash_middleware::RequireToken<quash_middleware::tonic::GrpcStatus>,
//!         tower::layer::util::Identity,
//!     >,
//! > {
//!     tonic::transport::Server::builder().layer(require_token(gate.scope("orders")))
//! }
//!
//! async fn handler(request: Request<()>) -> Result<Response<String>, Status> {
//!     let user = authenticated(&request)?;
//!     Ok(Response::new(user.subject().unwrap_or("nobody").to_owned()))
//! }
//! ```

use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::Stream;
use http::Response;
use pin_project_lite::pin_project;
use quash_verify::Watch;
use tonic::metadata::{AsciiMetadataValue, MetadataMap};
use tonic::{Code, Status};

use crate::answer::Answer;
use crate::challenge::{Challenge, RETRY_AFTER_SECONDS};
use crate::denial::Denial;
use crate::extractors::Authenticated;
use crate::gate::Gate;
use crate::layer::RequireToken;
use crate::verified::Verified;

/// Denials as gRPC says them: in the status of a response without messages.
#[derive(Clone, Copy, Debug)]
pub struct GrpcStatus;

impl<B: Default> Answer<B> for GrpcStatus {
    fn denied(denial: &Denial, challenge: &Challenge) -> Response<B> {
        status(denial, challenge).into_http()
    }

    /// A status of the service itself is in trailers that are yet to come: it stays as it is.
    fn complete(_response: &mut Response<B>, _challenge: &Challenge) {}
}

/// A layer that lets calls through `gate`, and refuses the others with a status.
pub fn require_token(gate: Gate) -> RequireToken<GrpcStatus> {
    RequireToken::answering(gate)
}

/// Whoever sent the call, behind [`require_token`].
///
/// # Errors
/// [`Denial::NoToken`], which `?` makes a [`Status`] of, where no layer let the call in.
pub fn authenticated<T>(request: &tonic::Request<T>) -> Result<Authenticated, Denial> {
    request.extensions().get::<Verified>().cloned().map(Authenticated).ok_or(Denial::NoToken)
}

/// `stream` until it ends, or until the session that `watch` watches is revoked: then its last item is
/// `UNAUTHENTICATED`, with the reason (S55).
pub fn until_revoked<S, T>(watch: Watch, stream: S) -> impl Stream<Item = Result<T, Status>>
where
    S: Stream<Item = Result<T, Status>>,
{
    UntilRevoked { stream, watch: Some(watch) }
}

pin_project! {
    struct UntilRevoked<S> {
        #[pin]
        stream: S,
        // `None` once it has ended.
        watch: Option<Watch>,
    }
}

impl<S, T> Stream for UntilRevoked<S>
where
    S: Stream<Item = Result<T, Status>>,
{
    type Item = Result<T, Status>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.project();
        let Some(watch) = this.watch else { return Poll::Ready(None) };
        // The watch is asked first: nothing is sent to somebody who is signed out.
        if let Poll::Ready(end) = Pin::new(watch).poll(context) {
            *this.watch = None;
            return Poll::Ready(Some(Err(Denial::from(end).into())));
        }
        this.stream.poll_next(context)
    }
}

impl From<Denial> for Status {
    fn from(denial: Denial) -> Self {
        status(&denial, &Challenge::default())
    }
}

fn status(denial: &Denial, challenge: &Challenge) -> Status {
    let code = match denial {
        Denial::NoToken | Denial::OtherScheme | Denial::Malformed | Denial::Refused { .. } => {
            Code::Unauthenticated
        }
        Denial::Forbidden(_) | Denial::ClaimsUnfit => Code::PermissionDenied,
        Denial::Undecided(_) => Code::Unavailable,
    };
    Status::with_metadata(code, denial.detail(), metadata(denial, challenge))
}

fn metadata(denial: &Denial, challenge: &Challenge) -> MetadataMap {
    let mut metadata = MetadataMap::new();
    let mut add = |name: &'static str, value: &[u8]| {
        if let Ok(value) = AsciiMetadataValue::try_from(value) {
            metadata.insert(name, value);
        }
    };
    add("quash-reason", denial.reason().as_bytes());
    if let Some(remedy) = denial.remedy() {
        add("quash-remedy", remedy.name().as_bytes());
    }
    if let Some(value) = challenge.value(denial) {
        add("www-authenticate", value.as_bytes());
    }
    if matches!(denial, Denial::Undecided(_)) {
        add("grpc-retry-pushback-ms", (RETRY_AFTER_SECONDS * 1000).to_string().as_bytes());
    }
    metadata
}
