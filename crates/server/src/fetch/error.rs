//! Why a document was not fetched.

use std::io;
use std::net::IpAddr;

/// Why a document was not fetched. Says nothing of what came instead.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FetchError {
    /// The URL is plain http, which is spoken with loopback only, and only if private addresses are allowed.
    #[error("plain http is spoken with loopback only, and only where private addresses are allowed")]
    PlainHttp,
    /// An address of the host lies where the fetcher may not go.
    #[error("the host has the address {0}, which is not allowed")]
    Forbidden(IpAddr),
    /// The host has no address.
    #[error("the host has no address: {0}")]
    NoAddress(io::Error),
    /// No connection could be opened.
    #[error("no connection: {0}")]
    NoConnection(io::Error),
    /// The answer is no HTTP, or broke off.
    #[error("the answer is not complete: {0}")]
    Broken(String),
    /// The answer is something else than the document: an error, or the wish to go elsewhere.
    #[error("the answer has status {0}, expected 200")]
    Status(u16),
    /// The document is longer than [`LARGEST`](super::LARGEST).
    #[error("the document is longer than {} bytes", super::LARGEST)]
    TooLarge,
    /// It took longer than [`TIMEOUT`](super::TIMEOUT).
    #[error("it took too long")]
    TooSlow,
}
