//! `[limits]`: what one client may take up.

use std::time::Duration;

use super::section::Section;

/// What one client may take up. Each time-out counts for one connection or one request.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct LimitsConfig {
    /// Connections at once, for each listener; more wait to be accepted.
    pub max_connections: u32,
    /// From the accepted connection to its first byte; with TLS, to the end of the handshake.
    pub first_byte_timeout: Duration,
    /// From the first byte of a request to the end of its header.
    pub header_timeout: Duration,
    /// Between two requests of one connection.
    pub idle_timeout: Duration,
    /// From the end of the header to the response.
    pub request_timeout: Duration,
    /// How long a client may take nothing of a response that is ready.
    pub write_timeout: Duration,
    /// From the signal to stop to the end of the last request.
    pub drain_timeout: Duration,
}

const TIMEOUT: std::ops::RangeInclusive<Duration> = Duration::from_millis(10)..=Duration::from_secs(3600);

impl LimitsConfig {
    /// Reads the section.
    pub(super) fn read(section: &mut Section<'_>) -> Self {
        let mut timeout =
            |name, what, seconds| section.bounded(name, what, Duration::from_secs(seconds), TIMEOUT);
        let first_byte_timeout = timeout(
            "first_byte_timeout",
            "from the connection to its first byte or the end of the TLS handshake",
            10,
        );
        let header_timeout =
            timeout("header_timeout", "from the first byte of a request to the end of its header", 10);
        let idle_timeout = timeout("idle_timeout", "between two requests of one connection", 75);
        let request_timeout = timeout("request_timeout", "from the end of the header to the response", 30);
        let write_timeout =
            timeout("write_timeout", "how long a client may take nothing of a response that is ready", 30);
        let drain_timeout =
            timeout("drain_timeout", "from the signal to stop to the end of the last request", 20);
        let max_connections = section.bounded(
            "max_connections",
            "connections at once for each listener",
            10_000,
            1..=1_000_000,
        );
        Self {
            max_connections,
            first_byte_timeout,
            header_timeout,
            idle_timeout,
            request_timeout,
            write_timeout,
            drain_timeout,
        }
    }
}
