//! The accept loop of one address.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper_util::rt::TokioExecutor;
use hyper_util::server::conn::auto::Builder;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{sleep, timeout};

use super::connection::{self, protocol};
use super::connections::{Connections, Registered};
use super::limits::Limits;
use super::progress::Order;
use super::stop::Stop;
use super::timed_io::TimedIo;
use super::tls::Tls;

/// How long to wait when the system has no file or no memory left for one more connection.
const OUT_OF_RESOURCES: Duration = Duration::from_millis(100);

/// An address that is listened on.
#[derive(Debug)]
pub struct Listener {
    socket: TcpListener,
    tls: Option<Arc<Tls>>,
    limits: Limits,
}

/// How a drain ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Drained {
    /// Connections that were still open at the deadline, and were cut.
    pub abandoned: usize,
}

/// What every connection of one listener shares.
struct Shared {
    router: Router,
    protocol: Builder<TokioExecutor>,
    tls: Option<Arc<Tls>>,
    limits: Limits,
}

impl Listener {
    /// Listens on `address`; port 0 takes a free one.
    ///
    /// # Errors
    /// What the operating system says: the address is in use, or not ours.
    pub async fn bind(address: SocketAddr, tls: Option<Arc<Tls>>, limits: Limits) -> io::Result<Self> {
        Ok(Self { socket: TcpListener::bind(address).await?, tls, limits })
    }

    /// The address, with the port that was taken.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }

    /// Serves `router` until `stop` is spoken, then lets running requests finish, until the drain's deadline.
    pub async fn serve(self, router: Router, mut stop: Stop) -> Drained {
        let places = Arc::new(Semaphore::new(self.limits.max_connections.min(Semaphore::MAX_PERMITS)));
        let connections = Arc::new(Connections::default());
        let shared = Arc::new(Shared { router, protocol: protocol(), tls: self.tls, limits: self.limits });
        loop {
            let accepted = tokio::select! {
                biased;
                () = stop.wait() => break,
                accepted = accept(&self.socket, &places) => accepted,
            };
            if let Some((socket, peer, place)) = accepted {
                let registered = connections.register();
                tokio::spawn(serve_one(Arc::clone(&shared), socket, peer, place, registered));
            }
        }
        // From here on the system refuses new connections.
        drop(self.socket);
        drain(&connections, self.limits.drain_timeout).await
    }
}

async fn drain(connections: &Connections, deadline: Duration) -> Drained {
    connections.order_all(Order::Finish);
    if timeout(deadline, connections.until_none()).await.is_ok() {
        return Drained { abandoned: 0 };
    }
    Drained { abandoned: connections.order_all(Order::Quit) }
}

/// The next connection; none when there was an error, which is waited out. While the cap is reached nothing is
/// accepted: new connections wait in the system's queue.
async fn accept(
    socket: &TcpListener,
    places: &Arc<Semaphore>,
) -> Option<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
    let place = Arc::clone(places).acquire_owned().await.ok()?;
    match socket.accept().await {
        Ok((socket, peer)) => {
            // Without it answers may wait for the peer's acknowledgement; a socket that refuses works all the same.
            let _ = socket.set_nodelay(true);
            Some((socket, peer, place))
        }
        Err(error) => {
            let peers_fault = matches!(
                error.kind(),
                io::ErrorKind::ConnectionAborted
                    | io::ErrorKind::ConnectionReset
                    | io::ErrorKind::ConnectionRefused
                    | io::ErrorKind::Interrupted
            );
            if !peers_fault {
                tracing::error!(%error, "a connection can not be accepted");
                sleep(OUT_OF_RESOURCES).await;
            }
            None
        }
    }
}

async fn serve_one(
    shared: Arc<Shared>,
    socket: TcpStream,
    peer: SocketAddr,
    place: OwnedSemaphorePermit,
    registered: Registered,
) {
    let Shared { router, protocol, tls, limits } = &*shared;
    let progress = &registered.progress;
    let cut = match tls {
        None => {
            let io = TimedIo::new(socket, Arc::clone(progress), place);
            connection::serve(io, peer, router, protocol, progress, *limits).await
        }
        Some(tls) => {
            let handshake = timeout(limits.first_byte_timeout, tls.acceptor().accept(socket));
            let shaken = tokio::select! {
                biased;
                () = progress.until_ordered() => return,
                shaken = handshake => shaken,
            };
            // Too slow, not TLS, or no common ground: the peer is the one to know.
            let Ok(Ok(stream)) = shaken else { return };
            progress.enter(super::progress::Phase::Fresh);
            let io = TimedIo::new(stream, Arc::clone(progress), place);
            connection::serve(io, peer, router, protocol, progress, *limits).await
        }
    };
    if let Some(cut) = cut {
        tracing::debug!(?cut, "a connection was cut");
    }
}
