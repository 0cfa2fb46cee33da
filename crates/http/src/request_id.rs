//! The request id: on every answer, in the log line of the request, and as the cause of what it revoked.

use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::http::HeaderValue;

/// The header that carries it.
pub(crate) const HEADER: &str = "x-request-id";

/// Counts requests. Ids are unique, not secret: the server's own number, then the request's.
#[derive(Clone, Debug)]
pub(crate) struct RequestIds {
    server: u64,
    next: Arc<AtomicU64>,
}

impl RequestIds {
    /// Ids of the server that drew `server`, a random number, at its start.
    pub(crate) fn new(server: u64) -> Self {
        Self { server, next: Arc::default() }
    }

    /// The id of the next request.
    pub(crate) fn next(&self) -> RequestId {
        RequestId { server: self.server, number: self.next.fetch_add(1, Ordering::Relaxed) }
    }
}

/// The id of one request. What a caller calls it is not listened to: such a header can be forged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RequestId {
    server: u64,
    number: u64,
}

impl RequestId {
    /// `req_`, 16 hexadecimal digits of the server, and 8 or more of the request.
    pub(crate) fn text(self) -> String {
        let mut text = String::with_capacity(36);
        text.push_str("req_");
        // Writing to a string does not fail.
        let _ = write!(text, "{:016x}{:08x}", self.server, self.number);
        text
    }

    /// The same for a header.
    pub(crate) fn header(self) -> HeaderValue {
        HeaderValue::try_from(self.text()).unwrap_or(HeaderValue::from_static("req_"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_differ_and_are_plain() {
        let ids = RequestIds::new(0xAB);
        assert_eq!(ids.next().text(), "req_00000000000000ab00000000");
        assert_eq!(ids.clone().next().text(), "req_00000000000000ab00000001");
    }
}
