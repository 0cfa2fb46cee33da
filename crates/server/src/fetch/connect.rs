//! Opens the connection: resolve, look at every address, then connect to one of those.

use std::io;
use std::net::{IpAddr, SocketAddr};

use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

use super::Fetcher;
use super::addresses::Reach;
use super::error::FetchError;
use crate::config::names::HttpUrl;

/// A connection, with or without TLS.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// Opens a connection to the host of `url`.
pub(super) async fn open(fetcher: &Fetcher, url: &HttpUrl) -> Result<Box<dyn Stream>, FetchError> {
    let host = host_of(url);
    let addresses = allowed_addresses(fetcher, url, host).await?;
    let socket = first_of(&addresses).await?;
    if !url.is_https() {
        return Ok(Box::new(socket));
    }
    let name = ServerName::try_from(host.to_owned());
    let name = name.map_err(|error| FetchError::NoConnection(io::Error::other(error)))?;
    let stream = fetcher.tls.connect(name, socket).await.map_err(FetchError::NoConnection)?;
    Ok(Box::new(stream))
}

/// The host without the brackets of an IPv6 address.
pub(super) fn host_of(url: &HttpUrl) -> &str {
    url.uri().host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']')
}

fn port_of(url: &HttpUrl) -> u16 {
    url.uri().port_u16().unwrap_or(if url.is_https() { 443 } else { 80 })
}

/// Every address of the host, none of which may be forbidden: a name that has both kinds is an attack.
async fn allowed_addresses(
    fetcher: &Fetcher,
    url: &HttpUrl,
    host: &str,
) -> Result<Vec<SocketAddr>, FetchError> {
    let port = port_of(url);
    let found = match host.parse::<IpAddr>() {
        Ok(address) => vec![SocketAddr::new(address, port)],
        Err(_) => (fetcher.resolve)(host.to_owned(), port).await.map_err(FetchError::NoAddress)?,
    };
    if found.is_empty() {
        return Err(FetchError::NoAddress(io::ErrorKind::NotFound.into()));
    }
    for address in &found {
        let ip = address.ip();
        if !fetcher.reach.allows(ip) {
            return Err(FetchError::Forbidden(ip));
        }
        let plain_is_safe = fetcher.reach == Reach::Private && ip.is_loopback();
        if !url.is_https() && !plain_is_safe {
            return Err(FetchError::PlainHttp);
        }
    }
    Ok(found)
}

async fn first_of(addresses: &[SocketAddr]) -> Result<TcpStream, FetchError> {
    let mut last = io::Error::from(io::ErrorKind::NotFound);
    for address in addresses {
        match TcpStream::connect(address).await {
            Ok(socket) => return Ok(socket),
            Err(error) => last = error,
        }
    }
    Err(FetchError::NoConnection(last))
}
