//! What one connection may take up.

use std::time::Duration;

use crate::config::limits::LimitsConfig;

/// What one connection may take up. [`LimitsConfig`] says what each time-out counts.
#[derive(Clone, Copy, Debug)]
#[expect(missing_docs, reason = "each is documented where it is configured")]
pub struct Limits {
    pub max_connections: usize,
    pub first_byte_timeout: Duration,
    pub header_timeout: Duration,
    pub idle_timeout: Duration,
    pub request_timeout: Duration,
    pub write_timeout: Duration,
    pub drain_timeout: Duration,
}

/// The largest header of a request, in bytes, all its fields together.
pub const LARGEST_HEADER: usize = 32 << 10;
/// The most header fields of a request. A gateway passes its client's header on to `/auth/check`, with fields of its
/// own: what a service behind it would take must not fail here. [`LARGEST_HEADER`] bounds them all the same.
pub const MOST_HEADER_FIELDS: usize = 128;
/// The most requests at once on one HTTP/2 connection.
pub const MOST_STREAMS: u32 = 128;

impl From<&LimitsConfig> for Limits {
    fn from(config: &LimitsConfig) -> Self {
        Self {
            max_connections: usize::try_from(config.max_connections).unwrap_or(usize::MAX),
            first_byte_timeout: config.first_byte_timeout,
            header_timeout: config.header_timeout,
            idle_timeout: config.idle_timeout,
            request_timeout: config.request_timeout,
            write_timeout: config.write_timeout,
            drain_timeout: config.drain_timeout,
        }
    }
}
