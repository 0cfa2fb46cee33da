//! Fetches documents from URLs that a configuration names, without becoming a tool against our own network.
//!
//! attack rows 28 and 29: the name is resolved once and the connection goes to exactly the addresses that were
//! looked at; private ones are refused unless allowed; https, no redirects, no proxy, 5 s for all of it, 64 KiB.

pub mod addresses;
mod connect;
pub mod error;
mod limited;

use std::future::Future;
use std::net::SocketAddr;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio_rustls::TlsConnector;

use self::addresses::Reach;
use self::error::FetchError;
use crate::config::names::HttpUrl;
use crate::listen::tls::TlsError;
use crate::outgoing_tls;

/// How long a fetch may take, from the name to the last byte.
pub const TIMEOUT: Duration = Duration::from_secs(5);
/// The longest document taken, in bytes. Key sets in the wild have 1 to 20 KiB.
pub const LARGEST: usize = 64 << 10;

/// The addresses of a name, or why there are none.
pub type Addresses = std::io::Result<Vec<SocketAddr>>;
/// Resolves a host name and a port.
pub type Resolve = dyn Fn(String, u16) -> Pin<Box<dyn Future<Output = Addresses> + Send>> + Send + Sync;

/// Fetches documents.
pub struct Fetcher {
    tls: TlsConnector,
    reach: Reach,
    timeout: Duration,
    resolve: Box<Resolve>,
}

impl Fetcher {
    /// A fetcher that trusts the public authorities and those in `ca_file`, and may go as far as `reach` says.
    ///
    /// # Errors
    /// [`TlsError`] when `ca_file` is not usable.
    pub fn new(reach: Reach, ca_file: Option<&Path>) -> Result<Self, TlsError> {
        let mut tls = outgoing_tls::trusting(ca_file)?;
        tls.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self {
            tls: TlsConnector::from(Arc::new(tls)),
            reach,
            timeout: TIMEOUT,
            resolve: Box::new(system),
        })
    }

    /// Asks `resolve` for addresses, not the system: for tests.
    #[must_use]
    pub fn resolving(mut self, resolve: Box<Resolve>) -> Self {
        self.resolve = resolve;
        self
    }

    /// Gives up after `timeout` in place of [`TIMEOUT`]: for tests.
    #[must_use]
    pub fn within(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// The document at `url`.
    ///
    /// # Errors
    /// [`FetchError`]. Whoever holds an earlier document keeps it.
    pub async fn fetch(&self, url: &HttpUrl) -> Result<Bytes, FetchError> {
        let fetching = async {
            let stream = connect::open(self, url).await?;
            limited::get(stream, url).await
        };
        tokio::time::timeout(self.timeout, fetching).await.map_err(|_| FetchError::TooSlow)?
    }
}

impl std::fmt::Debug for Fetcher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Fetcher").field("reach", &self.reach).finish_non_exhaustive()
    }
}

fn system(host: String, port: u16) -> Pin<Box<dyn Future<Output = Addresses> + Send>> {
    Box::pin(async move { Ok(tokio::net::lookup_host((host, port)).await?.collect()) })
}
