//! A request from its header to the last byte of its response.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::Body;
use bytes::Bytes;
use http_body::{Frame, SizeHint};

use super::progress::Progress;

/// Counts one request; dropped when it is over, however it ends.
pub(super) struct InFlight(Arc<Progress>);

impl InFlight {
    pub(super) fn begin(progress: &Arc<Progress>, http2: bool) -> Self {
        progress.request_began(http2);
        Self(Arc::clone(progress))
    }

    /// The body of its response, which ends it.
    pub(super) fn carried_by(self, body: Body) -> ResponseBody {
        ResponseBody { body, _in_flight: self }
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.request_ended();
    }
}

/// A response's body that knows which request it ends.
pub(super) struct ResponseBody {
    body: Body,
    _in_flight: InFlight,
}

impl http_body::Body for ResponseBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
