//! From an address to an open WebSocket.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http::header::AUTHORIZATION;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{self};
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

use super::address::Address;
use super::key::ServiceKey;

/// How much may wait for the socket: our longest message, and the answers to pings of WebSocket, which the library makes
/// by itself.
const WRITE_BUFFER: usize = 2 * LARGEST_FRAME;
/// Where the feed is served.
const ENDPOINT: &str = "/v1/feed/ws";
/// How long one address of a host may take to answer before the next one is tried.
const DIAL_TIMEOUT: Duration = Duration::from_secs(1);
/// How long all of it may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// The largest frame that is taken: far above what a server sends, far below what would hurt.
const LARGEST_FRAME: usize = 4 << 20;
/// How much is read at once.
const READ_BUFFER: usize = 32 << 10;

/// A byte stream, encrypted or not.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// An open feed.
pub(super) type Socket = WebSocketStream<Box<dyn Stream>>;

/// Why there is no open feed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// The host has no address, or none that answers.
    #[error("the address can not be reached: {0}")]
    Unreachable(#[source] io::Error),
    /// It took too long.
    #[error("no answer in time")]
    TooSlow,
    /// There is no trust between the two.
    #[error("no TLS connection: {0}")]
    Tls(#[source] io::Error),
    /// The server does not know the key, or the key may not follow the feed.
    #[error("the server refuses the service key ({status})")]
    Refused {
        /// 401 or 403.
        status: u16,
    },
    /// What answered is not serving a feed now.
    #[error("the server does not serve the feed ({status})")]
    NotServed {
        /// Its status code.
        status: u16,
    },
    /// What answered does not speak the protocol.
    #[error("the server does not speak WebSocket")]
    Protocol,
}

/// Opens the feed at `address`.
pub(super) async fn open(
    address: &Address,
    key: &ServiceKey,
    tls: &Arc<ClientConfig>,
) -> Result<Socket, ConnectError> {
    let opened = timeout(CONNECT_TIMEOUT, async {
        let stream = dial(address).await?;
        // Frames are small and answers are waited for; a socket that refuses works all the same.
        let _ = stream.set_nodelay(true);
        let stream: Box<dyn Stream> = if address.is_secure() {
            Box::new(encrypt(address, stream, tls).await?)
        } else {
            Box::new(stream)
        };
        upgrade(address, key, stream).await
    });
    opened.await.unwrap_or(Err(ConnectError::TooSlow))
}

/// Tries every address of the host in turn.
async fn dial(address: &Address) -> Result<TcpStream, ConnectError> {
    let found = lookup_host((address.host(), address.port())).await.map_err(ConnectError::Unreachable)?;
    let mut failure = ConnectError::Unreachable(io::ErrorKind::NotFound.into());
    for one in found {
        match dial_one(one).await {
            Ok(stream) => return Ok(stream),
            Err(error) => failure = error,
        }
    }
    Err(failure)
}

async fn dial_one(address: SocketAddr) -> Result<TcpStream, ConnectError> {
    match timeout(DIAL_TIMEOUT, TcpStream::connect(address)).await {
        Ok(connected) => connected.map_err(ConnectError::Unreachable),
        Err(_) => Err(ConnectError::TooSlow),
    }
}

async fn encrypt(
    address: &Address,
    stream: TcpStream,
    tls: &Arc<ClientConfig>,
) -> Result<tokio_rustls::client::TlsStream<TcpStream>, ConnectError> {
    let invalid = |_| ConnectError::Tls(io::ErrorKind::InvalidInput.into());
    let name = ServerName::try_from(address.host().to_owned()).map_err(invalid)?;
    TlsConnector::from(Arc::clone(tls)).connect(name, stream).await.map_err(ConnectError::Tls)
}

async fn upgrade(
    address: &Address,
    key: &ServiceKey,
    stream: Box<dyn Stream>,
) -> Result<Socket, ConnectError> {
    let mut request =
        address.socket_url(ENDPOINT).into_client_request().map_err(|_| ConnectError::Protocol)?;
    let bearer = key.bearer().map_err(|_| ConnectError::Protocol)?;
    request.headers_mut().insert(AUTHORIZATION, bearer);
    let config = WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER)
        .max_write_buffer_size(WRITE_BUFFER)
        .max_message_size(Some(LARGEST_FRAME))
        .max_frame_size(Some(LARGEST_FRAME));
    let opened = client_async_with_config(request, stream, Some(config)).await;
    opened.map(|(socket, _)| socket).map_err(refused)
}

fn refused(error: tungstenite::Error) -> ConnectError {
    match error {
        tungstenite::Error::Http(answer) => match answer.status().as_u16() {
            status @ (401 | 403) => ConnectError::Refused { status },
            status => ConnectError::NotServed { status },
        },
        tungstenite::Error::Io(error) => ConnectError::Unreachable(error),
        _ => ConnectError::Protocol,
    }
}
