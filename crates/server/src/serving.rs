//! The life of the server: listeners, signals, drain.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use futures_util::future::join_all;

use crate::config::limits::LimitsConfig;
use crate::config::server::ServerConfig;
use crate::exit::Failure;
use crate::listen::accept::{Drained, Listener};
use crate::listen::limits::Limits;
use crate::listen::signals::{ReloadSignal, StopSignals};
use crate::listen::stop::{Stop, StopHandle, stop};
use crate::listen::tls::Tls;

/// What each listener serves.
#[derive(Clone, Debug)]
pub struct Surfaces {
    /// On `server.listen`.
    pub public: Router,
    /// On `server.admin_listen`; without one it is part of `public`.
    pub admin: Option<Router>,
    /// On `server.metrics_listen`; without one it is part of `public`.
    pub metrics: Option<Router>,
}

/// The listeners of a configuration: their addresses are taken, nothing is answered yet.
#[derive(Debug)]
pub struct Listeners {
    public: Listener,
    admin: Option<Listener>,
    metrics: Option<Listener>,
    tls: Option<Arc<Tls>>,
}

impl Listeners {
    /// Takes the addresses, and reads certificate and key.
    ///
    /// # Errors
    /// An address that is in use, files that can not be used.
    pub async fn open(server: &ServerConfig, limits: &LimitsConfig) -> Result<Self, Failure> {
        let tls = server.tls.clone().map(Tls::load).transpose();
        let tls = tls.map_err(|error| Failure::because("`server.tls`", error))?.map(Arc::new);
        let limits = Limits::from(limits);
        let bind = async |address: SocketAddr| {
            let listener = Listener::bind(address, tls.clone(), limits).await;
            listener.map_err(|error| Failure::because(&format!("{address} can not be listened on"), error))
        };
        let maybe = async |address: Option<SocketAddr>| match address {
            Some(address) => bind(address).await.map(Some),
            None => Ok(None),
        };
        let public = bind(server.listen).await?;
        let admin = maybe(server.admin_listen).await?;
        let metrics = maybe(server.metrics_listen).await?;
        Ok(Self { public, admin, metrics, tls })
    }

    /// Where the public API listens, with the port that was taken.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn public_address(&self) -> std::io::Result<SocketAddr> {
        self.public.address()
    }

    /// Serves until `stop` is spoken, then drains. How many connections were cut at the deadline.
    pub async fn serve(self, surfaces: Surfaces, stop: Stop) -> Drained {
        let pairs = [
            (Some(self.public), Some(surfaces.public)),
            (self.admin, surfaces.admin),
            (self.metrics, surfaces.metrics),
        ];
        let served = pairs.into_iter().filter_map(|(listener, router)| Some((listener?, router?)));
        let drained = join_all(served.map(|(listener, router)| listener.serve(router, stop.clone()))).await;
        Drained { abandoned: drained.iter().map(|drained| drained.abandoned).sum() }
    }

    /// The certificate in use, for a reload.
    pub fn tls(&self) -> Option<Arc<Tls>> {
        self.tls.clone()
    }
}

/// Listens to the signals of the operating system until the process is to end at once.
///
/// SIGTERM or SIGINT speak the wish to stop; the second one makes this return. SIGHUP reads certificate and key
/// again.
#[derive(Debug)]
pub struct Signals {
    stops: StopSignals,
    reload: ReloadSignal,
    handle: StopHandle,
    tls: Option<Arc<Tls>>,
}

impl Signals {
    /// Takes over the signals; returns them with the wish that they speak.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn listen(tls: Option<Arc<Tls>>) -> std::io::Result<(Self, Stop)> {
        let (handle, wish) = stop();
        Ok((Self { stops: StopSignals::listen()?, reload: ReloadSignal::listen()?, handle, tls }, wish))
    }

    /// Returns when the process is to end at once.
    pub async fn obey(mut self) {
        let mut stopping = false;
        loop {
            tokio::select! {
                signal = self.stops.next() => {
                    tracing::info!(signal, stopping, "asked to stop");
                    if stopping {
                        return;
                    }
                    stopping = true;
                    self.handle.stop();
                }
                () = self.reload.next() => self.reload_certificate(),
            }
        }
    }

    fn reload_certificate(&self) {
        match self.tls.as_ref().map(|tls| tls.reload()) {
            None => tracing::info!("asked to read the certificate again, but there is none"),
            Some(Ok(())) => tracing::info!("the certificate was read again"),
            Some(Err(error)) => tracing::error!(%error, "the certificate before stays in use"),
        }
    }
}
