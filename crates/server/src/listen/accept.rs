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

/// The most connections that are taken from the system's queue at a stop: about as many as fit in there. More can only
/// be those that came during it.
const MOST_QUEUED: usize = 1024;

/// How long a connection that waited in the system's queue at a stop has to be answered. Its peer connected while the
/// address was open, and most likely sent its request already.
const LAST_REQUEST: Duration = Duration::from_secs(1);

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

    /// Serves `router` until `stop` is spoken, then lets running requests finish, until the drain's deadline. Whoever
    /// connected before the stop is served too, as far as the cap leaves places.
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
        connections.order_all(Order::Finish);
        // Dropped with connections in its queue, the socket would reset them. Afterwards the system refuses new ones.
        for (socket, peer, place) in queued(self.socket, &places) {
            let registered = connections.register();
            tokio::spawn(serve_one(Arc::clone(&shared), socket, peer, place, registered));
        }
        drain(&connections, self.limits.drain_timeout).await
    }
}

/// Waits until no connection is open. Those that were told to finish do so at once, the others after their last
/// request.
async fn drain(connections: &Connections, deadline: Duration) -> Drained {
    let finished = timeout(deadline, async {
        if timeout(LAST_REQUEST, connections.until_none()).await.is_err() {
            connections.order_all(Order::Finish);
            connections.until_none().await;
        }
    });
    match finished.await {
        Ok(()) => Drained { abandoned: 0 },
        Err(_) => Drained { abandoned: connections.order_all(Order::Quit) },
    }
}

type Accepted = (TcpStream, SocketAddr, OwnedSemaphorePermit);

/// Closes `socket`, after taking every connection out of its queue that there is a place for. The system is asked
/// itself: the runtime may not have heard of them yet.
fn queued(socket: TcpListener, places: &Arc<Semaphore>) -> Vec<Accepted> {
    let Ok(socket) = socket.into_std() else { return Vec::new() };
    let next = || {
        let place = Arc::clone(places).try_acquire_owned().ok()?;
        let (stream, peer) = loop {
            match socket.accept() {
                Err(error) if is_the_peers_fault(&error) => {}
                accepted => break accepted.ok()?,
            }
        };
        stream.set_nonblocking(true).ok()?;
        let stream = TcpStream::from_std(stream).ok()?;
        let _ = stream.set_nodelay(true);
        Some((stream, peer, place))
    };
    std::iter::from_fn(next).take(MOST_QUEUED).collect()
}

/// The next connection; none when there was an error, which is waited out. While the cap is reached nothing is
/// accepted: new connections wait in the system's queue.
async fn accept(socket: &TcpListener, places: &Arc<Semaphore>) -> Option<Accepted> {
    let place = Arc::clone(places).acquire_owned().await.ok()?;
    match socket.accept().await {
        Ok((socket, peer)) => {
            // Without it answers may wait for the peer's acknowledgement; a socket that refuses works all the same.
            let _ = socket.set_nodelay(true);
            Some((socket, peer, place))
        }
        Err(error) => {
            if !is_the_peers_fault(&error) {
                tracing::error!(%error, "a connection can not be accepted");
                sleep(OUT_OF_RESOURCES).await;
            }
            None
        }
    }
}

/// Whether the next connection may do better at once.
fn is_the_peers_fault(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionRefused
            | io::ErrorKind::Interrupted
    )
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
